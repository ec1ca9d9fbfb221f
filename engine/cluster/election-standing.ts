/** Who claims to be master: the device, the run of its process, and the term. No two claims are ever equal. */
export interface Claim {
  readonly master: string;
  readonly boot: string;
  readonly term: number;
}

/** Whom the person wants as master; null lets the laptops choose. The higher version is the newer wish. */
export interface Pin {
  readonly deviceId: string | null;
  readonly version: number;
}

export const noPin: Pin = { deviceId: null, version: 0 };

/** What makes one laptop a better master than another. */
export interface Merits {
  /** Has all files of the model that is wanted, so that it could slice it. */
  readonly holdsModel: boolean;
  /** What it offers. Bytes. */
  readonly memoryBytes: number;
}

/**
 * The one message of the election: what a node says of itself to everyone it sees, on every change and every second. A
 * vote for itself is a claim, a vote for another the acknowledgement of exactly that claim, no vote a step down. It may be
 * lost, doubled or overtaken by a later one without harm.
 */
export interface Standing extends Merits {
  readonly from: string;
  /** Different in every run of the process. */
  readonly boot: string;
  /** Counts this boot's standings: an overtaken one is dropped. */
  readonly sequence: number;
  /** The last claim this node made or acknowledged: it never turns to another of the same or a lower term. */
  readonly promised: Claim | null;
  readonly vote: Claim | null;
  /** As master, it has had followers or work since it claimed. */
  readonly established: boolean;
  /** As master, it has work under way. */
  readonly busy: boolean;
  readonly pin: Pin;
}

/** Whether this node claims to be master. */
export function isSitting({ from, boot, vote }: Standing): boolean {
  return vote !== null && vote.master === from && vote.boot === boot;
}

/** The highest term this node ever took part in; 0 before the first. */
export function termOf({ promised }: Pick<Standing, 'promised'>): number {
  return promised?.term ?? 0;
}

export function sameClaim(a: Claim | null, b: Claim | null): boolean {
  return a === null || b === null ? a === b : a.master === b.master && a.boot === b.boot && a.term === b.term;
}

/** The newer of two wishes; of two made at once in different places, the one with the larger device ID. */
export function newerPin(a: Pin, b: Pin): Pin {
  if (a.version !== b.version) return a.version > b.version ? a : b;
  return (a.deviceId ?? '') >= (b.deviceId ?? '') ? a : b;
}

/** A peer this node sees, and the last it said in this boot; null until it has said anything. */
export interface SeenPeer {
  readonly boot: string;
  readonly standing: Standing | null;
}

export interface ElectionState {
  /** What this node says of itself; `from`, `boot` and `vote` are who it is and whom it follows. */
  readonly own: Standing;
  readonly peers: ReadonlyMap<string, SeenPeer>;
  /** Since when it has followed nobody, or a new peer has come while it did. Milliseconds. */
  readonly masterlessSince: number;
  readonly lastSaid: number;
  /** To whom this master offered its place, and when. */
  readonly offers: ReadonlyMap<string, number>;
}
