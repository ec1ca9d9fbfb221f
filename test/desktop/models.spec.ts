import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect as briefly, test, type Page } from '@playwright/test';
import { FakeHub } from '../fake-hub/fake-hub.js';
import { newProfile, serveSmallModel, smallModel, weights } from './chat-profile.js';
import { startApp, type RunningApp } from './launch-app.js';
import { changeSettings } from './page-access.js';

/** A plan for each model takes its time on a busy machine. */
const expect = briefly.configure({ timeout: 30_000 });

let profile: string;
let hub: FakeHub;
let running: RunningApp;

test.beforeEach(async () => {
  profile = newProfile();
  hub = await new FakeHub().start();
  running = await startApp(profile, [], {}, { variables: { HF_ENDPOINT: hub.endpoint } });
  await running.page.getByRole('navigation').getByRole('button', { name: 'Models', exact: true }).click();
});
test.afterEach(async () => {
  await running.app.close().catch(() => undefined);
  await hub.stop();
  await rm(profile, { recursive: true, force: true });
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const row = (page: Page, name: string) => page.getByRole('listitem', { name, exact: true });

/** Drops a file or folder of this disk on the window, as a person does from the file manager. */
async function drop(page: Page, file: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [file], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await session.send('Input.dispatchDragEvent', { type, x: 500, y: 400, data });
  await session.detach();
}

async function choose(page: Page, title: string, item: string): Promise<void> {
  await button(page, `More about ${title}`).click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('a model is looked up with its licence, downloaded, paused, resumed, used, verified and deleted', async () => {
  const { page } = running;
  const flow = serveSmallModel(hub);
  hub.card = { license: 'apache-2.0' };

  await button(page, 'Add from Hugging Face').click();
  await page.getByRole('textbox', { name: 'Repository' }).fill(hub.repo);
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog');
  await expect(sheet).toContainText('apache-2.0');
  await expect(sheet).toContainText(/Size.*0\.6 MB|Size.*\d+ kB/);
  expect(hub.fetches(weights), 'nothing is fetched before the licence was shown').toEqual([]);
  await sheet.getByRole('button', { name: 'Download' }).click();
  const card = row(page, hub.repo);
  await expect(card).toContainText(/ of .*\/s/);
  // The card moves from those worth trying to those that are here as soon as its first bytes are: a click may come in between.
  await expect(async () => {
    await card.getByRole('button', { name: 'Pause' }).click({ timeout: 5_000 });
    await briefly(card.getByRole('button', { name: 'Resume' })).toBeVisible();
  }).toPass({ timeout: 60_000 });
  flow();
  await card.getByRole('button', { name: 'Resume' }).click();
  await expect(card.getByRole('button', { name: 'Use' })).toBeVisible();
  expect(hub.fetches(weights).at(-1)?.range, 'what had arrived was kept').toMatch(/^bytes=[1-9]/);
  await expect(card).toContainText('Fits');

  await card.getByRole('button', { name: 'Use' }).click();
  await expect(card.getByRole('button', { name: 'In use' })).toBeDisabled();
  await page.getByRole('navigation').getByRole('button', { name: 'Laptops', exact: true }).click();
  await expect(page.getByRole('heading', { name: /tiny-model/ })).toBeVisible();
  await expect(page.getByText('Ready', { exact: true }).last()).toBeVisible();
  await page.getByRole('navigation').getByRole('button', { name: 'Models', exact: true }).click();

  await choose(page, hub.repo, 'Verify');
  await expect(card.getByRole('button', { name: 'In use' })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  const file = join(profile, 'hearth/models/owner--tiny-model', weights);
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(file, bytes);
  await choose(page, hub.repo, 'Verify');
  await expect(card.getByRole('alert')).toContainText(`${weights} is missing or damaged`);
  await choose(page, hub.repo, 'Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(card).toHaveCount(0);
});

test('a damaged model that is dropped is refused with a sentence; a whole one is used where it lies, and forgotten', async () => {
  const { app, page } = running;
  const whole = smallModel();
  const damaged = join(profile, 'damaged-model');
  cpSync(whole, damaged, { recursive: true });
  truncateSync(join(damaged, weights), 300_000);
  await drop(page, damaged);
  await expect(page.getByRole('alert')).toContainText('damaged-model');
  await expect(row(page, 'damaged-model')).toHaveCount(0);
  await button(page, 'Close').click();
  const noise = join(profile, 'noise.gguf');
  writeFileSync(noise, Buffer.alloc(4096, 7));
  await drop(page, noise);
  await expect(page.getByRole('alert')).toContainText('noise');
  await expect(button(page, 'Pause')).toHaveCount(0);

  await drop(page, whole);
  const title = whole.split('/').at(-1)!;
  await row(page, title).getByRole('button', { name: 'Use' }).click();
  await expect(row(page, title).getByRole('button', { name: 'In use' })).toBeDisabled();
  await page.getByRole('navigation').getByRole('button', { name: 'Chat', exact: true }).click();
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello?');
  await page.keyboard.press('Enter');
  await expect(page.locator('.answer-text')).not.toBeEmpty();
  await page.getByRole('navigation').getByRole('button', { name: 'Models', exact: true }).click();
  await choose(page, title, 'Forget');
  await expect(row(page, title)).toHaveCount(0);
  expect(readFileSync(join(whole, 'config.json')).length).toBeGreaterThan(0);

  await app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] });
  }, join(whole, weights));
  await button(page, 'Add from this laptop').click();
  await expect(row(page, title)).toContainText('Fits');

  // What the engine and the planner say is worded by the window, in its language.
  await changeSettings(page, { language: 'de' });
  await expect(row(page, 'Llama 3.1 70B')).toContainText(/Ein Token dauert etwa .* Festplatte von|Geben Sie Hearth .* noch/);
  await drop(page, damaged);
  await expect(page.getByRole('alert').filter({ hasText: 'damaged-model' }))
    .toContainText('ist unvollständig: Laden oder kopieren Sie das Modell neu.');
});
