import { ClusterFailedError } from '../errors.js';
import { receiveControl } from '../wire/control.js';
import type { Link } from '../wire/link.js';
import type { HomeChange } from './home-change.js';
import { maxChanges } from './home-list.js';

/** Well below what a link takes in before it must be read. */
const pieceBytes = 48 * 1024;
const pieceChanges = 256;

/** A list in pieces that each fit a message; an empty list is one empty piece. */
export function homePieces(changes: readonly HomeChange[]): { changes: HomeChange[]; more: boolean }[] {
  const pieces: HomeChange[][] = [[]];
  let bytes = 0;
  for (const change of changes) {
    const last = pieces.at(-1) ?? [];
    const size = JSON.stringify(change).length;
    if (last.length > 0 && (last.length === pieceChanges || bytes + size > pieceBytes)) {
      pieces.push([change]);
      bytes = size;
    } else {
      last.push(change);
      bytes += size;
    }
  }
  return pieces.map((piece, index) => ({ changes: piece, more: index < pieces.length - 1 }));
}

/** Sends all changes of a home. */
export function sendHome(link: Link, name: 'home' | 'pairHome', changes: readonly HomeChange[]): void {
  for (const piece of homePieces(changes)) link.send(name, piece);
}

/** Receives what {@link sendHome} sent. Closes the link and rejects with HOME_TOO_LARGE when there is no end to it. */
export async function receiveHome(link: Link, name: 'home' | 'pairHome', timeoutMs: number): Promise<HomeChange[]> {
  const changes: HomeChange[] = [];
  for (;;) {
    const { body } = await receiveControl(link, [name], timeoutMs);
    changes.push(...body.changes);
    if (changes.length > maxChanges || (body.more && body.changes.length === 0)) {
      const error = new ClusterFailedError('HOME_TOO_LARGE', 'The other laptop sent a list of members without end.');
      link.close(error);
      throw error;
    }
    if (!body.more) return changes;
  }
}
