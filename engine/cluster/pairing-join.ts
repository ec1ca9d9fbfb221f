import { ClusterFailedError } from '../errors.js';
import { receiveControl } from '../wire/control.js';
import type { Link } from '../wire/link.js';
import type { Home, HomeDelta } from './home.js';
import { receiveHome, sendHome } from './home-transfer.js';

/**
 * The last part of a pairing, the same on both ends, once each is sure of the other: both show all they know, each lets
 * the other in, and both store the joined home. Where both had members, the two homes become one; whoever one of them
 * had put out stays out.
 */
export async function joinHomes(link: Link, home: Home, timeoutMs: number): Promise<HomeDelta> {
  sendHome(link, 'pairHome', home.changes());
  const theirs = await receiveHome(link, 'pairHome', timeoutMs);
  const ours = home.welcome(link.peerId, theirs);
  link.send('pairAdd', { change: ours });
  const { change } = (await receiveControl(link, ['pairAdd'], timeoutMs)).body;
  if (change.kind !== 'add' || change.device !== home.deviceId || change.by !== link.peerId) {
    throw new ClusterFailedError(
      'PAIRING_TAMPERED', 'The other laptop let somebody else in than this one. They were not paired.',
    );
  }
  const delta = await home.merge([...theirs, ours, change]);
  link.send('pairDone', {});
  await receiveControl(link, ['pairDone'], timeoutMs).catch((cause: unknown) => {
    throw new ClusterFailedError(
      'PAIRING_UNFINISHED',
      'The connection broke at the last step: the other laptop may not know of the pairing. Pair once more.',
      { cause },
    );
  });
  return delta;
}
