import type { ClusterPlan } from '../cluster/plan.js';
import type { HearthError } from '../errors.js';
import type { Transfer } from '../wire/transfer.js';
import type { LostLaptop } from './home-errors.js';

/** What happens to a model that the laptops of a home hold together, for people. */
export type HomeModelEvent =
  /** The weights are about to be put where the plan says. */
  | { readonly kind: 'planned'; readonly plan: ClusterPlan }
  /** A laptop's share of them is so far on its way. */
  | { readonly kind: 'transfer'; readonly deviceId: string; readonly transfer: Transfer }
  /** All is in place; so many seconds after it was begun. */
  | { readonly kind: 'ready'; readonly plan: ClusterPlan; readonly seconds: number }
  /** A laptop is gone, or cannot take part. */
  | ({ readonly kind: 'lost' } & LostLaptop)
  /** An answer stands still until the others have taken over. */
  | ({ readonly kind: 'paused' } & LostLaptop)
  /** It goes on; so many seconds after it was paused. */
  | { readonly kind: 'resumed'; readonly seconds: number }
  /** The laptops that are left cannot hold the model. */
  | { readonly kind: 'stopped'; readonly error: HearthError }
  /** One line for whoever wants to know more. */
  | { readonly kind: 'said'; readonly line: string };
