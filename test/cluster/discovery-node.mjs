// Announces itself, says as JSON lines what it discovers, and takes commands as JSON lines: stop, dial, remember.
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const load = (...path) => import(pathToFileURL(join(resolve(process.env.HEARTH_DIST ?? 'dist'), 'engine', ...path)).href);
const { AddressBook } = await load('cluster', 'address-book.js');
const { orderAddresses } = await load('cluster', 'candidate-addresses.js');
const { Discovery } = await load('cluster', 'discovery.js');
const { loadOrCreateIdentity } = await load('cluster', 'identity.js');
const { dialTls } = await load('wire', 'tls-link.js');
const { listenTls } = await load('wire', 'tls-listener.js');

const { folder, name, port, askMs, watchMs } = JSON.parse(process.argv[2]);
const say = (event, details = {}) => process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);

const identity = await loadOrCreateIdentity(folder);
const book = await AddressBook.open(join(folder, 'addresses.json'));
const listener = await listenTls({
  host: '0.0.0.0', port, identity, side: { channel: 'session', role: 'master' }, accepts: () => true,
  onLink: (link) => say('visited', { peerId: link.peerId }),
});
const discovery = new Discovery({
  announcement: { deviceId: identity.deviceId, name, protocolVersion: 1 },
  port: listener.port,
  onSighted: (sighting) => say('sighted', { ...sighting }),
  onGone: (deviceId, why) => say('gone', { deviceId, why }),
  onMulticast: (health) => say('multicast', { health }),
  askMs, watchMs,
});
discovery.start();
say('started', { deviceId: identity.deviceId, port: listener.port, manual: book.manual() });

const commands = {
  async stop() {
    await discovery.stop();
    listener.close();
    say('stopped');
    process.stdin.destroy();
  },
  async remember({ host, port: typed }) {
    await book.add({ host, port: typed });
    say('remembered');
  },
  /** Tries every typed address, as a node does whose multicast is blocked. */
  async dial() {
    for (const { host, port: at } of orderAddresses(book.addressesOf(identity.deviceId), [])) {
      const side = { channel: 'session', role: 'worker' };
      try {
        const link = await dialTls({ host, port: at, identity, expects: undefined, side, timeoutMs: 5_000 });
        await book.remember(link.peerId, { host, port: at });
        say('reached', { peerId: link.peerId, host });
        link.close();
      } catch (error) {
        say('unreached', { host, code: error.code });
      }
    }
  },
};
createInterface({ input: process.stdin }).on('line', (line) => {
  const { command, ...details } = JSON.parse(line);
  void commands[command](details);
});
