/**
 * Makes one file each of the `hearth` command and of its compute thread: a process that starts from a few hundred small files
 * takes more than twice as long, and 12 MB more for as long as it lives.
 */
import { join } from 'node:path';
import { bundleForNode } from './node-bundle.mjs';

/** Packages written as CommonJS ask for it. */
const banner = "import { fileURLToPath as __toPath } from 'node:url';\nconst __filename = __toPath(import.meta.url);";

for (const entry of ['main/hearth.ts', 'engine/shard/shard-worker.ts']) {
  await bundleForNode(entry, join(import.meta.dirname, '..', 'dist', 'command'), {
    // llama.cpp is there only where somebody compares.
    external: ['node-llama-cpp'],
    output: { format: 'es', banner },
  });
}
