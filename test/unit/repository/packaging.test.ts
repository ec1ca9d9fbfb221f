import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { serviceType } from '../../../engine/cluster/announcement.js';

const root = join(import.meta.dirname, '../../..');
/** It comes without types. */
const { load } = createRequire(import.meta.url)('js-yaml') as { load(text: string): unknown };
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

interface Target {
  target: string;
  arch: string[];
}
interface Builder {
  extraResources: { from: string; filter: string[] }[];
  electronFuses: Record<string, boolean>;
  win: { target: Target[]; icon: string };
  mac: { target: Target[]; icon: string; entitlements: string; entitlementsInherit: string; extendInfo: Record<string, unknown> };
  linux: { target: string[]; icon: string };
  afterSign: string;
  publish: unknown;
}
interface Workflow {
  jobs: Record<'addon' | 'package', {
    strategy: { matrix: { include: Record<string, string>[] } };
    steps: { run?: string; uses?: string }[];
  }>;
}
const builder = load(read('electron-builder.yml')) as Builder;
const workflow = load(read('.github/workflows/packages.yml')) as Workflow;
const commands = Object.values(workflow.jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? [])).join('\n');

describe('electron-builder.yml', () => {
  test('is what electron-builder understands', () => {
    const require = createRequire(createRequire(import.meta.url).resolve('electron-builder'));
    const schema = JSON.parse(readFileSync(require.resolve('app-builder-lib/scheme.json'), 'utf8')) as object;
    const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
    validate(builder);
    expect(validate.errors).toBeNull();
    expect(validate({ ...builder, electronFuse: {} }), 'a misspelt key is noticed').toBe(false);
  });

  test('makes an installer for each system, without a place for updates of its own', () => {
    expect(builder.win.target).toEqual([{ target: 'nsis', arch: ['x64', 'arm64'] }]);
    expect(builder.mac.target).toContainEqual({ target: 'dmg', arch: ['universal'] });
    expect(builder.linux.target).toEqual(['AppImage', 'deb', 'tar.gz']);
    expect(builder.publish).toBeNull();
  });

  test('names only files that are there', () => {
    const { win, mac, linux, afterSign, extraResources } = builder;
    const named = [win.icon, mac.icon, mac.entitlements, mac.entitlementsInherit, linux.icon, afterSign, ...extraResources.map(({ from }) => from)];
    expect(named.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test('lays built addons outside the archive, and tells macOS what the app looks for in its network', () => {
    expect(builder.extraResources.find(({ from }) => from === 'native-kernels')?.filter).toContain('prebuilds/**/*.node');
    expect(builder.mac.extendInfo['NSBonjourServices']).toEqual([`_${serviceType}._tcp`]);
    expect(builder.mac.extendInfo['NSLocalNetworkUsageDescription']).toEqual(expect.any(String));
  });
});

describe('The workflow that makes packages', () => {
  test('builds the addon where it is packed for, on every system', () => {
    const systems = workflow.jobs.addon.strategy.matrix.include.map(({ system }) => system);
    expect(systems).toEqual(['win32-x64', 'win32-arm64', 'darwin-x64', 'darwin-arm64', 'linux-x64', 'linux-arm64']);
    const packed = workflow.jobs.package.strategy.matrix.include.flatMap(({ addons }) =>
      systems.filter((system) => system === addons || (addons!.endsWith('*') && system!.startsWith(addons!.slice(0, -1)))));
    expect(packed.sort()).toEqual([...systems].sort());
  });

  test('runs only scripts and tests that are there', () => {
    const run = [...commands.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!);
    expect(run.filter((name) => !(name in scripts))).toEqual([]);
    const files = [...commands.matchAll(/(?:^|\s)((?:scripts|test)\/[\w./-]+)/gm)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

test('the README and the documents name only scripts that are there', () => {
  const named = ['README.md', 'docs/benchmarks.md', 'docs/dependencies.md', 'docs/kernel-speed.md', 'docs/local-api.md']
    .flatMap((file) => [...read(file).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!));
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});
