import { rm } from 'node:fs/promises';
import { expect as briefly, test, type Page } from '@playwright/test';
import { violations } from './axe.js';
import { newProfile, smallModel, writeChat } from './chat-profile.js';
import { certainSampling, startApp, type RunningApp } from './launch-app.js';
import { changeSettings, outOfReach, unreachedByTab } from './page-access.js';

/** A plan for each model takes its time on a busy machine. */
const expect = briefly.configure({ timeout: 30_000 });

let profile: string;
let running: RunningApp;
const presets = [{ id: 'brief', name: 'Brief', systemPrompt: 'Be brief.', sampling: {} }];

test.beforeEach(async () => {
  profile = newProfile();
  writeChat(profile, 1, 'Tea', ['How is tea made?', 'With water.']);
  running = await startApp(profile, [], { presets, sampling: certainSampling });
  const { page } = running;
  const model = smallModel();
  await page.evaluate((path) => (globalThis as unknown as { hearth: { call(n: string, p: unknown): Promise<unknown> } }).hearth.call('linkModel', { path }), model);
});
test.afterEach(async () => {
  await running.app.close().catch(() => undefined);
  await rm(profile, { recursive: true, force: true });
});

const pages = ['Chat', 'Laptops', 'Models', 'Settings'] as const;

async function goTo(page: Page, name: (typeof pages)[number]): Promise<void> {
  await page.getByRole('navigation').getByRole('button', { name, exact: true }).click();
  if (name === 'Laptops') await expect(page.getByRole('button', { name: /^More about/ })).toBeVisible();
  else if (name === 'Models') await expect(page.getByRole('button', { name: 'Use', exact: true })).toBeVisible();
  else if (name === 'Chat') await page.getByRole('complementary').getByRole('button', { name: 'Tea', exact: true }).click();
}

test('axe finds nothing on the pages beside the chat, nor on what they open, in either theme', async () => {
  const { page } = running;
  for (const theme of ['light', 'dark'] as const) {
    await changeSettings(page, { theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    const opened = async (): Promise<void> => {
      await expect(page.getByRole('dialog')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    };
    for (const name of pages.slice(1)) {
      await goTo(page, name);
      expect(await violations(page), name).toEqual([]);
      if (name === 'Laptops') {
        await page.getByRole('button', { name: 'Add a laptop' }).click();
        await opened();
        await page.getByRole('button', { name: /^More about/ }).click();
        await page.getByRole('menuitem', { name: 'Rename this laptop' }).click();
        await opened();
      } else if (name === 'Models') {
        await page.getByRole('button', { name: 'Add from Hugging Face' }).click();
        await opened();
      }
    }
  }
});

test('the keyboard alone gets to everything on every page, and does it', async () => {
  const { page } = running;
  for (const name of pages) {
    await goTo(page, name);
    expect(await unreachedByTab(page), name).toEqual([]);
  }
  const focused = () => page.evaluate(() => {
    const element = document.activeElement;
    const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])].map((label) => label.textContent) : [];
    return element?.getAttribute('aria-label') ?? ([...labels, document.getElementById(element?.getAttribute('aria-labelledby') ?? '')?.textContent, element?.textContent].find(Boolean) ?? '');
  });
  const tabTo = async (name: string | RegExp): Promise<void> => {
    for (let steps = 0; steps < 120; steps++) {
      if (typeof name === 'string' ? await focused() === name : name.test(await focused())) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab never comes to ${String(name)}.`);
  };
  await test.step('a laptop gets another name', async () => {
    await tabTo('Laptops');
    await page.keyboard.press('Enter');
    await tabTo(/^More about/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Name' }).waitFor();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('kitchen');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('listitem', { name: 'kitchen' })).toBeVisible();
  });
  await test.step('a model is used', async () => {
    await tabTo('Models');
    await page.keyboard.press('Enter');
    await tabTo('Use');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: 'In use' })).toBeVisible();
  });
  await test.step('each kind of setting is changed', async () => {
    await tabTo('Settings');
    await page.keyboard.press('Enter');
    await tabTo('As the system');
    await page.keyboard.press('ArrowRight');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
    await tabTo(/^Also on battery/);
    await page.keyboard.press('Space');
    await expect(page.getByRole('switch', { name: 'Also on battery' })).toBeChecked();
    await tabTo('Temperature');
    await page.keyboard.type('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await page.keyboard.press('Escape');
    await tabTo('Temperature');
    await page.keyboard.press('ArrowRight');
    await expect(page.getByRole('slider', { name: 'Temperature' })).toHaveValue('0.05');
    await tabTo('Prefix');
    await page.keyboard.type('Briefly:');
    await page.keyboard.press('Enter');
  });
});

test('with text at 200 % nothing is cut off, covered or out of reach on any page', async () => {
  const { app, page } = running;
  await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.webContents.setZoomFactor(2));
  await expect.poll(() => page.evaluate(() => innerWidth)).toBeLessThan(500);
  for (const name of pages) {
    // Coordinates of the driver know nothing of the zoom: pages are changed as a keyboard does.
    await page.getByRole('navigation').getByRole('button', { name, exact: true }).press('Enter');
    if (name === 'Models') await expect(page.getByRole('button', { name: 'Use', exact: true })).toHaveCount(1);
    expect(await outOfReach(page), name).toEqual([]);
  }
});
