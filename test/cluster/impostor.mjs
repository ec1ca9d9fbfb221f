// Stands at a member's address, announces itself as that member, and has a certificate of its own. Says who came and what was said.
import { join, resolve } from 'node:path';
import { createServer } from 'node:tls';
import { pathToFileURL } from 'node:url';

const load = (...path) => import(pathToFileURL(join(resolve(process.env.HEARTH_DIST ?? 'dist'), 'engine', ...path)).href);
const { Discovery } = await load('cluster', 'discovery.js');
const { loadOrCreateIdentity } = await load('cluster', 'identity.js');
const { protocolVersion } = await load('wire', 'messages.js');
const { tlsOptions } = await load('wire', 'tls-link.js');

const { folder, port, poses } = JSON.parse(process.argv[2]);
const say = (line) => process.stdout.write(`${line}\n`);

const server = createServer({ ...tlsOptions(await loadOrCreateIdentity(folder)), requestCert: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => say(`heard ${bytes.length} bytes`));
});
server.on('connection', () => say('visited'));
server.on('tlsClientError', () => undefined);
server.listen(port, '0.0.0.0');
new Discovery({
  announcement: { deviceId: poses, name: 'cellar', protocolVersion }, port,
  onSighted: () => undefined, onGone: () => undefined, onMulticast: () => undefined,
}).start();
