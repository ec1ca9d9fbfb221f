// A paired laptop as a master sees it: says who it is, then takes part in whatever it is invited to, as JSON lines say.
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setInterval } from 'node:timers';
import { fileURLToPath, pathToFileURL } from 'node:url';

const dist = resolve(process.env.HEARTH_DIST ?? 'dist');
const load = (...path) => import(pathToFileURL(join(dist, 'engine', ...path)).href);
const { loadOrCreateIdentity } = await load('cluster', 'identity.js');
const { parseJoinToken } = await load('cluster', 'join-token.js');
const { runWorkerNode } = await load('worker-node.js');

const say = (event, details = {}) => process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
const identity = await loadOrCreateIdentity(process.env.HEARTH_HOME);
const running = new Map();

/** When this laptop is to be struck: `{ before: n }` or `{ after: n }` its n-th sum, or `{ slice: true }` while it fetches. */
let doom = null;
const doomedShard = join(dirname(fileURLToPath(import.meta.url)), 'doomed-shard.mjs');

async function takePart(id, request) {
  const stop = new globalThis.AbortController();
  running.set(id, stop);
  // The compute thread has this laptop's doom from its environment.
  if (doom?.slice === undefined && doom !== null) {
    process.env.HEARTH_SHARD_WORKER = doomedShard;
    process.env.HEARTH_DOOM = JSON.stringify(doom);
  } else delete process.env.HEARTH_SHARD_WORKER;
  const strikesFetching = doom?.slice === true;
  try {
    await runWorkerNode({
      identity,
      rank: request.rank,
      masterHost: '127.0.0.1',
      masterPort: request.masterPort,
      filePort: null,
      token: parseJoinToken(request.token),
      joinTimeoutMs: 5_000,
      window: request.window,
      threads: 1,
      sliceFolder: null,
      forceDownload: false,
      spinMicroseconds: 0,
      hearthVersion: 'test',
      onProgress: () => strikesFetching && process.kill(process.pid, doom.signal),
      say: (line) => say('said', { line }),
      signal: stop.signal,
    });
    say('ended', { id, reason: '' });
  } catch (error) {
    say('ended', { id, reason: error.message });
  }
  running.delete(id);
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message = JSON.parse(line);
  if (message.invite !== undefined) void takePart(message.id, message.invite);
  if (message.stop !== undefined) running.get(message.stop)?.abort();
  if (message.doom !== undefined) doom = message.doom;
});
process.stdin.once('end', () => process.exit(0));
setInterval(() => say('alive'), 500).unref();
say('here', { deviceId: identity.deviceId });
