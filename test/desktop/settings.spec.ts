import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import type { AppSettings } from '../../main/bridge-shapes/settings.js';
import { smallModel } from './chat-profile.js';
import { startApp } from './launch-app.js';

let profile: string;
test.beforeEach(async () => {
  profile = await mkdtemp(join(tmpdir(), 'hearth-settings-'));
});
test.afterEach(async () => rm(profile, { recursive: true, force: true }));

/** What is on the disk: before the first change only what the test put there. */
const kept = async (): Promise<Partial<AppSettings>> => JSON.parse(await readFile(join(profile, 'settings.json'), 'utf8')) as Partial<AppSettings>;
const toPage = (page: Page, name: string): Promise<void> => page.getByRole('navigation').getByRole('button', { name }).click();

test('the memory window has its forecast beside it, moves it before it is kept, and is what the model is then loaded with', async () => {
  const { app, page } = await startApp(profile, [], { language: 'en' });
  await toPage(page, 'Settings');
  const forecast = page.getByRole('status', { name: 'Forecast' });
  const memory = async (): Promise<string> => (await forecast.locator('dd').nth(1).textContent()) ?? '';
  await expect(forecast).toContainText('on this home', { timeout: 30_000 });
  await page.getByText('A window', { exact: true }).click();
  await expect(forecast.getByText('Tight')).toBeVisible({ timeout: 15_000 });
  const narrow = await memory();
  const slider = page.getByRole('slider', { name: 'Blocks in the window' });
  await slider.focus();
  for (let step = 0; step < 4; step++) await page.keyboard.press('ArrowRight');
  await expect(slider).toHaveValue('6');
  await expect.poll(memory, { timeout: 15_000 }).not.toBe(narrow);
  await expect.poll(async () => (await kept()).memoryWindow).toEqual({ kind: 'window', blocks: 6 });
  await toPage(page, 'Laptops');
  await expect(page.getByRole('definition').filter({ hasText: '6 blocks' })).toBeVisible({ timeout: 30_000 });
  await toPage(page, 'Settings');
  await page.getByText('Off', { exact: true }).click();
  await expect(forecast.getByText('Fits')).toBeVisible({ timeout: 15_000 });
  await toPage(page, 'Laptops');
  await expect(page.getByRole('definition').filter({ hasText: 'everything stays in memory' })).toBeVisible({ timeout: 30_000 });
  await app.close();
});

test('what is chosen applies at once and is kept over a restart; reset brings a default back', async () => {
  const { app, page } = await startApp(profile, [], { language: 'en' });
  await toPage(page, 'Settings');
  await page.getByRole('slider', { name: 'Temperature' }).focus();
  await page.keyboard.press('Home');
  await expect.poll(async () => (await kept()).sampling?.temperature).toBe(0);
  await page.getByRole('textbox', { name: 'Prefix' }).fill('In short: ');
  await page.keyboard.press('Enter');
  await page.getByText('Dark', { exact: true }).click();
  await expect(page.locator(':root[data-theme=dark]')).toHaveCount(1);
  await page.getByText('Deutsch', { exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Einstellungen' })).toBeVisible();
  await app.close();
  const again = await startApp(profile, []);
  await expect(again.page.locator(':root[data-theme=dark]')).toHaveCount(1);
  await toPage(again.page, 'Einstellungen');
  await expect(again.page.getByRole('slider', { name: 'Temperatur' })).toHaveValue('0');
  await expect(again.page.getByRole('textbox', { name: 'Vorspann' })).toHaveValue('In short: ');
  await again.page.getByRole('button', { name: 'Temperatur auf 0,7 zurücksetzen' }).click();
  await expect.poll(async () => (await kept()).sampling?.temperature).toBe(0.7);
  // This build says nowhere where updates come from.
  await expect(again.page.getByText('Selbst aktualisieren')).toHaveCount(0);
  await again.app.close();
});

test('models of a folder that was chosen before are used from there, and moved to another disk when the person says so', async () => {
  const before = join(profile, 'hearth/models/tiny');
  await cp(smallModel(), before, { recursive: true });
  // Linux has a second disk for everybody: the files are copied, compared and deleted; elsewhere they are renamed.
  const elsewhere = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'hearth-elsewhere-'));
  const { app, page } = await startApp(profile, [], { language: 'en', model: before });
  await toPage(page, 'Settings');
  await app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] });
  }, elsewhere);
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await expect(page.getByText(`still in ${join(profile, 'hearth/models')}`)).toBeVisible();
  expect((await kept()).model).toBe(before);
  await page.getByRole('button', { name: /^Move 1 model \(/ }).click();
  await expect(page.getByText('still in')).toHaveCount(0, { timeout: 30_000 });
  await expect.poll(async () => (await kept()).model).toBe(join(elsewhere, 'tiny'));
  await expect.poll(() => existsSync(before)).toBe(false);
  await toPage(page, 'Models');
  await expect(page.getByRole('listitem', { name: 'tiny' }).getByRole('button', { name: 'In use' })).toBeVisible({ timeout: 30_000 });
  await toPage(page, 'Chat');
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.locator('.answer-text')).not.toBeEmpty({ timeout: 30_000 });
  await app.close();
  await rm(elsewhere, { recursive: true, force: true });
});
