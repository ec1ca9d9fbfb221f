import type { HostAndPort } from '../cluster/address-book.js';
import type { SoloOptions } from '../shard/solo-settings.js';

export interface HomeNodeOptions {
  /** Hearth's folder: identity, home, addresses, slices. */
  readonly folder: string;
  /** A model that this laptop may lead the home with; null where it only helps. */
  readonly modelPath: string | null;
  /** How the model is loaded, here and on all others. */
  readonly load: SoloOptions;
  readonly collective?: 'star' | 'ring';
  /** Where a model's slices go: a folder of that name beside it, or an absolute path. Default `split`. */
  readonly saveDirOf?: (modelPath: string) => string;
  /** The most that Hearth may take here; default a share of what is free. Bytes. */
  readonly memoryBytes?: number | undefined;
  /** Default: what the person called it, or its host name. Remembered. */
  readonly name?: string | undefined;
  /** Where other laptops of the home are; remembered. */
  readonly addresses?: readonly HostAndPort[];
  readonly host?: string;
  /** Where members call; where it is not given and the usual one is taken, any free port. */
  readonly port?: number | undefined;
  readonly pairingPort?: number;
  /** Announces itself by multicast; default true. */
  readonly discovers?: boolean;
  /** Where a master waits for those it invites; 0 takes any free port. */
  readonly masterPort?: number;
  readonly filePort?: number;
  /**
   * Somebody, at another laptop perhaps, wants this one paused or not any more. Where it is given, it keeps that and has
   * {@link HomeNode.pause} called; rejects with why not. Else it holds until the node ends.
   */
  readonly onPauseWanted?: (paused: boolean) => Promise<void>;
  /** One line per event, for the log. Never holds a prompt. */
  readonly say?: (line: string) => void;
}
