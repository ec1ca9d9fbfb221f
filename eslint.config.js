import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { importPolicies, layerOfFiles } from './lint/import-layers.js';
import { plainNames } from './lint/plain-names.js';

const projects = ['tsconfig.json', 'renderer/tsconfig.json'];

/** Values of `node:` modules and of the desktop runtime that a folder must not see. */
function mayNotImport(...patterns) {
  return { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] };
}

const desktopRuntime = { group: ['electron', 'electron/*'], message: 'The engine runs in plain Node too: it never imports electron.' };
const nodeItself = { group: ['node:*'], message: 'The window has no Node: ask main through the bridge.' };
const addonLoader = { group: ['node-gyp-build', '*.node'], message: 'Only native-kernels/index.ts loads the addon.' };

const nodeGlobals = Object.fromEntries(
  ['process', 'console', 'URL', 'Buffer', 'performance', 'setTimeout', 'clearTimeout', 'require', 'module', '__dirname'].map((name) => [name, 'readonly']),
);

export default defineConfig(
  globalIgnores(['dist/', 'out/', 'release/', '.cache/', 'native-kernels/build*/', 'test-results/']),
  js.configs.recommended,
  {
    name: 'hearth/imports',
    files: ['**/*.{ts,tsx,js,mjs}'],
    plugins: { boundaries, 'import-x': importX, hearth: { rules: { 'plain-names': plainNames } } },
    settings: {
      'boundaries/files': layerOfFiles,
      'boundaries/root-path': import.meta.dirname,
      'boundaries/dependency-nodes': ['import', 'export', 'dynamic-import', 'require'],
      'import/resolver': { typescript: { project: projects, noWarnOnMultipleProjects: true } },
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: projects, noWarnOnMultipleProjects: true })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
    },
    rules: {
      'boundaries/dependencies': ['error', { default: 'disallow', policies: importPolicies }],
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      'hearth/plain-names': 'error',
    },
  },
  { name: 'hearth/layered', files: ['{native-kernels,engine,main,renderer}/**/*.{ts,tsx}'], rules: { 'boundaries/no-unknown-files': 'error' } },
  {
    name: 'hearth/typescript',
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true }],
      // Every indexed access may be undefined for the compiler; where a loop's bounds prove it is not, `!` says so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Names from model files and peers are checked for control characters on purpose.
      'no-control-regex': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  { name: 'hearth/engine', files: ['engine/**/*.ts'], rules: mayNotImport(desktopRuntime, addonLoader) },
  { name: 'hearth/main', files: ['main/**/*.ts'], rules: mayNotImport(addonLoader) },
  { name: 'hearth/window', files: ['renderer/**/*.{ts,tsx}'], rules: mayNotImport(desktopRuntime, nodeItself, addonLoader) },
  {
    name: 'hearth/tests',
    files: ['test/**/*.ts'],
    rules: {
      // Tests hand over wrong values on purpose.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    name: 'hearth/plain-javascript',
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: nodeGlobals },
  },
);
