import { expect, type Page } from '@playwright/test';
import { findModel } from '../../engine/catalogue/model-cache.js';
import { ask, expectAnswered } from './asking.js';
import { test } from './launch-app.js';

const modelName = 'SmolLM2-135M-Instruct';
const modelPath = await findModel(modelName).catch(() => null);

test.skip(modelPath === null, `${modelName} is not in the model cache: \`npm run model:smollm2\` puts it there`);
test.use({ appFlags: [`--model-path=${modelPath ?? ''}`] });

const question = 'Explain in two sentences why the sky is blue.';

/** Counts the pieces of text that reach the page from now on. */
async function countPieces(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const counted = globalThis as unknown as {
      pieces: number;
      hearth: { listen(listener: (name: string, event: { type: string }) => void): void };
    };
    counted.pieces = 0;
    counted.hearth.listen((name, event) => {
      if (name === 'answer' && event.type === 'text') counted.pieces++;
    });
  });
  return () => page.evaluate(() => (globalThis as unknown as { pieces: number }).pieces);
}

test('a real model answers in the window, piece by piece', async ({ hearth }) => {
  const { page } = hearth;
  const pieces = await countPieces(page);
  await ask(page, question);
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeVisible({ timeout: 90_000 });
  await expect(page.getByRole('article', { name: 'Answer' }).last()).toContainText('sky');
  await expect(page.getByRole('alert')).toHaveCount(0);
  expect(await pieces()).toBeGreaterThan(3);
});

test('stopping ends the answer, and the next question is answered', async ({ hearth }) => {
  const { page } = hearth;
  const pieces = await countPieces(page);
  await ask(page, 'Tell me a very long story about a dragon, a castle and a lake.');
  await expect.poll(pieces, { timeout: 90_000 }).toBeGreaterThan(2);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Send', exact: true })).toBeVisible();
  expect(await pieces()).toBeLessThan(400);
  await ask(page, question);
  await expectAnswered(page, 2);
});
