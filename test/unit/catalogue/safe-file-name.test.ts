import { isAbsolute, posix, win32 } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSafeFileName, leavesItsFolder } from '../../../engine/catalogue/safe-file-name.js';

const seed = process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) };

test.each(['config.json', 'model-00001-of-00003.safetensors', 'Q8_0/model-Q8_0.gguf', 'console.gguf', '.hidden.json'])(
  '%s is safe',
  (path) => expect(isSafeFileName(path)).toBe(true),
);

test.each([
  '',
  '.',
  '..',
  '../x',
  'a/../x',
  '/x',
  '\\x',
  'a\\b',
  'C:x',
  'C:/x',
  'x\u0000',
  'x\n',
  'con',
  'NUL.json',
  'a/aux.gguf',
  'x.',
  'x ',
  'a//b',
  'a/',
  'a/b/c/d/e',
  'hearth-model.json',
  'hearth-pull.lock',
  'x.partial',
  'x'.repeat(201),
  'a|b',
  'a?b',
])('%j is not safe', (path) => expect(isSafeFileName(path)).toBe(false));

test('whatever is called safe stays inside its folder on every platform', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'C:', 'nul', '\\', '..\\x', 'ok'), fc.string({ maxLength: 6 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), fc.constantFrom('/', '\\'), (parts, separator) => {
      const path = parts.join(separator);
      if (!isSafeFileName(path)) return;
      expect(leavesItsFolder(path)).toBe(false);
      expect(isAbsolute(path)).toBe(false);
      expect(posix.relative('/models', posix.join('/models', path))).toBe(path);
      expect(win32.relative('C:\\models', win32.join('C:\\models', path)).replaceAll('\\', '/')).toBe(path);
    }),
    { numRuns: 2000, ...seed },
  );
});
