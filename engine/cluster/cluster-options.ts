import type { Capacity } from '../wire/capacity.js';
import type { Control } from '../wire/control.js';
import type { MemberNetworkOptions } from './member-network.js';

export interface ClusterOptions extends Omit<MemberNetworkOptions, 'listener'> {
  /** Where the election's promises are kept. */
  readonly electionFile: string;
  readonly capacity: Capacity;
  /** Has the files of the model that is wanted. */
  readonly holdsModel: boolean;
  /** One line for the log per event. */
  readonly say: (line: string) => void;
}

/** A message that one member sent to this one. */
export interface MemberMessage {
  readonly from: string;
  readonly control: Control;
}
