import { join } from 'node:path';

/** The addon's tests, each as one file that a Node for Windows runs as it is. */
const root = join(import.meta.dirname, '../..');
const names = ['arguments', 'files', 'kernels', 'matmul', 'memory', 'threads'];

export default {
  input: Object.fromEntries(names.map((name) => [name, join(root, `test/unit/native-kernels/${name}.test.ts`)])),
  platform: 'node',
  resolve: { alias: { vitest: join(root, 'test/windows/vitest-in-node.ts') } },
  external: ['node-gyp-build'],
  output: { dir: join(root, 'native-kernels/build/windows/test/unit/native-kernels'), format: 'esm', entryFileNames: '[name].mjs' },
};
