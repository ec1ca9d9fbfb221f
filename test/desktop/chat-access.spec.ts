import { rm } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { violations } from './axe.js';
import { changeSettings } from './page-access.js';
import { newProfile, writeChat } from './chat-profile.js';
import { startApp, type RunningApp } from './launch-app.js';

let profile: string;
let running: RunningApp;

test.beforeEach(() => {
  profile = newProfile();
  writeChat(profile, 1, 'Bread', ['How is bread made?', '# Bread\n\nFlour, *water*, **salt**:\n\n- mix\n- [bake](https://example.org)\n\n```js\nlet a = "b"; // c\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |']);
  writeChat(profile, 2, 'Tea', ['How is tea made?', 'With water.']);
});
test.afterEach(async () => {
  await running.app.close().catch(() => undefined);
  await rm(profile, { recursive: true, force: true });
});

test('nobody is shut out of the chat page: axe finds nothing, in either theme', async () => {
  running = await startApp(profile, []);
  const { page } = running;
  for (const theme of ['light', 'dark'] as const) {
    await changeSettings(page, { theme });
    await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
    await page.getByRole('button', { name: 'New chat' }).first().click();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Bread', exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'Bread' }).first()).toBeVisible();
    expect(await violations(page)).toEqual([]);
    for (const dialog of ['Chat settings', 'Keyboard shortcuts']) {
      await page.getByRole('button', { name: dialog, exact: true }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    }
  }
});

test('every action of the chat page works by keyboard alone', async () => {
  running = await startApp(profile, []);
  const { page } = running;
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '');
  /** Walks with Tab until what has the keyboard is called so. */
  const tabTo = async (name: string | RegExp): Promise<void> => {
    for (let steps = 0; steps < 60; steps++) {
      const now = await focused();
      if (typeof name === 'string' ? now === name : name.test(now)) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab never comes to ${String(name)}.`);
  };
  await expect.poll(focused).toBe('Message');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.getByRole('heading', { level: 1 }).first()).toHaveText('Tea');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.getByRole('heading', { level: 1 }).first()).toHaveText('Bread');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('With water');
  await expect(page.getByRole('complementary').getByRole('status')).toHaveText('1 chat');
  await tabTo(/^Tea/);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 }).first()).toHaveText('Tea');
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await tabTo('More about “Tea”');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Title of the chat' })).toBeFocused();
  await page.keyboard.type('Green tea');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 }).first()).toHaveText('Green tea');
  await tabTo('Edit');
  await page.keyboard.press('Enter');
  await expect.poll(focused).toBe('Edit');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+,');
  await expect(page.getByRole('dialog', { name: 'Chat settings' })).toBeVisible();
  await page.keyboard.press('Escape');
  await tabTo('Chat settings');
  await page.keyboard.type('?');
  const shortcuts = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(shortcuts).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(shortcuts).toHaveCount(0);
  // Where somebody writes it is a question mark, and Ctrl+/ lists the shortcuts.
  await page.keyboard.press('Control+l');
  await page.keyboard.type('Why?');
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('Why?');
  await expect(shortcuts).toHaveCount(0);
  await page.keyboard.press('Control+/');
  await expect(shortcuts).toContainText('Ctrl');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+n');
  await page.keyboard.press('Control+l');
  await page.keyboard.type('Hello');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article', { name: 'You' })).toContainText('Hello');
});
