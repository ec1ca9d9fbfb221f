import { isIP } from 'node:net';
import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { WrongUseError } from '../../engine/errors.js';
import { RunningNode } from '../node-socket/socket-client.js';

/**
 * The address of a laptop that a person names as its screen does, where the node of this laptop hears it nearby; anything
 * else stays as it is. Throws WrongUseError LAPTOP_AMBIGUOUS where two go by that name.
 */
export async function nearbyHost(wanted: string): Promise<string> {
  if (isIP(wanted) !== 0) return wanted;
  const node = await RunningNode.find(hearthHome());
  const nearby = node === null ? [] : (await node.state()).nearby;
  const named = nearby.filter(({ name }) => name.toLowerCase() === wanted.trim().toLowerCase());
  if (named.length > 1) {
    const addresses = named.map(({ address }) => address).join(', ');
    throw new WrongUseError('LAPTOP_AMBIGUOUS', `${named.length} laptops are called ${wanted}. Say which by its address: ${addresses}.`);
  }
  return named[0]?.address ?? wanted;
}
