// Loaded before `hearth node`, into its main thread and its compute thread. When a file tells it to, it strikes its own laptop
// at one moment of an answer that nobody outside could hit: at a certain sum, in the output head, or between two pieces of a slice.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const load = (...path) => import(pathToFileURL(join(resolve(process.env.HEARTH_DIST ?? 'dist'), 'engine', ...path)).href);
const file = process.env.HEARTH_STRIKE_FILE;
/** What the file said, until it was carried out. */
let strike = null;
let passed = 0;

/** Counts how often a place was passed since the file is there, and strikes at the time that it names. */
function pass(place) {
  if (strike === null) {
    if (!existsSync(file)) return;
    strike = JSON.parse(readFileSync(file, 'utf8'));
    passed = 0;
  }
  if (strike.place !== place || ++passed !== strike.at) return;
  const { signal, command } = strike;
  strike = null;
  writeFileSync(`${file}.struck`, String(Date.now()));
  rmSync(file);
  if (command === undefined) process.kill(process.pid, signal);
  else execFileSync(command[0], command.slice(1));
}

/** Passes a place before each call of a method, once the call has begun, and when it is done. */
function watch(prototype, method, { before = () => undefined, begun, done }) {
  const plain = prototype[method];
  prototype[method] = function (...words) {
    const place = before(...words);
    if (place !== undefined) pass(place);
    const result = plain.apply(this, words);
    if (begun !== undefined) pass(begun);
    if (done === undefined) return result;
    if (result === undefined) return void pass(done);
    return result.then(() => pass(done));
  };
}

if (isMainThread) {
  const { FileProgress } = await load('slices', 'transfer.js');
  const { SentProgress } = await load('slices', 'sent-progress.js');
  watch(FileProgress.prototype, 'set', { before: (_name, bytes) => (bytes > 0 ? 'fetched' : undefined) });
  watch(SentProgress.prototype, 'add', { before: () => 'sent' });
} else {
  const { LinkedCollective } = await load('collective', 'linked-collective.js');
  const { OutputHead } = await load('shard', 'output-head.js');
  watch(LinkedCollective.prototype, 'allReduce', { before: () => 'sum', begun: 'summing', done: 'summed' });
  watch(OutputHead.prototype, 'run', { before: () => 'head' });
}
