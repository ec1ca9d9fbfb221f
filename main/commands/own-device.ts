import { hearthHome } from '../../engine/catalogue/models-folder.js';
import { loadDeviceName } from '../../engine/cluster/device-name.js';
import { Home } from '../../engine/cluster/home.js';
import { loadOrCreateIdentity } from '../../engine/cluster/identity.js';
import type { PairingSelf } from '../../engine/cluster/pairing-session.js';
import { hearthVersion } from '../../engine/report/version.js';

/** This laptop as the commands know it: identity, name and home, from the folder that all of them share. */
export async function openOwnDevice(): Promise<PairingSelf> {
  const folder = hearthHome();
  const identity = await loadOrCreateIdentity(folder);
  const name = await loadDeviceName(folder);
  const onNotice = (line: string): void => void process.stderr.write(`hearth: ${line}\n`);
  return { identity, name, hearthVersion, home: await Home.open({ folder, identity, name, onNotice }) };
}
