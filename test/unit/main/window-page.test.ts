import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageFile, pageOrigin } from '../../../main/window-page.js';

const folder = join('/app', 'renderer');

test('The page serves its own files', () => {
  expect(pageFile(folder, `${pageOrigin}/`)).toBe(join(folder, 'index.html'));
  expect(pageFile(folder, `${pageOrigin}/assets/index-1a.js?x=1#y`)).toBe(join(folder, 'assets/index-1a.js'));
});

test.each([
  'hearth://elsewhere/index.html', 'https://window/index.html', `${pageOrigin}/..%2f..%2fetc%2fx.html`, `${pageOrigin}/%E0%A4.html`,
  `${pageOrigin}/secret.json`, `${pageOrigin}/assets`, `${pageOrigin}/a%00.html`,
])('The page serves nothing at %s', (address) => {
  expect(pageFile(folder, address)).toBeNull();
});

test('No address leads out of the page\'s folder', () => {
  const piece = fc.constantFrom('..', '.', '%2e%2e', '%2f', '%5c', '\\', 'a', '%252e', '');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const file = pageFile(folder, `${pageOrigin}/${pieces.join('/')}.html`);
      return file === null || file.startsWith(`${folder}/`);
    }),
    process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) },
  );
});
