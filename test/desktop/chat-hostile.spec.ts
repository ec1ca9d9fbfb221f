import { rm } from 'node:fs/promises';
import { expect, test, type ElectronApplication } from '@playwright/test';
import { newProfile, writeChat } from './chat-profile.js';
import { startApp, type RunningApp } from './launch-app.js';

let profile: string;
let running: RunningApp;

test.beforeEach(() => {
  profile = newProfile();
});
test.afterEach(async () => {
  await running.app.close().catch(() => undefined);
  await rm(profile, { recursive: true, force: true });
});

const hostile = [
  '<script>globalThis.pwned = 1</script>', '<img src=x onerror="globalThis.pwned = 2">', '<iframe srcdoc="<script>parent.pwned = 3</script>"></iframe>',
  '<style>* { display: none }</style>', '<svg onload="globalThis.pwned = 4"></svg>', '<a href="javascript:globalThis.pwned=5">raw</a>',
  '[script](javascript:globalThis.pwned=6)', '[data](data:text/html,<script>globalThis.pwned=7</script>)', '[file](file:///etc/passwd)',
  '[plain](http://example.org/)', '[good](https://example.org/path?a=1)', '![tracker](https://example.org/pixel.png)',
  '![local](file:///etc/passwd)', '<https://example.com/auto>', '<form action="https://example.org"><input name=a><button>Log in</button></form>',
  'exe\u202egnp.\u2066spoof\u2069', '`code \u202e edoc`', '```html\n<script>globalThis.pwned = 8</script>\n```', '```"><img src=x onerror=alert(1)>\nx\n```',
  '[[[[[['.repeat(500), '**'.repeat(2000), '> '.repeat(500), '- '.repeat(500), '| a '.repeat(1000) + '|\n' + '|---'.repeat(1000) + '|\n' + '| b '.repeat(1000),
  '[^1]: javascript:alert(1)', '&lt;script&gt;alert(1)&lt;/script&gt;', '\u0000\u0001\ufffe\ud800',
].join('\n\n');

/** Makes the system's dialog answer with a button, and notes what it was asked and what was opened. */
async function answerDialogs(app: ElectronApplication, response: number): Promise<() => Promise<{ asked: string[]; opened: string[] }>> {
  await app.evaluate(({ dialog, shell }, chosen) => {
    const seen = { asked: [] as string[], opened: [] as string[] };
    (globalThis as unknown as { seenLinks: typeof seen }).seenLinks = seen;
    dialog.showMessageBox = ((...args: unknown[]) => {
      seen.asked.push((args.at(-1) as { detail: string }).detail);
      return Promise.resolve({ response: chosen, checkboxChecked: false });
    });
    shell.openExternal = (url) => (seen.opened.push(url), Promise.resolve());
  }, response);
  return () => app.evaluate(() => (globalThis as unknown as { seenLinks: { asked: string[]; opened: string[] } }).seenLinks);
}

test('whatever an answer says stays text: no script, no picture, no address but https, and that after two clicks', async () => {
  writeChat(profile, 1, 'Hostile \u202e title', ['Show me', hostile]);
  running = await startApp(profile, []);
  const { app, page } = running;
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.getByRole('complementary').getByRole('button', { name: /^Hostile/ }).first().click();
  const answer = page.locator('.answer-text');
  await expect(answer.getByText('Log in')).toBeVisible();
  const made = await page.evaluate(() => {
    const tree = document.querySelector('.answer-text')!;
    const names = [...new Set([...tree.querySelectorAll('*')].map((element) => element.localName))];
    const handlers = [...tree.querySelectorAll('*')].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith('on'));
    const links = [...tree.querySelectorAll('a')].map((link) => link.getAttribute('href'));
    return { names, handlers, links, text: document.body.innerText, pwned: 'pwned' in globalThis };
  });
  for (const name of ['script', 'iframe', 'img', 'style', 'form', 'input', 'object', 'embed']) expect(made.names).not.toContain(name);
  expect(made).toMatchObject({ handlers: [], links: ['https://example.org/path?a=1', 'https://example.com/auto'], pwned: false });
  expect(made.text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  expect(requests).toEqual([]);
  const seen = await answerDialogs(app, 1);
  await answer.getByRole('link', { name: 'good' }).click();
  await expect.poll(seen).toEqual({ asked: ['https://example.org/path?a=1'], opened: [] });
  const agreed = await answerDialogs(app, 0);
  await answer.getByRole('link', { name: 'good' }).click();
  await expect.poll(agreed).toEqual({ asked: ['https://example.org/path?a=1'], opened: ['https://example.org/path?a=1'] });
  expect(page.url()).toBe('hearth://window/');
  expect(app.windows()).toHaveLength(1);
});

test('a line of a megabyte, and a program of ten thousand lines, leave the window usable', async () => {
  writeChat(profile, 1, 'Long line', ['Go', 'x'.repeat(1_000_000)]);
  writeChat(profile, 2, 'Long code', ['Go', `\`\`\`js\n${'const value = "text"; // comment\n'.repeat(10_000)}\`\`\``]);
  running = await startApp(profile, []);
  const { page } = running;
  await page.evaluate(() => {
    const seen = globalThis as unknown as { longest: number };
    seen.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
    }).observe({ entryTypes: ['longtask'] });
  });
  for (const title of ['Long line', 'Long code']) {
    await page.getByRole('complementary').getByRole('button', { name: title, exact: true }).click();
    await expect(page.locator('.answer-text')).not.toBeEmpty();
    await page.getByRole('textbox', { name: 'Message' }).fill(`Still here at ${title}`);
    await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue(`Still here at ${title}`);
  }
  console.log(`Longest task with a line of a megabyte and 10,000 lines of code: ${await page.evaluate(() => (globalThis as unknown as { longest: number }).longest)} ms.`);
});
