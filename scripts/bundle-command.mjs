/**
 * Makes one file each of the `hearth` command and of its compute thread, over what `tsc` left at their place: a process
 * that starts from a few hundred small files takes three times as long, and 25 MB more for as long as it lives.
 */
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');
/** Packages written as CommonJS ask for it. */
const banner = "import { fileURLToPath as __toPath } from 'node:url';\nconst __filename = __toPath(import.meta.url);";

for (const entry of ['main/hearth.ts', 'engine/shard/shard-worker.ts']) {
  await build({
    configFile: false,
    logLevel: 'warn',
    envDir: false,
    root,
    publicDir: false,
    ssr: { noExternal: true },
    build: {
      ssr: join(root, entry),
      target: 'node18',
      outDir: join(root, 'dist', 'main'),
      emptyOutDir: false,
      sourcemap: true,
      rolldownOptions: {
        // Names stay where values are: whoever reads the file, or a test that changes one, finds them.
        optimization: { inlineConst: false },
        // The addon is found by its file; llama.cpp is there only where somebody compares.
        external: ['node-gyp-build', 'node-llama-cpp', /^node:/, ...builtinModules],
        output: { format: 'es', entryFileNames: '[name].js', codeSplitting: false, banner },
      },
    },
  });
}
