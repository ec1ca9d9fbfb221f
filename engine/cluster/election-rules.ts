import { isSitting, sameClaim, termOf, type ElectionState, type Pin, type Standing } from './election-standing.js';

/** The decisions of an election that its safety and its end hang on; a test breaks each of them and must notice. */
export interface ElectionRules {
  /** Who should be master where there is none: negative when `a` is better. */
  order(a: Standing, b: Standing, pin: Pin): number;
  /** Who stays of two that are master already: negative when `a` is better. */
  contest(a: Standing, b: Standing, pin: Pin): number;
  /** The term of a new claim. */
  nextTerm(state: ElectionState): number;
  /** Whether a master may take new work. */
  mayAccept(state: ElectionState): boolean;
}

export const soundRules: ElectionRules = { order: byMerit, contest: bySeat, nextTerm: aboveAll, mayAccept: allAgree };

/** 2 pinned by the person, 1 holds the model, 0 neither: only a better rank unseats a master. */
export function rankOf(standing: Standing, pin: Pin): number {
  if (standing.from === pin.deviceId) return 2;
  return standing.holdsModel ? 1 : 0;
}

/** Pinned > holds the model > memory > device ID (the smaller wins, so that no two are equal). */
function byMerit(a: Standing, b: Standing, pin: Pin): number {
  return rankOf(b, pin) - rankOf(a, pin) || b.memoryBytes - a.memoryBytes || (a.from < b.from ? -1 : 1);
}

/**
 * Work under way > pinned > holds the model > has followers > memory > device ID: a laptop that was master of itself alone
 * for a while does not take over a cluster because it has a little more memory.
 */
function bySeat(a: Standing, b: Standing, pin: Pin): number {
  return Number(b.busy) - Number(a.busy)
    || rankOf(b, pin) - rankOf(a, pin)
    || Number(b.established) - Number(a.established)
    || byMerit(a, b, pin);
}

/**
 * Above every term this node has voted in or heard of. So of two nodes that acknowledged each other, the later claim is
 * higher, and whoever made the earlier one has given it up: that is all that safety needs, whatever order messages come in.
 */
function aboveAll(state: ElectionState): number {
  let highest = termOf(state.own);
  for (const { standing } of state.peers.values()) highest = Math.max(highest, standing === null ? 0 : termOf(standing));
  return highest + 1;
}

/** A master takes work only while everyone it sees has acknowledged exactly its present claim. */
function allAgree({ own, peers }: ElectionState): boolean {
  if (!isSitting(own)) return false;
  for (const { standing } of peers.values()) {
    if (standing === null || !sameClaim(standing.vote, own.vote)) return false;
  }
  return true;
}
