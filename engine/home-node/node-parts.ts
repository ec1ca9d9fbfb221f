import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hearthHome } from '../catalogue/models-folder.js';
import { AddressBook } from '../cluster/address-book.js';
import { measureCapacity, type Capacity } from '../cluster/capacity.js';
import { Cluster } from '../cluster/cluster.js';
import { loadDeviceName, storeDeviceName } from '../cluster/device-name.js';
import { Home } from '../cluster/home.js';
import { loadOrCreateIdentity, type Identity } from '../cluster/identity.js';
import { memberPort } from '../cluster/member-port.js';
import { HearthError } from '../errors.js';
import { hearthVersion } from '../report/version.js';
import { keptFolders } from '../slices/kept-slices.js';
import { serveSlices, type SliceServer } from '../slices/slice-server.js';
import type { HomeNodeOptions } from './node-options.js';

/** What a laptop that is part of a home consists of, opened from its folder. */
export interface NodeParts {
  readonly identity: Identity;
  readonly name: string;
  readonly home: Home;
  readonly book: AddressBook;
  readonly cluster: Cluster;
  /** Gives the block files that this laptop keeps to any other of the home. */
  readonly blocks: SliceServer;
}

/** Rejects with what is wrong with the folder's files, or with PORT_IN_USE or CANNOT_LISTEN; then nothing is left open. */
export async function openNodeParts(options: HomeNodeOptions): Promise<NodeParts> {
  const { folder, say } = options;
  const notice = (line: string): void => say?.(line);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const identity = await loadOrCreateIdentity(folder);
  const name = options.name === undefined ? await loadDeviceName(folder) : await storeDeviceName(folder, options.name);
  const home = await Home.open({ folder, identity, name, onNotice: notice });
  const book = await AddressBook.open(join(folder, 'addresses.json'));
  for (const address of options.addresses ?? []) await book.add(address);
  const measured = await measureCapacity({ file: join(folder, 'capacity.json'), diskFolder: folder });
  const capacity = options.memoryBytes === undefined ? measured : { ...measured, memoryBytes: options.memoryBytes };
  const blocks = await serveSlices({
    host: options.host ?? '0.0.0.0', port: 0, identity,
    folderOf: () => undefined,
    blocks: { folders: () => keptFolders(join(hearthHome(), 'slices')), trusts: (deviceId) => home.isMember(deviceId) },
  });
  try {
    const cluster = await openCluster(options, { identity, name, home, book, capacity });
    return { identity, name, home, book, cluster, blocks };
  } catch (error) {
    blocks.close();
    throw error;
  }
}

async function openCluster(
  options: HomeNodeOptions, parts: Pick<NodeParts, 'identity' | 'name' | 'home' | 'book'> & { readonly capacity: Capacity },
): Promise<Cluster> {
  const open = (port: number): Promise<Cluster> => Cluster.open({
    ...parts, port, hearthVersion,
    boot: randomBytes(16).toString('hex'), host: options.host ?? '0.0.0.0', discovers: options.discovers ?? true,
    electionFile: join(options.folder, 'election.json'), holdsModel: options.modelPath !== null,
    say: (line) => options.say?.(line),
  });
  try {
    return await open(options.port ?? memberPort);
  } catch (error) {
    const taken = error instanceof HearthError && error.code === 'PORT_IN_USE';
    if (!taken || options.port !== undefined) throw error;
    options.say?.(`${error.message} Members are let in at another port; where multicast is blocked, give it with the address.`);
    return open(0);
  }
}
