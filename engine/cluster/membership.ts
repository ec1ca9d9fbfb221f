import type { MembershipEffect, MembershipEvent, PeerLink } from './membership-events.js';
import type { DialFailure } from './reachability.js';

interface OpenLink extends PeerLink {
  readonly since: number;
  readonly lastHeard: number;
  /** The other end closed it as soon as it stood, as the surplus one of two perhaps: the other may be up here in a moment. */
  readonly closed: boolean;
}

/** What is known of one other member. */
export interface Peer {
  /** Announced by multicast at present. */
  readonly sighted: boolean;
  /** The link in use; null while it is away. */
  readonly current: OpenLink | null;
  /** A link of another run of its process, kept under watch: if both go on speaking, two laptops share one identity. */
  readonly other: OpenLink | null;
  readonly dialling: boolean;
  /** Failed dials since it was last present. */
  readonly failures: number;
  /** Links in a row that it closed as soon as they stood. */
  readonly cutShort: number;
  readonly lastFailure: readonly DialFailure[];
  readonly dialAt: number;
  /** Until when two laptops that share its identity are left alone; 0 when there is one. */
  readonly clonedUntil: number;
}

export interface MembershipState {
  readonly self: string;
  readonly members: ReadonlySet<string>;
  /** Every member but this node. */
  readonly peers: ReadonlyMap<string, Peer>;
  /** Where another laptop was seen with this one's own identity. */
  readonly ownClones: ReadonlySet<string>;
  readonly lastTick: number;
  readonly lastBeat: number;
}

export interface MembershipStep {
  readonly state: MembershipState;
  readonly effects: readonly MembershipEffect[];
}

const beatMs = 1_000;
/** With one beat a second, a peer silent for this long is gone: within five seconds of its death all know. */
const silenceMs = 4_000;
/** Longer between two ticks than this and this laptop slept, or was stopped: nothing could have been heard. */
const sleptMs = 2_500;
/** What an ended run of a peer sent may still arrive for this long after its new run's link. */
const stragglerMs = 1_500;
const cloneTruceMs = 30_000;
/** Whoever closes a link sooner does not want it. */
const shortMs = 2_000;
/** What two links that were dialled at once may be apart at the two ends. */
const crossingMs = 300;
const firstRetryMs = 500;
const longestRetryMs = 8_000;
/** Dials that must fail before a person is told. */
const failuresToTell = 2;
const nothing: readonly MembershipEffect[] = [];

export function startMembership(self: string, members: readonly string[], now: number): MembershipState {
  const empty = { self, members: new Set<string>(), peers: new Map<string, Peer>(), ownClones: new Set<string>(), lastTick: now, lastBeat: now };
  return stepMembership(empty, { kind: 'members', ids: members }, now).state;
}

/** The members that can be spoken to now. */
export function presentPeers(state: MembershipState): Map<string, PeerLink> {
  const present = new Map<string, PeerLink>();
  for (const [id, { current }] of state.peers) if (current !== null) present.set(id, current);
  return present;
}

/**
 * Who of the home is there. Pure; `now` is a clock that never goes back, in milliseconds. Wants a tick at least every half
 * second. Both ends may dial at once: the link that the smaller device ID dialled stays. Links of strangers are closed.
 */
export function stepMembership(state: MembershipState, event: MembershipEvent, now: number): MembershipStep {
  if (event.kind === 'members') return withMembers(state, event.ids, now);
  if (event.kind === 'tick') return ticked(state, now);
  if (event.id === state.self) return metOwnIdentity(state, event);
  const peer = state.peers.get(event.id);
  if (peer === undefined) {
    const close = event.kind === 'linkUp' ? [closing(event.link, 'It is not a member of this home.')] : [];
    return { state, effects: close };
  }
  const { peer: next, effects } = metPeer(state.self, event.id, peer, event, now);
  return { state: withPeer(state, event.id, next), effects };
}

/** Another laptop, or another process here, with this one's key: said once for each place. */
function metOwnIdentity(state: MembershipState, event: PeerEvent): MembershipStep {
  const effects: MembershipEffect[] = event.kind === 'linkUp' ? [closing(event.link, 'Two laptops share this identity.')] : [];
  if (event.kind !== 'linkUp' && event.kind !== 'sighted') return { state, effects };
  if (state.ownClones.has(event.address)) return { state, effects };
  effects.push({ kind: 'cloned', id: state.self, addresses: [event.address] });
  return { state: { ...state, ownClones: new Set(state.ownClones).add(event.address) }, effects };
}

interface PeerStep {
  readonly peer: Peer;
  readonly effects: readonly MembershipEffect[];
}

type PeerEvent = Exclude<MembershipEvent, { kind: 'members' | 'tick' }>;

function metPeer(self: string, id: string, peer: Peer, event: PeerEvent, now: number): PeerStep {
  switch (event.kind) {
    case 'sighted':
      return { peer: sightedPeer(peer, now), effects: [] };
    case 'unsighted':
      return { peer: { ...peer, sighted: false }, effects: [] };
    case 'linkUp': {
      const { link, boot, dialledBy, address } = event;
      const settled = { ...peer, dialling: peer.dialling && dialledBy === 'them' };
      return linkedPeer(self, id, settled, { link, boot, dialledBy, address, since: now, lastHeard: now, closed: false }, now);
    }
    case 'heard':
      return heardPeer(id, peer, event.link, now);
    case 'linkDown':
      return unlinkedPeer(id, peer, event.link, event.goodbye ? 'goodbye' : 'closed', now);
    case 'dialFailed':
      return failedPeer(self, id, peer, event.failures, now);
  }
}

/** News of where it is: no reason to wait any longer, and what failed before it was there says nothing. */
function sightedPeer(peer: Peer, now: number): Peer {
  const anew = peer.sighted ? {} : { failures: 0, lastFailure: [] };
  return { ...peer, ...anew, sighted: true, dialAt: Math.max(now, peer.clonedUntil) };
}

function linkedPeer(self: string, id: string, peer: Peer, link: OpenLink, now: number): PeerStep {
  const { current } = peer;
  if (now < peer.clonedUntil) return { peer, effects: [closing(link.link, 'Two laptops share this identity.')] };
  if (current === null) {
    const present = { ...peer, current: link, failures: 0, lastFailure: [] };
    return { peer: present, effects: [{ kind: 'present', id, link: told(link) }] };
  }
  if (current.boot === link.boot) return doublyLinkedPeer(self, id, peer, current, link);
  // Another run of its process: mostly because it was killed and started again, and its old link will never speak again.
  const effects: MembershipEffect[] = peer.other === null ? [] : [closing(peer.other.link, 'Its process was started again.')];
  effects.push({ kind: 'absent', id, why: 'restarted' }, { kind: 'present', id, link: told(link) });
  return { peer: { ...peer, current: link, other: current }, effects };
}

function doublyLinkedPeer(self: string, id: string, peer: Peer, current: OpenLink, link: OpenLink): PeerStep {
  const wanted = self < id ? 'us' : 'them';
  // Whoever dials a second time knows that its first link is dead.
  const keepsNew = current.closed || link.dialledBy === wanted || current.dialledBy === link.dialledBy;
  const surplus = 'There is a second link between these two.';
  if (!keepsNew) return { peer, effects: [closing(link.link, surplus)] };
  const moved: MembershipEffect = { kind: 'moved', id, link: told(link) };
  return { peer: { ...peer, current: link }, effects: current.closed ? [moved] : [moved, closing(current.link, surplus)] };
}

function heardPeer(id: string, peer: Peer, link: number, now: number): PeerStep {
  const { current, other } = peer;
  if (current?.link === link) return { peer: { ...peer, current: { ...current, lastHeard: now } }, effects: [] };
  if (other?.link !== link || current === null || now - current.since < stragglerMs) return { peer, effects: [] };
  const why = 'Two laptops share this identity.';
  return {
    peer: { ...peer, current: null, other: null, clonedUntil: now + cloneTruceMs, dialAt: now + cloneTruceMs },
    effects: [
      { kind: 'cloned', id, addresses: [other.address, current.address] }, { kind: 'absent', id, why: 'cloned' },
      closing(current.link, why), closing(other.link, why),
    ],
  };
}

function unlinkedPeer(id: string, peer: Peer, link: number, why: 'goodbye' | 'closed', now: number): PeerStep {
  const { current, other } = peer;
  if (other?.link === link) return { peer: { ...peer, other: null }, effects: [] };
  if (current?.link !== link) return { peer, effects: [] };
  const isShort = why === 'closed' && now - current.since < shortMs;
  const cutShort = isShort ? peer.cutShort + 1 : 0;
  // Whoever says goodbye is not run after; it will knock itself, or announce itself again. Nor is who hangs up time and again.
  const dialAt = now + (why === 'goodbye' ? longestRetryMs : cutShort > 1 ? retryAfter(cutShort - 1) : 0);
  const left = { ...peer, cutShort, sighted: peer.sighted && why !== 'goodbye', dialAt };
  if (isShort) return { peer: { ...left, current: { ...current, closed: true, lastHeard: now } }, effects: [] };
  return { peer: { ...left, current: null }, effects: [{ kind: 'absent', id, why }] };
}

function failedPeer(self: string, id: string, peer: Peer, outcomes: readonly DialFailure[], now: number): PeerStep {
  const failures = peer.failures + 1;
  const lastFailure = peer.sighted ? withStrongerProof(peer.lastFailure, outcomes) : outcomes;
  // Two that are kept apart and ask for each other's address in step never see that nobody answers: one waits less.
  const dialAt = now + retryAfter(failures) * (self < id ? 2 / 3 : 1);
  const isNews = failures === failuresToTell || (failures > failuresToTell && !failedAlike(peer.lastFailure, lastFailure));
  const tell = peer.current === null && isNews && lastFailure.length > 0;
  return {
    peer: { ...peer, dialling: false, failures, lastFailure, dialAt },
    effects: tell ? [{ kind: 'unreachable', id, failures: lastFailure }] : [],
  };
}

/**
 * What is known of each address after another dial. A laptop that cannot answer may still be heard asking for our own address,
 * from which the system takes its hardware address for known, and waits: such silence does not refute that nobody answers there.
 */
function withStrongerProof(before: readonly DialFailure[], now: readonly DialFailure[]): readonly DialFailure[] {
  const unanswered = new Set(before.filter(({ outcome }) => outcome === 'no-host').map(({ address }) => address));
  return now.map((failure) => (failure.outcome === 'timeout' && unanswered.has(failure.address) ? { ...failure, outcome: 'no-host' } : failure));
}

function failedAlike(before: readonly DialFailure[], now: readonly DialFailure[]): boolean {
  return before.length === now.length && now.every(({ address, outcome }, index) =>
    before[index]?.address === address && before[index].outcome === outcome);
}

/** How long to wait after so many tries in a row that came to nothing (ms). */
function retryAfter(tries: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(10, tries - 1));
}

function withMembers(state: MembershipState, ids: readonly string[], now: number): MembershipStep {
  const members = new Set(ids);
  const peers = new Map<string, Peer>();
  const effects: MembershipEffect[] = [];
  for (const id of ids) if (id !== state.self) peers.set(id, state.peers.get(id) ?? newPeer(now));
  for (const [id, { current, other }] of state.peers) {
    if (members.has(id)) continue;
    if (current !== null) effects.push({ kind: 'absent', id, why: 'removed' });
    for (const link of [current, other]) {
      if (link !== null) effects.push(closing(link.link, 'It is no longer a member of this home.'));
    }
  }
  return { state: { ...state, members, peers }, effects };
}

function ticked(state: MembershipState, now: number): MembershipStep {
  const slept = now - state.lastTick > sleptMs;
  const beats = now - state.lastBeat >= beatMs || slept;
  const effects: MembershipEffect[] = [];
  let { peers } = state;
  for (const [id, peer] of state.peers) {
    const step = tickedPeer(id, slept ? wokenPeer(peer, now) : peer, now);
    if (step.peer !== peer) peers = new Map(peers).set(id, step.peer);
    effects.push(...step.effects);
    if (beats && step.peer.current !== null) effects.push({ kind: 'beat', link: step.peer.current.link });
  }
  return { state: { ...state, peers, lastTick: now, lastBeat: beats ? now : state.lastBeat }, effects };
}

/** After a sleep of our own every peer gets another chance to be heard, and those away are dialled at once. */
function wokenPeer(peer: Peer, now: number): Peer {
  const again = (link: OpenLink | null): OpenLink | null => (link === null ? null : { ...link, lastHeard: now });
  return { ...peer, current: again(peer.current), other: again(peer.other), failures: 0, cutShort: 0, dialAt: Math.max(now, peer.clonedUntil) };
}

function tickedPeer(id: string, peer: Peer, now: number): PeerStep {
  let { current, other, dialling } = peer;
  const silent = ({ lastHeard, closed }: OpenLink): boolean => now - lastHeard > (closed ? crossingMs : silenceMs);
  const dials = current === null && !dialling && now >= peer.dialAt;
  if (!dials && (other === null || !silent(other)) && (current === null || !silent(current))) return { peer, effects: nothing };
  const effects: MembershipEffect[] = [];
  if (other !== null && silent(other)) {
    effects.push(closing(other.link, 'Its process was started again.'));
    other = null;
  }
  if (current !== null && silent(current)) {
    effects.push({ kind: 'absent', id, why: current.closed ? 'closed' : 'silent' });
    if (!current.closed) effects.push(closing(current.link, 'It was silent for 4 s.'));
    current = null;
  }
  if (current === null && !dialling && now >= peer.dialAt) {
    dialling = true;
    effects.push({ kind: 'dial', id });
  }
  return { peer: { ...peer, current, other, dialling }, effects };
}

function newPeer(now: number): Peer {
  return {
    sighted: false, current: null, other: null, dialling: false, failures: 0, cutShort: 0, lastFailure: [], dialAt: now, clonedUntil: 0,
  };
}

function withPeer(state: MembershipState, id: string, peer: Peer): MembershipState {
  return { ...state, peers: new Map(state.peers).set(id, peer) };
}

function told({ link, boot, dialledBy, address }: OpenLink): PeerLink {
  return { link, boot, dialledBy, address };
}

function closing(link: number, why: string): MembershipEffect {
  return { kind: 'close', link, why };
}
