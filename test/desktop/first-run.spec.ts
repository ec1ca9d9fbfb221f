import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { FakeHub } from '../fake-hub/fake-hub.js';
import { violations } from './axe.js';
import { serveSmallModel, weights } from './chat-profile.js';
import { startApp } from './launch-app.js';

let profile: string;
test.beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'hearth-first-'));
});
test.afterEach(async () => rm(profile, { recursive: true, force: true }));

const first = { welcomed: false, language: 'en' } as const;
const kept = async (): Promise<AppSettings> => JSON.parse(await readFile(join(profile, 'settings.json'), 'utf8')) as AppSettings;
const begin = (page: Page): Promise<void> => page.getByRole('button', { name: 'Start', exact: true }).click();

test('the one button is enough: the guide answers at once, and nothing is asked again', async () => {
  const { app, page } = await startApp(profile, [], first);
  await expect(page.getByRole('heading', { name: 'Welcome to Hearth' })).toBeVisible();
  await expect(page.getByRole('radio', { name: /Hearth Guide/ })).toBeChecked({ timeout: 30_000 });
  await begin(page);
  await page.getByRole('textbox', { name: 'Message' }).fill('What is Hearth?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.locator('.answer-text')).not.toBeEmpty({ timeout: 30_000 });
  expect(await kept()).toMatchObject({ welcomed: true, model: null, sharing: { memoryBytes: null } });
  await app.close();
  const again = await startApp(profile, []);
  await expect(again.page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  await expect(again.page.getByRole('heading', { name: 'Welcome to Hearth' })).toHaveCount(0);
  await again.app.close();
});

test('what is chosen is kept: a name, the memory, and which models fit follows the slider', async () => {
  const { app, page } = await startApp(profile, [], first);
  const slider = page.getByRole('slider', { name: 'Hearth may take' });
  const fitOf = (title: string) => page.locator('label', { hasText: title }).getByText(/^(Fits|Tight|Too large)$/);
  await expect(fitOf('Llama 3.1 70B')).toBeVisible({ timeout: 30_000 });
  await slider.focus();
  await page.keyboard.press('Home');
  await expect(fitOf('Llama 3.1 70B')).toHaveText('Too large', { timeout: 30_000 });
  await expect(page.getByRole('radio', { name: /Llama 3.1 70B/ })).toBeDisabled();
  await expect(fitOf('SmolLM2 135M')).not.toHaveText('Too large');
  await page.keyboard.press('End');
  await expect(fitOf('SmolLM2 135M')).toHaveText('Fits', { timeout: 30_000 });
  await page.getByRole('textbox').fill('Kitchen laptop');
  await begin(page);
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  expect((await kept()).sharing.memoryBytes).toBeGreaterThan(1e9);
  await page.getByRole('navigation').getByRole('button', { name: 'Laptops' }).click();
  await expect(page.getByRole('listitem', { name: 'Kitchen laptop' })).toBeVisible({ timeout: 15_000 });
  await app.close();
});

test('a model that is chosen is fetched as one watches, an app that is killed meanwhile goes on with it, and then it answers', async () => {
  const hub = await new FakeHub('HuggingFaceTB/SmolLM2-135M-Instruct').start();
  const flow = serveSmallModel(hub);
  const variables = { HF_ENDPOINT: hub.endpoint };
  const toModels = (page: Page): Promise<void> => page.getByRole('navigation').getByRole('button', { name: 'Models' }).click();
  const killed = await startApp(profile, [], first, { variables });
  const choice = killed.page.locator('label', { hasText: 'SmolLM2 135M' });
  await choice.click({ timeout: 30_000 });
  await expect(killed.page.getByText('SmolLM2 135M is fetched after the start')).toBeVisible();
  await begin(killed.page);
  await expect(killed.page.getByText(/SmolLM2 135M is being fetched: \d+ %/)).toBeVisible({ timeout: 30_000 });
  await toModels(killed.page);
  const card = (page: Page) => page.getByRole('listitem', { name: 'SmolLM2 135M' });
  await expect(card(killed.page)).toContainText(/ of .*\/s/, { timeout: 30_000 });
  process.kill(killed.app.process().pid!, 'SIGKILL');
  await killed.app.waitForEvent('close');
  flow();
  const { app, page } = await startApp(profile, [], undefined, { variables });
  await toModels(page);
  await expect(card(page).getByRole('button', { name: 'In use' })).toBeVisible({ timeout: 60_000 });
  expect(hub.fetches(weights).at(-1)?.range, 'what had arrived was kept').toMatch(/^bytes=[1-9]/);
  expect((await kept()).model).toMatch(/HuggingFaceTB--SmolLM2-135M-Instruct$/);
  await page.getByRole('navigation').getByRole('button', { name: 'Chat' }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.locator('.answer-text')).not.toBeEmpty({ timeout: 30_000 });
  await app.close();
  await hub.stop();
});

test('axe finds nothing in either theme, and all of it works by keyboard', async () => {
  const { app, page } = await startApp(profile, [], first);
  await expect(page.getByRole('radio').first()).toBeVisible({ timeout: 30_000 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect(page.locator(`:root[data-theme=${colorScheme}]`)).toHaveCount(1);
    expect(await violations(page)).toEqual([]);
  }
  await page.getByRole('textbox').focus();
  const seen = new Set<string>();
  for (let step = 0; step < 8; step++) {
    seen.add(await page.evaluate(() => document.activeElement?.getAttribute('type') ?? document.activeElement?.tagName.toLowerCase() ?? ''));
    await page.keyboard.press('Tab');
  }
  expect([...seen]).toEqual(expect.arrayContaining(['text', 'range', 'radio', 'button']));
  await app.close();
});
