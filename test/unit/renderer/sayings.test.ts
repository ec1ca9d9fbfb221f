import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIntl } from 'react-intl';
import { describe, expect, test } from 'vitest';
import type { Offer } from '../../../engine/cluster/plan.js';
import { ModelUnusableError, sayingOf } from '../../../engine/errors.js';
import { saying, sayings, type Saying, type ShownCode, type Value, type ValueKind } from '../../../engine/saying.js';
import { sayingShape } from '../../../engine/wire/saying.js';
import { fitsHome } from '../../../main/models/home-fit.js';
import { plannedModel, sizedModel } from '../../../main/models/sized-model.js';
import { suggestedModels } from '../../../main/models/suggested-models.js';
import { messagesIn, sayingCatalogues, type Language } from '../../../renderer/messages/languages.js';
import { placesIn, wordSaying } from '../../../renderer/messages/word-saying.js';

const root = join(import.meta.dirname, '../../..');
const codes = Object.keys(sayings) as ShownCode[];
const intlOf = (locale: Language) => createIntl({ locale, messages: messagesIn[locale], defaultLocale: 'en', onError: (error) => { throw error; } });
const german = intlOf('de');

const samples: Record<ValueKind, Value> = {
  text: 'Küche', count: 3, bytes: { bytes: 1.5e9 }, seconds: { seconds: 2.5 }, names: ['attic', 'cellar'],
  sayings: [saying('TRANSFER_SILENT', 'silent', {})],
};
const sampleOf = (code: ShownCode): Saying => ({
  code, sentence: 'English.', values: Object.fromEntries(Object.entries(sayings[code]).map(([place, kind]) => [place, samples[kind]])),
});

describe('The catalogues of what the engine says', () => {
  test.each(['en', 'de'] as const)('have an entry for every code and no other, sorted, with every place of its sentence: %s', (language) => {
    const catalogue = sayingCatalogues[language];
    expect(Object.keys(catalogue)).toEqual([...codes].sort());
    for (const code of codes) expect([code, placesIn(catalogue[code]).sort()]).toEqual([code, Object.keys(sayings[code]).sort()]);
  });

  test('word every code in German, with its values written as Germans do', () => {
    for (const code of codes) {
      const worded = wordSaying(german, sampleOf(code));
      expect(worded, code).not.toMatch(/[{}]|English|undefined|\[object/);
      if (worded !== 'der Server verstummte') expect(worded, code).not.toBe(wordSaying(intlOf('en'), sampleOf(code)));
      for (const kind of Object.values(sayings[code])) if (kind === 'bytes') expect(worded, code).toContain('1,5\u00a0GB');
    }
  });

  test('hold nothing that is never said', async () => {
    const files = (await Promise.all(['engine', 'main'].map(async (folder) =>
      (await readdir(join(root, folder), { recursive: true })).map((file) => join(root, folder, file))))).flat();
    const sources = files.filter((file) => file.endsWith('.ts') && !file.includes('sayings'));
    const text = (await Promise.all(sources.map((file) => readFile(file, 'utf8')))).join('\n');
    expect(codes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

describe('A window', () => {
  test('says a failure of the engine in its own language', () => {
    const error = new ModelUnusableError('MODEL_TRUNCATED', '/models/a.gguf', 'it has 3 bytes', 'Download it again.');
    expect(wordSaying(german, sayingOf(error))).toBe('/models/a.gguf ist unvollständig: Laden oder kopieren Sie das Modell neu.');
  });

  test('says why a model fits a home or not in its own language, also after a journey between laptops', () => {
    const { title, outline, dtype } = suggestedModels[0]!;
    const model = plannedModel(sizedModel(title, outline, dtype), 2048, null);
    const laptop = (name: string, memoryBytes: number): Offer => ({
      deviceId: name, name, link: null,
      capacity: {
        memoryBytes, processBytes: 80e6, cores: 4, diskBytesPerSecond: 2e9,
        productBytesPerSecond: { f32: 20e9, bf16: 20e9, f16: 20e9, q8_0: 20e9, q4_0: 20e9 },
      },
    });
    const fits = fitsHome(model, [laptop('Küche', 64e9)]).why.map((one) => sayingShape.parse(JSON.parse(JSON.stringify(one))));
    expect(fits.map((one) => wordSaying(german, one)).join(' ')).toMatch(/^Küche rechnet .* allein\. Ein Token dauert etwa .* alles davon Rechenzeit\.$/);
    const [refusal] = fitsHome(model, [laptop('Küche', 1e6)]).why;
    expect(wordSaying(german, refusal!)).toMatch(/^Küche bietet 1\s?MB und braucht .* Geben Sie Hearth dort noch \d/);
  });

  test('shows the English of what only another version of Hearth can say', () => {
    expect(wordSaying(german, { code: 'OF_TOMORROW', sentence: 'Do this.', values: {} })).toBe('Do this.');
    expect(wordSaying(german, { code: 'HOME_FULL', sentence: 'Do that.', values: {} })).toBe('Do that.');
  });
});
