import { parentPort } from 'node:worker_threads';
import { soloAllReduce } from '../collective/all-reduce.js';
import { HearthError } from '../errors.js';
import type { FromShard, ToShard } from './shard-messages.js';
import { ShardRunner } from './shard-runner.js';

/** The worker thread's entry: takes one message at a time, in order, and answers each. */
const port = parentPort;
if (port === null) throw new Error('shard-worker runs in a worker thread only');

let runner: ShardRunner | null = null;
let logits: Float32Array | null = null;

function say(message: FromShard): void {
  port?.postMessage(message);
}

async function act(message: ToShard): Promise<void> {
  if (message.kind === 'load') {
    logits = message.logits === null ? null : new Float32Array(message.logits);
    runner = await ShardRunner.load(message.settings, soloAllReduce, (progress) => say({ kind: 'progress', progress }));
  } else if (message.kind === 'pass') {
    if (runner === null) throw new Error('the shard is not loaded');
    await runner.passTokens(message.tokens, message.position, message.logitRows);
    if (message.logitRows > 0 && logits !== null) runner.readLogits(logits);
  } else if (message.kind === 'close') {
    runner?.close();
    runner = null;
  }
  say({ kind: 'done', id: message.id, report: message.kind === 'report' ? (runner?.report() ?? null) : null });
}

function fail(id: number, error: unknown): void {
  const known = error instanceof HearthError ? error : null;
  say({
    kind: 'failed',
    id,
    code: known?.code ?? 'SHARD_FAILED',
    sentence: error instanceof Error ? error.message : String(error),
    exitCode: known?.exitCode ?? 3,
  });
}

let last: Promise<void> = Promise.resolve();
port.on('message', (message: ToShard) => {
  last = last.then(() => act(message)).catch((error: unknown) => fail(message.id, error));
});
