import { rm } from 'node:fs/promises';
import { expect, test, type Page } from '@playwright/test';
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

interface Seen {
  /** The longest task of the page's thread, in milliseconds; those under 50 do not count. */
  longest: number;
  /** When it began, in milliseconds since the page did. */
  longestAt: number;
  /** Pictures that were drawn. */
  frames: number;
}

/** Has the page note its long tasks and its pictures from now on. */
function watchPage(page: Page): Promise<void> {
  return page.evaluate(() => {
    const noted: Seen = { longest: 0, longestAt: 0, frames: 0 };
    Object.assign(globalThis, { noted });
    new PerformanceObserver((list) => {
      for (const { duration, startTime } of list.getEntries()) {
        if (duration > noted.longest) Object.assign(noted, { longest: duration, longestAt: startTime });
      }
    }).observe({ entryTypes: ['longtask'] });
    const count = (): void => {
      noted.frames += 1;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
}

const seen = (page: Page): Promise<Seen> => page.evaluate(() => (globalThis as unknown as { noted: Seen }).noted);
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

test('a hundred tokens a second into a chat of 500 messages cost the same at the end as at the start', async () => {
  test.setTimeout((seconds + 60) * 1000);
  const text = 'Some **bold** words, `code` and a list:\n\n- one\n- two\n\n```py\nprint("hello")\n```';
  const chat = writeChat(profile, 1, 'Long', Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? 'And then?' : text)));
  running = await startApp(profile, []);
  const { app, page } = running;
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await watchPage(page);
  await page.getByRole('complementary').getByRole('button', { name: 'Long', exact: true }).click();
  await expect(page.locator('.answer-text')).toHaveCount(15);
  const opening = (await seen(page)).longest;
  const opened = await page.evaluate(() => performance.now());
  /** Seconds of the processor that the page's thread has used, and pictures it has drawn. */
  const used = async (): Promise<{ seconds: number; frames: number }> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return { seconds: metrics.find(({ name }) => name === 'ThreadTime')!.value, frames: (await seen(page)).frames };
  };
  const perFrame: number[] = [];
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
  // No longer than text comes: asking takes its time too.
  for (const end = performance.now() + (seconds - 1) * 1000; performance.now() < end;) {
    const before = await used();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const after = await used();
    perFrame.push((after.seconds - before.seconds) * 1000 / Math.max(1, after.frames - before.frames));
  }
  await expect(page.locator('.answer-text').last()).toContainText(`word${tokens - 2}`, { timeout: 20_000 });
  const { longest, longestAt, frames } = await seen(page);
  const when = longest > opening ? ` ${((longestAt - opened) / 1000).toFixed(1)} s after it was opened` : '';
  const tenth = Math.max(3, Math.round(seconds / 10));
  const [first, middle, last] = [perFrame.slice(1, 1 + tenth), perFrame, perFrame.slice(-tenth)].map(median);
  console.log(
    `Work for a picture: ${first!.toFixed(1)} ms in the first ${tenth} s, ${last!.toFixed(1)} ms in the last, ${middle!.toFixed(1)} ms in all `
    + `(medians of ${seconds} s; ${(frames / seconds).toFixed(0)} pictures a second). Longest task: ${longest} ms${when}, of opening the chat ${opening} ms (0: under 50).`,
  );
  // Work that grew with the answer or the chat would be several times as much by the end.
  expect(last!).toBeLessThan(first! * 1.5 + 1);
});
