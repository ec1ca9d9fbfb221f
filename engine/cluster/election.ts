import { rankOf, soundRules, type ElectionRules } from './election-rules.js';
import {
  isSitting, newerPin, noPin, sameClaim, termOf,
  type Claim, type ElectionState, type Merits, type Pin, type Standing,
} from './election-standing.js';

export type ElectionEvent =
  /** A member became present: a link stands, both ways. */
  | { readonly kind: 'appeared'; readonly id: string; readonly boot: string }
  | { readonly kind: 'vanished'; readonly id: string }
  | { readonly kind: 'heard'; readonly standing: Standing }
  | { readonly kind: 'merits'; readonly merits: Merits }
  /** Work began or ended on this master. */
  | { readonly kind: 'busy'; readonly busy: boolean }
  | { readonly kind: 'pin'; readonly deviceId: string | null }
  | { readonly kind: 'tick' };

export type ElectionEffect =
  | { readonly kind: 'say'; readonly to: string; readonly standing: Standing }
  /** To be stored before the `say`s of the same step are sent: a promise holds even after a crash. */
  | { readonly kind: 'remember'; readonly remembered: Remembered };

/** What outlives the process. */
export interface Remembered {
  readonly promised: Claim | null;
  readonly pin: Pin;
}

export interface ElectionStep {
  readonly state: ElectionState;
  readonly effects: readonly ElectionEffect[];
}

/** How things stand, for whoever gives out work and for people. */
export interface ElectionStatus {
  readonly role: 'master' | 'helper' | 'undecided';
  readonly master: string | null;
  readonly term: number;
  /** A master may take new work. */
  readonly accepting: boolean;
  /** As master: who has not agreed yet. */
  readonly waitingFor: readonly string[];
  /** Without a master: one that others follow but this node cannot see. */
  readonly outOfSight: string | null;
}

/** A node with nobody else in view waits this long for others before it takes the lead; so does one whose master went. */
const settleMs = 1_000;
const repeatMs = 1_000;
/** A place that was offered is not offered to the same node again for this long. */
const offerAgainMs = 10_000;

/** A node that has just started. */
export function startElection(
  self: string, boot: string, merits: Merits, now: number, remembered: Remembered = { promised: null, pin: noPin },
): ElectionState {
  const { promised, pin } = remembered;
  const own = { from: self, boot, sequence: 0, promised, vote: null, established: false, busy: false, pin, ...merits };
  return { own, peers: new Map(), masterlessSince: now, lastSaid: now, offers: new Map() };
}

/**
 * All nodes that see each other agree on one master, without configuration. Pure. `now` is a clock that never goes back,
 * in milliseconds. A sitting master stays until it goes, the person pins another, or one that holds the model comes while
 * it does not and has no work; then it steps down by itself. Memory and device ID decide only where there is no master, or
 * two that met after a partition.
 */
export function stepElection(
  state: ElectionState, event: ElectionEvent, now: number, rules: ElectionRules = soundRules,
): ElectionStep {
  const heard = taken(state, event, now);
  const decided = decide(heard, now, rules);
  return spoken(state, decided, event, now);
}

export function electionStatus(state: ElectionState, rules: ElectionRules = soundRules): ElectionStatus {
  const { own, peers } = state;
  const sitting = isSitting(own);
  const waitingFor = sitting
    ? [...peers].filter(([, { standing }]) => !sameClaim(standing?.vote ?? null, own.vote)).map(([id]) => id)
    : [];
  return {
    role: own.vote === null ? 'undecided' : sitting ? 'master' : 'helper',
    master: own.vote?.master ?? null,
    term: termOf(own),
    accepting: rules.mayAccept(state),
    waitingFor,
    outOfSight: own.vote === null ? masterOutOfSight(state) : null,
  };
}

function taken(state: ElectionState, event: ElectionEvent, now: number): ElectionState {
  const { own, peers } = state;
  switch (event.kind) {
    case 'appeared':
      return {
        ...state,
        peers: new Map(peers).set(event.id, { boot: event.boot, standing: null }),
        masterlessSince: own.vote === null ? now : state.masterlessSince,
      };
    case 'vanished':
      return { ...state, peers: without(peers, event.id), offers: without(state.offers, event.id) };
    case 'heard':
      return withStanding(state, event.standing);
    case 'merits':
      return { ...state, own: { ...own, ...event.merits } };
    case 'busy':
      if (!isSitting(own)) return state;
      return { ...state, own: { ...own, busy: event.busy, established: own.established || event.busy } };
    case 'pin':
      return { ...state, own: { ...own, pin: { deviceId: event.deviceId, version: own.pin.version + 1 } } };
    case 'tick':
      return state;
  }
}

function without<V>(map: ReadonlyMap<string, V>, id: string): ReadonlyMap<string, V> {
  return new Map([...map].filter(([key]) => key !== id));
}

function withStanding(state: ElectionState, standing: Standing): ElectionState {
  const seen = state.peers.get(standing.from);
  if (seen?.boot !== standing.boot || (seen.standing !== null && seen.standing.sequence >= standing.sequence)) return state;
  const pin = newerPin(state.own.pin, standing.pin);
  return {
    ...state,
    own: pin === state.own.pin ? state.own : { ...state.own, pin },
    peers: new Map(state.peers).set(standing.from, { boot: seen.boot, standing }),
  };
}

function decide(state: ElectionState, now: number, rules: ElectionRules): ElectionState {
  const { own } = state;
  const rival = best(seenStandings(state).filter(isSitting), (a, b) => rules.contest(a, b, own.pin));
  if (isSitting(own)) {
    if (rival !== null && rules.contest(rival, own, own.pin) < 0) return following(state, rival, now);
    if (isOutbid(state)) return claiming(state, rules);
    return keepingOrOffering(state, now, rules);
  }
  if (rival !== null) return following(state, rival, now);
  const free = own.vote === null ? state : voting(state, null, now);
  return mayClaim(free, now, rules) ? claiming(free, rules) : free;
}

/** Follows a master whose claim is ahead of what this node has promised; one that is not has to claim again, higher. */
function following(state: ElectionState, { vote }: Standing, now: number): ElectionState {
  const { own } = state;
  const ahead = vote !== null && (vote.term > termOf(own) || sameClaim(vote, own.promised));
  return voting(state, ahead ? vote : null, now);
}

function claiming(state: ElectionState, rules: ElectionRules): ElectionState {
  const { from, boot } = state.own;
  return voting(state, { master: from, boot, term: rules.nextTerm(state) }, state.masterlessSince);
}

function voting(state: ElectionState, vote: Claim | null, now: number): ElectionState {
  const { own } = state;
  if (sameClaim(vote, own.vote)) return state;
  const stays = vote !== null && vote.master === own.from && isSitting(own);
  return {
    ...state,
    own: {
      ...own, vote, promised: vote ?? own.promised,
      established: stays && own.established, busy: stays && own.busy,
    },
    masterlessSince: vote === null && own.vote !== null ? now : state.masterlessSince,
  };
}

/** Some peer follows nobody, or an earlier claim of this node, and has promised too much to agree to the present one. */
function isOutbid({ own, peers }: ElectionState): boolean {
  for (const { standing } of peers.values()) {
    if (standing === null || termOf(standing) < termOf(own) || sameClaim(standing.promised, own.vote)) continue;
    if (standing.vote === null || standing.vote.master === own.from) return true;
  }
  return false;
}

/** A master that all follow and that has no work gives its place to a node of better rank; otherwise it stays. */
function keepingOrOffering(state: ElectionState, now: number, rules: ElectionRules): ElectionState {
  const { own, offers } = state;
  const followed = seenStandings(state).some(({ vote }) => sameClaim(vote, own.vote));
  const kept = followed && !own.established ? { ...state, own: { ...own, established: true } } : state;
  const worthier = best([own, ...seenStandings(state)], (a, b) => rules.order(a, b, own.pin));
  if (worthier === null || rankOf(worthier, own.pin) <= rankOf(own, own.pin)) return kept;
  const offered = offers.get(worthier.from);
  if (own.busy || !rules.mayAccept(state) || (offered !== undefined && now - offered < offerAgainMs)) return kept;
  return { ...voting(kept, null, now), offers: new Map(offers).set(worthier.from, now) };
}

function mayClaim(state: ElectionState, now: number, rules: ElectionRules): boolean {
  const { own, peers } = state;
  if (now - state.masterlessSince < settleMs || masterOutOfSight(state) !== null) return false;
  if ([...peers.values()].some(({ standing }) => standing === null)) return false;
  return best([own, ...seenStandings(state)], (a, b) => rules.order(a, b, own.pin)) === own;
}

/** A master that a peer follows and this node does not see: taking the lead as well would only split the others. */
function masterOutOfSight({ own, peers }: ElectionState): string | null {
  for (const { standing } of peers.values()) {
    const followed = standing?.vote?.master;
    if (followed !== undefined && followed !== own.from && !peers.has(followed)) return followed;
  }
  return null;
}

function seenStandings({ peers }: ElectionState): Standing[] {
  return [...peers.values()].map(({ standing }) => standing).filter((standing) => standing !== null);
}

function best(standings: readonly Standing[], compare: (a: Standing, b: Standing) => number): Standing | null {
  let first: Standing | null = null;
  for (const standing of standings) if (first === null || compare(standing, first) < 0) first = standing;
  return first;
}

/** Says what changed to all, everything to a newcomer, and everything to all now and then, since messages get lost. */
function spoken(before: ElectionState, after: ElectionState, event: ElectionEvent, now: number): ElectionStep {
  const effects: ElectionEffect[] = [];
  const { promised, pin } = after.own;
  if (promised !== before.own.promised || pin !== before.own.pin) effects.push({ kind: 'remember', remembered: { promised, pin } });
  const toAll = after.own !== before.own || now - after.lastSaid >= repeatMs;
  const to = toAll ? [...after.peers.keys()] : event.kind === 'appeared' ? [event.id] : [];
  if (to.length === 0) return { state: toAll ? { ...after, lastSaid: now } : after, effects };
  const own = { ...after.own, sequence: after.own.sequence + 1 };
  for (const id of to) effects.push({ kind: 'say', to: id, standing: own });
  return { state: { ...after, own, lastSaid: toAll ? now : after.lastSaid }, effects };
}
