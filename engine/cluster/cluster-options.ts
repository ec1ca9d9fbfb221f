import type { Capacity } from '../wire/capacity.js';
import type { Control } from '../wire/control.js';
import type { AddressBook } from './address-book.js';
import type { Home } from './home.js';
import type { Identity } from './identity.js';

export interface ClusterOptions {
  readonly identity: Identity;
  readonly home: Home;
  readonly book: AddressBook;
  readonly name: string;
  readonly hearthVersion: string;
  /** This run of the process, 32 hex digits. */
  readonly boot: string;
  readonly host: string;
  readonly port: number;
  readonly discovers: boolean;
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
