import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, type Page } from '@playwright/test';
import { answeredOnDisk, newProfile, smallModel, writeChat } from './chat-profile.js';
import { certainSampling, startApp, type RunningApp } from './launch-app.js';

const flags = [`--model-path=${smallModel()}`];
const answers = (page: Page) => page.getByRole('article', { name: 'Answer' });
const message = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const shownText = (page: Page) => page.locator('.answer-text').last().innerText().catch(() => '');

let profile: string;
let running: RunningApp;

test.beforeEach(() => {
  profile = newProfile();
});
test.afterEach(async () => {
  await running.app.close().catch(() => undefined);
  await rm(profile, { recursive: true, force: true });
});

test('a chat is streamed, stopped, answered again, edited, searched, exported, renamed, deleted and brought back', async () => {
  running = await startApp(profile, flags, { sampling: { ...certainSampling, temperature: 1, seed: null, maxTokens: 3000 } });
  const { app, page } = running;

  await test.step('streamed and stopped', async () => {
    await message(page).fill('Tell me of lighthouses');
    await message(page).press('Enter');
    await expect.poll(async () => (await shownText(page)).length).toBeGreaterThan(20);
    await button(page, 'Stop').click();
    await expect(page.getByText('Stopped.')).toBeVisible();
    await expect(page.getByText(/tokens\/s/)).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Tell me of lighthouses' })).toBeVisible();
  });
  const first = await shownText(page);

  await test.step('a shorter answer by the chat\'s own settings, by keyboard', async () => {
    await button(page, 'Chat settings').click();
    await page.getByRole('textbox', { name: /System prompt/ }).fill('Be brief.');
    await page.getByRole('slider', { name: 'Longest answer' }).press('Home');
    await expect(page.getByRole('slider', { name: 'Top-k' })).toHaveCount(0);
    await button(page, 'More sampling settings').click();
    await page.getByRole('slider', { name: 'Top-k' }).press('Home');
    await page.getByRole('textbox', { name: 'Seed' }).fill('7');
    await page.keyboard.press('Enter');
    await button(page, 'Reset Seed to another each time').click();
    await page.getByRole('textbox', { name: 'Prefix' }).fill('In short: ');
    await button(page, 'Save').click();
    await button(page, 'Answer again').click();
    await expect(page.getByText('2/2')).toBeVisible();
    await expect(page.getByText('because it may be no longer').or(page.getByText(/tokens\/s/)).first()).toBeVisible();
    await expect(button(page, 'Send')).toBeVisible();
    await button(page, 'Previous version').click();
    expect(await shownText(page)).toBe(first);
  });

  await test.step('edited and sent again, on a branch of its own', async () => {
    await page.getByRole('article', { name: 'You' }).hover();
    await button(page, 'Edit').click();
    await page.getByRole('textbox', { name: 'Edit' }).fill('Tell me of windmills');
    await button(page, 'Send again').click();
    await expect(page.getByRole('article', { name: 'You' })).toContainText('windmills');
    await expect(button(page, 'Send')).toBeVisible();
    await page.getByRole('article', { name: 'You' }).hover();
    await button(page, 'Previous version').first().click();
    await expect(page.getByRole('article', { name: 'You' })).toContainText('lighthouses');
  });

  await test.step('a file goes with a message', async () => {
    const chooser = page.waitForEvent('filechooser');
    await button(page, 'Attach a text file').click();
    await (await chooser).setFiles({ name: 'poem.txt', mimeType: 'text/plain', buffer: Buffer.from('Roses are red') });
    await expect(page.getByRole('list', { name: 'Attached files' })).toContainText('poem.txt');
    await message(page).fill('What colour?');
    await button(page, 'Send').click();
    await expect(page.getByRole('article', { name: 'You' }).last()).toContainText('poem.txt');
    await expect(button(page, 'Send')).toBeVisible();
  });

  await test.step('exported where the person says', async () => {
    for (const [item, name] of [['Export as Markdown', 'chat.md'], ['Export as JSON', 'chat.json']] as const) {
      const filePath = join(profile, name);
      await app.evaluate(({ dialog }, path) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: path });
      }, filePath);
      await button(page, 'More').click();
      await page.getByRole('menuitem', { name: item }).click();
      await expect(page.getByText(`Saved as ${filePath}`)).toBeVisible();
    }
    expect(readFileSync(join(profile, 'chat.md'), 'utf8')).toMatch(/^# Tell me of lighthouses\n[^]*poem\.txt[^]*Roses are red/);
    expect(JSON.parse(readFileSync(join(profile, 'chat.json'), 'utf8'))).toMatchObject({ title: 'Tell me of lighthouses', settings: { systemPrompt: 'Be brief.', sampling: { maxTokens: 64, topK: 0, prefix: 'In short: ' } } });
  });

  await test.step('renamed, searched, deleted, brought back', async () => {
    const row = () => page.getByRole('complementary', { name: 'Chats' });
    await row().getByRole('button', { name: /^More about/ }).click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Title of the chat' }).fill('Towers');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Towers' })).toBeVisible();
    await page.getByRole('searchbox').fill('WINDMILLS');
    await expect(row().getByRole('status')).toHaveText('1 chat');
    await row().getByRole('button', { name: /Towers/ }).click();
    await expect(page.getByRole('article', { name: 'You' }).first()).toContainText('windmills');
    await page.getByRole('searchbox').fill('');
    await row().getByRole('button', { name: /^More about/ }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await expect(row()).toContainText('Your chats will appear here.');
    await button(page, 'Undo').click();
    await expect(page.getByRole('heading', { name: 'Towers' })).toBeVisible();
    await expect(page.getByRole('article', { name: 'You' }).first()).toContainText('windmills');
  });

  await test.step('a draft and a coming answer survive a reload of the window', async () => {
    await button(page, 'New chat').first().click();
    await message(page).fill('Another one');
    await message(page).press('Enter');
    await expect.poll(async () => (await shownText(page)).length).toBeGreaterThan(5);
    const files = readdirSync(join(profile, 'chats')).filter((name) => name.endsWith('.jsonl'));
    expect(files).toHaveLength(2);
    await page.reload();
    await page.getByRole('complementary').getByRole('button', { name: 'Another one', exact: true }).click();
    await expect(page.locator('.answer-text')).not.toBeEmpty();
    await expect(button(page, 'Stop').or(button(page, 'Send'))).toBeVisible();
    await message(page).fill('half a thought');
    await page.waitForTimeout(600);
    await page.reload();
    await page.getByRole('complementary').getByRole('button', { name: 'Another one', exact: true }).click();
    await expect(message(page)).toHaveValue('half a thought');
  });
});

test('an app that is killed while it streams loses less than the last half second, and says what happened', async () => {
  running = await startApp(profile, flags, { sampling: { ...certainSampling, temperature: 1, maxTokens: 4000 } });
  const { app, page } = running;
  await message(page).fill('Go on for long');
  await message(page).press('Enter');
  const seen: { at: number; length: number }[] = [];
  const started = () => (seen.at(-1)?.at ?? 0) - (seen.find(({ length }) => length > 0)?.at ?? Infinity);
  while (!(started() > 800)) seen.push({ at: performance.now(), length: await page.evaluate(() => document.querySelector('.answer-text')?.textContent.length ?? 0) });
  const killedAt = performance.now();
  process.kill(app.process().pid!, 'SIGKILL');
  await app.waitForEvent('close');
  const [file] = readdirSync(join(profile, 'chats')).filter((name) => name.endsWith('.jsonl'));
  const kept = answeredOnDisk(profile, file!.replace('.jsonl', ''));
  const halfASecondBefore = seen.findLast(({ at }) => at <= killedAt - 500)!.length;
  console.log(`On the screen half a second before the kill: ${halfASecondBefore} characters; at the kill: ${seen.at(-1)!.length}; kept: ${kept.length}.`);
  expect(halfASecondBefore).toBeGreaterThan(0);
  // What is shown has fewer blanks than what is kept, never more.
  expect(kept.length).toBeGreaterThanOrEqual(halfASecondBefore);
  running = await startApp(profile, flags);
  await running.page.getByRole('complementary').getByRole('button', { name: 'Go on for long', exact: true }).click();
  await expect(running.page.getByRole('alert')).toContainText('closed while this answer was being written');
  await expect(answers(running.page)).toContainText(kept.trim().split(/\s+/)[0]!.slice(0, 5));
  await expect(button(running.page, 'Try again')).toBeVisible();
});

test('a damaged chat file is set aside and told, and the other chats are there', async () => {
  writeChat(profile, 1, 'Whole', ['Hello?', 'Hello!']);
  const damaged = writeChat(profile, 2, 'Broken', ['Hello?', 'Hello!', 'More?', 'More!']);
  const path = join(profile, 'chats', `${damaged}.jsonl`);
  const bytes = readFileSync(path);
  bytes[bytes.lastIndexOf('More!')]! ^= 1;
  (await import('node:fs')).writeFileSync(path, bytes);
  running = await startApp(profile, flags);
  const { page } = running;
  await expect(page.getByRole('alert')).toContainText('"Broken" was damaged');
  await page.getByRole('complementary').getByRole('button', { name: 'Whole', exact: true }).click();
  await expect(answers(page)).toHaveText(/Hello!/);
  expect(readFileSync(`${path}.damaged`)).toEqual(bytes);
});
