import type { DialFailure } from './reachability.js';

/** A link with a peer, as its driver knows it. */
export interface PeerLink {
  /** Unique in this process. */
  readonly link: number;
  /** The run of the peer's process, as it said when the link began. */
  readonly boot: string;
  readonly dialledBy: 'us' | 'them';
  /** The peer's address, for people. */
  readonly address: string;
}

/** What happens to the membership. */
export type MembershipEvent =
  /** The home's signed list changed. */
  | { readonly kind: 'members'; readonly ids: readonly string[] }
  /** News of where it is, from multicast, the address book or another member. */
  | { readonly kind: 'sighted'; readonly id: string; readonly address: string }
  /** It said goodbye by multicast, or its announcement faded. */
  | { readonly kind: 'unsighted'; readonly id: string }
  | ({ readonly kind: 'linkUp'; readonly id: string } & PeerLink)
  /** Anything arrived on the link. */
  | { readonly kind: 'heard'; readonly id: string; readonly link: number }
  | { readonly kind: 'linkDown'; readonly id: string; readonly link: number; readonly goodbye: boolean }
  | { readonly kind: 'dialFailed'; readonly id: string; readonly failures: readonly DialFailure[] }
  | { readonly kind: 'tick' };

/** Why a member is no longer here. */
export type LeaveReason = 'goodbye' | 'silent' | 'closed' | 'removed' | 'restarted' | 'cloned';

/** What the membership wants done or told. */
export type MembershipEffect =
  /** Try its addresses in order; answer with `linkUp` or `dialFailed`. */
  | { readonly kind: 'dial'; readonly id: string }
  | { readonly kind: 'beat'; readonly link: number }
  | { readonly kind: 'close'; readonly link: number; readonly why: string }
  | { readonly kind: 'present'; readonly id: string; readonly link: PeerLink }
  /** The same peer is now reached over another link; nobody left. */
  | { readonly kind: 'moved'; readonly id: string; readonly link: PeerLink }
  | { readonly kind: 'absent'; readonly id: string; readonly why: LeaveReason }
  /** An address of it is known and it cannot be reached: said again where it fails in another way than before. */
  | { readonly kind: 'unreachable'; readonly id: string; readonly failures: readonly DialFailure[] }
  /** Two laptops, at these addresses, have one identity. */
  | { readonly kind: 'cloned'; readonly id: string; readonly addresses: readonly string[] };
