import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, test } from 'vitest';
import { vagueName } from '../../../lint/plain-names.js';

const root = join(import.meta.dirname, '../../..');

/** The repository's own rules about files and imports, without types: snippets may stand at paths that do not exist. */
const eslint = new ESLint({
  cwd: root,
  overrideConfig: { files: ['**/*.{ts,tsx}'], languageOptions: { parserOptions: { projectService: false } } },
  ruleFilter: ({ ruleId }) => /^(boundaries|import-x|hearth)\/|no-restricted-imports$/.test(ruleId),
});

async function refusals(path: string, code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: join(root, path) });
  return result!.messages.map((message) => message.ruleId ?? message.message);
}

const layers = 'boundaries/dependencies';
const restricted = '@typescript-eslint/no-restricted-imports';

describe('The import rules', () => {
  test.each([
    ['an upward import inside the engine', 'engine/wire/link.ts', '../shard/shard.js', layers],
    ['the engine face from below', 'engine/generate/sampler.ts', '../loaded-model.js', layers],
    ['two folders on one level', 'engine/shard/forward.ts', '../cluster/heartbeat.js', layers],
    ['two folders on one level, the other way', 'engine/cluster/heartbeat.ts', '../shard/forward.js', layers],
    ['reports that know errors', 'engine/report/progress.ts', '../errors.js', layers],
    ['a tokenizer that knows models', 'engine/tokenizer/tokenizer.ts', '../model/model-config.js', layers],
    ['an engine that knows the app', 'engine/loaded-model.ts', '../main/hearth.js', layers],
    ['kernels that know the engine', 'native-kernels/index.ts', '../engine/errors.js', layers],
    ['an entry point that reaches past the engine', 'main/hearth.ts', '../native-kernels/index.js', layers],
    ['a product file that knows a test', 'engine/errors.ts', '../test/unit/repository/import-rules.test.js', layers],
    ['a window that runs engine code', 'renderer/App.tsx', '../engine/errors.js', layers],
    ['electron in the engine', 'engine/loaded-model.ts', 'electron', restricted],
    ['a part of electron in the engine', 'engine/loaded-model.ts', 'electron/main', restricted],
    ['Node in the window', 'renderer/App.tsx', 'node:fs', restricted],
    ['electron in the window', 'renderer/App.tsx', 'electron', restricted],
    ['a second door to the addon', 'engine/shard/shard.ts', 'node-gyp-build', restricted],
  ])('refuse %s', async (_what, from, to, rule) => {
    expect(await refusals(from, `import * as imported from '${to}';\nexport { imported };\n`)).toContain(rule);
    if (rule === layers) {
      expect(await refusals(from, `export * from '${to}';\n`)).toContain(rule);
      expect(await refusals(from, `export const later = import('${to}');\n`)).toContain(rule);
    }
  });

  test.each([
    ['a step down', 'engine/shard/forward.ts', '../memory/window-plan.js'],
    ['a jump to the ground', 'engine/shard/forward.ts', '../../native-kernels/index.js'],
    ['a neighbour in the same folder', 'engine/wire/tls-link.ts', './link.js'],
    ['an entry point that uses the engine', 'main/hearth.ts', '../engine/errors.js'],
    ['electron in the app', 'main/desktop.ts', 'electron'],
    ['a test that looks at anything', 'test/unit/x.test.ts', '../../engine/shard/forward.js'],
    ['React in the window', 'renderer/App.tsx', 'react'],
  ])('let %s pass', async (_what, from, to) => {
    expect(await refusals(from, `import * as imported from '${to}';\nexport { imported };\n`)).toEqual([]);
  });

  test('let the window read types of the bridge and the engine, and nothing else of them', async () => {
    const types = (from: string) => `import type { X } from '${from}';\nexport type Y = X;\n`;
    expect(await refusals('renderer/App.tsx', types('../main/bridge.js'))).toEqual([]);
    expect(await refusals('renderer/App.tsx', types('../engine/report/progress.js'))).toEqual([]);
    expect(await refusals('renderer/App.tsx', types('../main/window.js'))).toContain(layers);
    expect(await refusals('renderer/App.tsx', `export * from '../main/bridge.js';\n`)).toContain(layers);
  });

  test('refuse a circle between files', async () => {
    expect(await refusals('engine/formats/dtype.ts', `export * from './gguf.js';\n`)).toContain('import-x/no-cycle');
  });

  test('refuse a layered file that belongs to no layer', async () => {
    expect(await refusals('engine/orphan.ts', 'export {};\n')).toContain('boundaries/no-unknown-files');
  });

  test.each(['engine/wire/utils.ts', 'engine/helpers/port.ts', 'main/types.d.ts', 'renderer/lib/Box.tsx'])(
    'refuse the name %s',
    async (path) => expect(await refusals(path, 'export {};\n')).toContain('hearth/plain-names'),
  );

  test('see a promise that nobody waits for', async () => {
    const typed = new ESLint({ cwd: root, ruleFilter: ({ ruleId }) => ruleId === '@typescript-eslint/no-floating-promises' });
    const messages = async (code: string) =>
      (await typed.lintText(code, { filePath: join(root, 'engine/errors.ts') }))[0]!.messages.map(({ ruleId }) => ruleId);
    const later = 'async function later(): Promise<void> {}\n';
    expect(await messages(`${later}later();\n`)).toEqual(['@typescript-eslint/no-floating-promises']);
    expect(await messages(`${later}await later();\n`)).toEqual([]);
  });
});

test('No tracked file or folder, in any language, is named for a drawer', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  expect(tracked.length).toBeGreaterThan(50);
  expect(tracked.filter((path) => vagueName(path) !== undefined)).toEqual([]);
});
