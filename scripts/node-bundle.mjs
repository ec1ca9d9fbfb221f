import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build } from 'vite';

const root = join(import.meta.dirname, '..');

/**
 * Makes one file in `outDir` of an entry that runs in Node or in one of Electron's Node processes. Node's own modules, the
 * addon's loader and what `external` names stay outside.
 */
export async function bundleForNode(entry, outDir, { external, output }) {
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
      outDir,
      emptyOutDir: false,
      sourcemap: true,
      rolldownOptions: {
        external: ['node-gyp-build', ...external, /^node:/, ...builtinModules],
        output: { entryFileNames: '[name].js', codeSplitting: false, ...output },
      },
    },
  });
}
