import type { Saying } from '../saying.js';
import type { Capacity } from '../wire/capacity.js';
import type { HomeModelStatus, PlacedLaptop } from '../wire/home-status.js';

export type { HomeModelStatus, PlacedLaptop };

/** One laptop of the home, as a screen shows it. Plain data. */
export interface HomeLaptop {
  readonly deviceId: string;
  readonly name: string;
  readonly isSelf: boolean;
  /** A link to it stands, both ways; this laptop is always present. */
  readonly present: boolean;
  readonly role: 'master' | 'helper' | 'undecided' | 'away';
  /** Its person lets nothing be computed on it for now. */
  readonly paused: boolean;
  /** Null until it has said. */
  readonly capacity: Capacity | null;
  /** Where it is reached, or was last; null for this laptop, and where it never was. */
  readonly address: string | null;
  /** Over the link to this laptop; null for itself, and until it was measured. */
  readonly roundTripMs: number | null;
  readonly bytesPerSecond: number | null;
  /** Its part in the loaded model; null where it has none. */
  readonly share: PlacedLaptop['share'] | null;
  readonly window: PlacedLaptop['window'] | null;
  readonly predictedBytes: number | null;
  readonly measuredBytes: number | null;
  readonly allReduceSeconds: number | null;
  readonly transfer: PlacedLaptop['transfer'];
  /** Why it takes no part, and what to do. */
  readonly problem: Saying | null;
}

/** A laptop that announces itself and belongs to no home of ours. What it says of itself is not proved. */
export interface NearbyLaptop {
  readonly deviceId: string;
  readonly name: string;
  /** The first to try. */
  readonly address: string;
  /** It speaks this version of the protocol. */
  readonly versionOk: boolean;
}

/** How the home stands, seen from this laptop. Plain data: the cluster page shows it, `hearth cluster` prints it. */
export interface HomeState {
  /** This laptop's device ID. */
  readonly self: string;
  readonly role: 'master' | 'helper' | 'undecided';
  /** Device ID of the laptop that leads; null while none does. */
  readonly master: string | null;
  readonly term: number;
  /** Whom the person wants as master; null lets the laptops choose. */
  readonly pinned: string | null;
  /** This laptop first, then by name. */
  readonly laptops: readonly HomeLaptop[];
  readonly nearby: readonly NearbyLaptop[];
  /** The model of the home; null where no present laptop leads one. */
  readonly model: HomeModelStatus | null;
  /** What is wrong with this laptop itself: a copied identity, no multicast. */
  readonly problems: readonly Saying[];
}
