import { HearthError } from '../errors.js';
import type { TlsIdentity } from '../wire/device-id.js';
import { SliceConnection, type SlicePeer } from './slice-connection.js';
import { fetchOnce, fetchSliceFile, type AskForFile } from './slice-file-fetch.js';
import type { SliceFile } from './slice-listing.js';

/**
 * Where a node gets its slice's files: from other nodes that have them, in turns, and from the master what none of them
 * gives. Every file is checked against the checksum in the master's manifest, so a peer need not be right, only paired.
 */
export class SliceSources {
  readonly #peers: SliceConnection[];
  #turn = 0;
  /** Bytes of files that came from others than the master. */
  fromPeersBytes = 0;

  constructor(
    private readonly master: SliceConnection,
    private readonly rank: number,
    identity: TlsIdentity,
    peers: readonly SlicePeer[],
    connections: number,
  ) {
    this.#peers = peers.map((peer) => new SliceConnection(peer, identity, connections, 'that node'));
  }

  /** Brings one file to `folder`. Rejects as {@link fetchSliceFile} does, with what the master's answers come to. */
  async fetch(folder: string, file: SliceFile, onBytes: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    for (const peer of this.#inTurn()) {
      if (!(await this.#triedAt(peer, folder, file, onBytes, signal))) continue;
      this.fromPeersBytes += file.bytes;
      return;
    }
    const ask: AskForFile = (one, start, stop) => this.master.get(`/${this.rank}/${one.name}`, start, stop);
    await fetchSliceFile(ask, folder, file, onBytes, signal);
  }

  close(): void {
    for (const peer of [this.master, ...this.#peers]) peer.close();
  }

  #inTurn(): SliceConnection[] {
    const first = this.#peers.length === 0 ? 0 : this.#turn++ % this.#peers.length;
    return [...this.#peers.slice(first), ...this.#peers.slice(0, first)];
  }

  async #triedAt(
    peer: SliceConnection, folder: string, file: SliceFile, onBytes: (bytes: number) => void, signal?: AbortSignal,
  ): Promise<boolean> {
    try {
      if (await fetchOnce((one, start, stop) => peer.get(`/blocks/${one.sha256}`, start, stop), folder, file, onBytes, signal)) return true;
      this.#giveUp(peer);
    } catch (error) {
      const code = error instanceof HearthError ? error.code : '';
      // A peer that does not have this file may have the next; one that is gone, or not who it should be, is asked no more.
      if (code === 'SLICE_UNREACHABLE' || code === 'PEER_IDENTITY') this.#giveUp(peer);
      else if (code !== 'SLICE_REFUSED') throw error;
    }
    onBytes(0);
    return false;
  }

  #giveUp(peer: SliceConnection): void {
    const at = this.#peers.indexOf(peer);
    if (at < 0) return;
    this.#peers.splice(at, 1);
    peer.close();
  }
}
