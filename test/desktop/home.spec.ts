import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect as briefly, test, type Page } from '@playwright/test';
import { machineFingerprint } from '../../engine/cluster/capacity.js';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { namespacesMissing, Network } from '../cluster/network.js';
import { writeRandomModel } from '../integration/random-model.js';
import { certainSampling, electronProgram, startApp, type RunningApp } from './launch-app.js';

/** Two apps at once take their time on a busy machine. */
const expect = briefly.configure({ timeout: 60_000 });

const missing = namespacesMissing();
test.skip(missing !== null, missing ?? '');
test.describe.configure({ mode: 'serial', timeout: 300_000 });

/** What both laptops are said to have measured: so slow that a small model is worth spreading. */
const slow = { f32: 1e6, bf16: 1e6, f16: 1e6, q8_0: 1e6, q4_0: 1e6 };

let work: string;
let network: Network;
let kitchen: RunningApp;
let attic: RunningApp;

const started: RunningApp[] = [];

/** Starts the app of a laptop, with all that it knows from before. */
async function startLaptop(name: string, index: number, flags: string[] = [], change: Partial<AppSettings> = {}): Promise<RunningApp> {
  const settings = { sampling: { ...certainSampling, maxTokens: 300 }, threads: 1, ...change };
  const running = await startApp(join(work, name), flags, settings, { namespace: network.nodes[index]!.namespace });
  started.push(running);
  return running;
}

test.beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'hearth-home-'));
  network = new Network(2);
  const node = execFileSync(electronProgram, ['-p', 'process.version'], { env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' }, encoding: 'utf8' }).trim();
  const fingerprint = JSON.stringify({ ...(JSON.parse(machineFingerprint()) as object), node });
  for (const name of ['kitchen', 'attic']) {
    mkdirSync(join(work, name, 'hearth'), { recursive: true });
    writeFileSync(join(work, name, 'hearth/capacity.json'), JSON.stringify({
      fingerprint, measured: { productBytesPerSecond: slow, diskBytesPerSecond: 1e9 },
    }));
  }
  // What it calls itself until its person has another name for it: its host name, on two machines of their own.
  writeFileSync(join(work, 'attic', 'hearth', 'device.json'), JSON.stringify({ name: 'attic' }));
  const model = writeRandomModel(join(work, 'model'));
  [kitchen, attic] = await Promise.all([
    startLaptop('kitchen', 0, [`--model-path=${model}`]), startLaptop('attic', 1, [], { welcomed: false }),
  ]);
});

test.afterAll(async () => {
  await Promise.all(started.map(({ app }) => app.close().catch(() => undefined)));
  network.remove();
  rmSync(work, { recursive: true, force: true });
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
/** A laptop of the home; those nearby have no menu. */
const card = (page: Page, name: string) =>
  page.getByRole('listitem', { name, exact: true }).filter({ has: page.getByRole('button', { name: `More about ${name}` }) });
const goTo = (page: Page, name: string) => page.getByRole('navigation').getByRole('button', { name, exact: true }).click();

async function rename(page: Page, name: string): Promise<void> {
  await goTo(page, 'Laptops');
  await page.getByRole('button', { name: /^More about/ }).click();
  await page.getByRole('menuitem', { name: 'Rename this laptop' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill(name);
  await page.keyboard.press('Enter');
  await expect(card(page, name)).toContainText('this laptop');
}

test('a first run finds the laptop nearby by itself, and both belong together once their people say that the digits are the same', async () => {
  await rename(kitchen.page, 'kitchen');
  await button(kitchen.page, 'Add a laptop').click();
  await expect(attic.page.getByRole('heading', { name: 'Welcome to Hearth' })).toBeVisible();
  const nearby = attic.page.getByRole('listitem').filter({ hasText: network.nodes[0]!.address });
  await expect(nearby).toContainText('kitchen');
  await nearby.getByRole('button', { name: 'Pair' }).click();
  const digits = await Promise.all([kitchen, attic].map(({ page }) => page.getByText(/^\d{6}$/).innerText()));
  expect(digits[0]).toBe(digits[1]);
  await expect(kitchen.page.getByRole('dialog')).toContainText('Does attic show the same digits?');
  for (const { page } of [kitchen, attic]) await button(page, 'The same').click();
  await expect(kitchen.page.getByRole('dialog')).toContainText('Paired with attic');
  await expect(attic.page.getByText('Paired with kitchen.')).toBeVisible();
  for (const { page } of [kitchen, attic]) await button(page, 'Done').click();
  await expect(attic.page.getByText('1 other laptop belongs to your home.')).toBeVisible();
  await button(attic.page, 'Start').click();
  await goTo(attic.page, 'Laptops');
  for (const { page } of [kitchen, attic]) {
    await expect(card(page, 'kitchen')).toContainText('Leads');
    await expect(card(page, 'attic')).toContainText('Helps');
  }
});

const answer = (page: Page) => page.getByRole('article', { name: 'Answer' }).last();
const shownText = (page: Page): Promise<string> => page.locator('.answer-text').last().innerText().catch(() => '');
/** A part of the answer is shown; looked at often, since small models are fast. */
const hasBegun = (page: Page) => expect.poll(async () => (await shownText(page)).length, { intervals: [50], timeout: 60_000 }).toBeGreaterThan(10);
const isWhole = (page: Page) => expect(answer(page)).toContainText('tokens/s');

async function ask(page: Page, question: string): Promise<void> {
  await goTo(page, 'Chat');
  await button(page, 'New chat').first().click();
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.keyboard.press('Enter');
}

test('either window is answered by both laptops together, and whoever asks second is told the place', async () => {
  for (const { page } of [kitchen, attic]) {
    await expect(page.getByRole('main').getByText('Ready', { exact: true })).toBeVisible();
    for (const name of ['kitchen', 'attic']) await expect(card(page, name)).toContainText('FFN columns');
  }
  await ask(kitchen.page, 'What is a hearth?');
  await hasBegun(kitchen.page);
  await ask(attic.page, 'What is a hearth?');
  await expect(attic.page.getByText('Waiting: number 1 in the queue')).toBeVisible();
  await isWhole(kitchen.page);
  await isWhole(attic.page);
  // Greedy, of the same words: the helper's window shows what the master's does.
  expect(await shownText(attic.page)).toBe(await shownText(kitchen.page));
  for (const { page } of [kitchen, attic]) {
    await expect(page.getByRole('alert')).toHaveCount(0);
    await goTo(page, 'Laptops');
    for (const name of ['kitchen', 'attic']) await expect(card(page, name)).toContainText('One sum over all laptops');
    await goTo(page, 'Chat');
    await isWhole(page);
  }
});

test('an answer goes on without the laptop whose app is killed, and the laptop comes back by itself', async () => {
  const whole = await shownText(kitchen.page);
  await ask(kitchen.page, 'What is a hearth?');
  await hasBegun(kitchen.page);
  process.kill(await attic.app.evaluate(() => process.pid), 'SIGKILL');
  const shownAtKill = await shownText(kitchen.page);
  await expect(kitchen.page.getByText('attic left. The answer goes on with the others.')).toBeVisible();
  await isWhole(kitchen.page);
  expect(shownAtKill.length, 'the laptop was lost after the answer was done').toBeLessThan(whole.length);
  expect(await shownText(kitchen.page)).toBe(whole);
  await goTo(kitchen.page, 'Laptops');
  await expect(card(kitchen.page, 'attic')).toContainText('Away');
  attic = await startLaptop('attic', 1);
  await expect(card(kitchen.page, 'attic')).toContainText('FFN columns');
});

/** Chooses in the menu of a laptop's card. */
async function choose(page: Page, name: string, action: string): Promise<void> {
  await button(page, `More about ${name}`).click();
  await page.getByRole('menuitem', { name: action, exact: true }).click();
}

test('either window renames and pauses the other laptop, which keeps it; its own window shows it and takes it back', async () => {
  await goTo(attic.page, 'Laptops');
  await choose(kitchen.page, 'attic', 'Rename');
  await kitchen.page.getByRole('dialog', { name: 'Rename attic' }).getByRole('textbox', { name: 'Name' }).fill('loft');
  await kitchen.page.keyboard.press('Enter');
  for (const { page } of [kitchen, attic]) await expect(card(page, 'loft')).toBeVisible();
  await choose(attic.page, 'loft', 'Rename this laptop');
  await attic.page.getByRole('textbox', { name: 'Name' }).fill('attic');
  await attic.page.keyboard.press('Enter');
  await expect(card(kitchen.page, 'attic')).toContainText('FFN columns');
  await choose(kitchen.page, 'attic', 'Pause sharing');
  for (const { page } of [kitchen, attic]) await expect(card(page, 'attic')).toContainText('Paused');
  await expect(card(kitchen.page, 'attic')).not.toContainText('FFN columns');
  const kept = JSON.parse(readFileSync(join(work, 'attic', 'settings.json'), 'utf8')) as AppSettings;
  expect(kept.sharing.paused).toBe(true);
  await button(attic.page, 'Share again').click();
  await expect(card(kitchen.page, 'attic')).toContainText('FFN columns');
});

/** Keeps what the Laptops page shows of transfers, however short: of which laptop, and what happens to its share. */
async function watchTransfers(page: Page): Promise<() => Promise<string[]>> {
  await goTo(page, 'Laptops');
  await page.evaluate(() => {
    const seen = new Set<string>();
    Object.assign(globalThis, { transfersSeen: seen });
    new MutationObserver(() => {
      for (const bar of document.querySelectorAll('li [role=progressbar]')) {
        seen.add(`${bar.closest('li')?.ariaLabel}: ${bar.ariaLabel}`);
      }
    }).observe(document.body, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => [...(globalThis as unknown as { transfersSeen: Set<string> }).transfersSeen]);
}

test('either window shows on each laptop’s card how its share of a larger model comes to it', async () => {
  await kitchen.app.close();
  const seenByAttic = await watchTransfers(attic.page);
  kitchen = await startLaptop('kitchen', 0, [`--model-path=${writeRandomModel(join(work, 'large'), 8192)}`]);
  const seenByKitchen = await watchTransfers(kitchen.page);
  for (const seen of [seenByKitchen, seenByAttic]) {
    await expect.poll(seen).toContain('attic: Fetching its share');
    await expect.poll(seen).toContain('kitchen: Making its share from the model');
  }
  for (const { page } of [kitchen, attic]) {
    await expect(page.getByRole('main').getByText('Ready', { exact: true })).toBeVisible();
    await expect(page.getByRole('progressbar')).toHaveCount(0);
  }
});

test('a laptop can be told to lead, and put out of the home', async () => {
  await choose(kitchen.page, 'attic', 'Let it lead');
  for (const { page } of [kitchen, attic]) {
    await expect(card(page, 'attic')).toContainText('Leads · pinned');
    await expect(card(page, 'kitchen')).toContainText('Helps');
  }
  await choose(kitchen.page, 'attic', 'Remove from the home');
  await button(kitchen.page, 'Remove from the home').click();
  await expect(card(kitchen.page, 'attic')).toHaveCount(0);
  await expect(kitchen.page.getByRole('listitem').filter({ hasText: network.nodes[1]!.address })).toContainText('attic');
  await expect(card(attic.page, 'kitchen')).toHaveCount(0);
});
