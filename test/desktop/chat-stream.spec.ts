import { rm } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { messageId, newProfile, writeChat } from './chat-profile.js';
import { startApp, type RunningApp } from './launch-app.js';

/** A minute when it is asked for; ten seconds show whether work grows. */
const seconds = Number(process.env['HEARTH_STREAM_SECONDS'] ?? 10);
const profile = newProfile();
let running: RunningApp;

test.afterAll(async () => {
  await running.app.close();
  await rm(profile, { recursive: true, force: true });
});

const piece = (index: number): string => (index % 40 === 39 ? '.\n\n' : index % 400 === 200 ? '\n\n```js\nlet a = 1;\n```\n\n' : ` word${index}`);

test('a hundred tokens a second into a chat of 500 messages cost the same at the end as at the start', async () => {
  test.setTimeout((seconds + 60) * 1000);
  const text = 'Some **bold** words, `code` and a list:\n\n- one\n- two\n\n```py\nprint("hello")\n```';
  const chat = writeChat(profile, 1, 'Long', Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? 'And then?' : text)));
  running = await startApp(profile, []);
  const { app, page } = running;
  await page.getByRole('complementary').getByRole('button', { name: 'Long', exact: true }).click();
  await expect(page.locator('.answer-text').last()).toBeVisible();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busy = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
  await page.evaluate(() => {
    const seen = globalThis as unknown as { longest: number };
    seen.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  const shares: number[] = [];
  const tokens = seconds * 100;
  const pieces = Array.from({ length: tokens }, (_, index) => piece(index));
  await app.evaluate(({ BrowserWindow }, { chatId, message, all, from }) => {
    const { webContents } = BrowserWindow.getAllWindows()[0]!;
    const start = Date.now();
    let sent = 0;
    let at = from;
    const timer = setInterval(() => {
      for (; sent < Math.min(all.length, (Date.now() - start) / 10); sent++) {
        webContents.send('hearth:event', 'answer', { type: 'text', chat: chatId, message, at, text: all[sent] });
        at += all[sent]!.length;
      }
      if (sent === all.length) clearInterval(timer);
    }, 10);
  }, { chatId: chat, message: messageId(1_500), all: pieces, from: text.length });
  for (let second = 0; second < seconds; second++) {
    const [before, began] = [await busy(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1000));
    shares.push((await busy() - before) / ((performance.now() - began) / 1000));
  }
  await expect(page.locator('.answer-text').last()).toContainText(`word${tokens - 2}`, { timeout: 20_000 });
  const longest = await page.evaluate(() => (globalThis as unknown as { longest: number }).longest);
  const [first, last] = [shares.slice(1, 4), shares.slice(-3)].map((few) => few.reduce((sum, share) => sum + share, 0) / few.length);
  console.log(`The page's thread was busy ${(first! * 100).toFixed(0)} % of its time in the first seconds and ${(last! * 100).toFixed(0)} % in the last; longest task ${longest} ms.`);
  expect(last!).toBeLessThan(first! * 2 + 0.1);
});
