// Slices the model in argv[2] over two nodes. With `stop-at <share>` it reports that it has come that far, then does no more.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , modelPath, mode, share] = process.argv;
const load = (...path) => import(pathToFileURL(join(resolve(process.env.HEARTH_DIST ?? 'dist'), 'engine', ...path)).href);
const { openModel } = await load('model', 'model-folder.js');
const { partition } = await load('slices', 'partition.js');
const { ensureSlices } = await load('slices', 'ensure-slices.js');

const model = await openModel(modelPath);
const startBytes = process.memoryUsage.rss();
const onProgress = ({ doneBytes, totalBytes }) => {
  if (mode !== 'stop-at' || doneBytes < totalBytes * Number(share)) return;
  process.stdout.write('there\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};
await ensureSlices({
  model, shares: partition(model.config, [1, 1], { quantised: false }), dtype: null, saveDir: 'split', onProgress,
});
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ startBytes, peakBytes })}\n`);
