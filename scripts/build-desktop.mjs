/**
 * Builds the app into out/desktop: the page with its assets, and each entry of main as one CommonJS file (the runtime
 * that tests use refuses an ES module as main). `shard-worker` lies beside the engine's entry, where the engine looks
 * for it; the addon stays outside, where native-kernels/index.ts finds it.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import tailwindcss from '@tailwindcss/vite';
import { build } from 'vite';
import { bundleForNode } from './node-bundle.mjs';

const root = join(import.meta.dirname, '..');
const out = join(root, 'out', 'desktop');
const entries = [
  'main/desktop.ts', 'main/preload.ts', 'main/engine-utility.ts', 'main/nodes/node-utility.ts', 'engine/shard/shard-worker.ts',
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
// The repository's package.json says ES modules; here .js means CommonJS.
writeFileSync(join(out, 'package.json'), '{ "type": "commonjs" }\n');

cpSync(join(root, 'build', 'tray'), join(out, 'tray'), { recursive: true });

for (const entry of entries) {
  await bundleForNode(entry, join(out, 'main'), { external: ['electron'], output: { format: 'cjs' } });
}
await build({
  configFile: false,
  logLevel: 'warn',
  envDir: false,
  root: join(root, 'renderer'),
  base: './',
  plugins: [tailwindcss()],
  build: {
    target: 'chrome114',
    outDir: join(out, 'renderer'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The page comes from the disk, not over a network.
    chunkSizeWarningLimit: 2_000,
    rolldownOptions: {
      // Packages mark what belongs in a browser; everything here does.
      onLog: (level, log, pass) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && pass(level, log),
    },
  },
});
