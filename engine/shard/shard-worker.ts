import { parentPort } from 'node:worker_threads';
import { NodeLostError } from '../collective/node-lost-error.js';
import { HearthError, sayingOf } from '../errors.js';
import type { FromShard, ToShard } from './shard-messages.js';
import { ShardThread } from './shard-thread.js';

/** The worker thread's entry: acts on one message at a time, in order, and answers each; reports are given at any time. */
const port = parentPort;
if (port === null) throw new Error('shard-worker runs in a worker thread only');

const thread = new ShardThread();
let logits: Float32Array | null = null;

function say(message: FromShard): void {
  port?.postMessage(message);
}

async function act(message: ToShard): Promise<void> {
  let dataPort: number | null = null;
  switch (message.kind) {
    case 'listen':
      dataPort = await thread.listen(message.listening);
      break;
    case 'connect':
      await thread.connect(message.connecting);
      break;
    case 'load':
      logits = message.logits === null ? null : new Float32Array(message.logits);
      await thread.load(message.settings, (progress) => say({ kind: 'progress', progress }));
      break;
    case 'pass':
      await thread.pass(message, logits);
      break;
    case 'copyContext':
      thread.copyContext(message);
      break;
    case 'follow':
      await thread.follow();
      break;
    case 'close':
      thread.close();
      break;
    case 'report':
      say({ kind: 'done', id: message.id, report: thread.report(), port: null });
      return;
  }
  say({ kind: 'done', id: message.id, report: null, port: dataPort });
}

function fail(id: number, error: unknown): void {
  const known = error instanceof HearthError ? error : null;
  say({
    kind: 'failed',
    id,
    said: known === null ? { ...sayingOf(error), code: 'SHARD_FAILED' } : sayingOf(known),
    exitCode: known?.exitCode ?? 3,
    lostRank: error instanceof NodeLostError ? error.rank : null,
  });
}

let last: Promise<void> = Promise.resolve();
port.on('message', (message: ToShard) => {
  // Following lasts as long as the run: what can be answered meanwhile is not queued behind it.
  const queued = message.kind !== 'report' && message.kind !== 'close';
  const acted = (queued ? last : Promise.resolve()).then(() => act(message));
  const settled = acted.catch((error: unknown) => fail(message.id, error));
  if (queued) last = settled;
});
