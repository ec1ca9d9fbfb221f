import { expect, type Page } from '@playwright/test';
import { contentSecurityPolicy } from '../../main/window-page.js';
import { enginePids, test } from './launch-app.js';

/** Calls the bridge as a page could, past the typed client. */
function callRaw(page: Page, name: string, payload: unknown): Promise<unknown> {
  return page.evaluate(
    ([callName, callPayload]) =>
      (globalThis as unknown as { hearth: { call(n: unknown, p: unknown): Promise<unknown> } }).hearth.call(callName, callPayload),
    [name, payload],
  );
}

test('the window opens on its own origin and the engine gets ready in a process of its own', async ({ hearth }) => {
  const { app, page } = hearth;
  await expect(page.getByRole('status', { name: 'Engine' })).toHaveText('Ready');
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  expect(page.url()).toBe('hearth://window/');
  const [pid, ...others] = await enginePids(app);
  expect(others).toEqual([]);
  expect(pid).not.toBe(app.process().pid);
});

test('the page is isolated: sandboxed, without Node, and with three functions of the app', async ({ hearth }) => {
  const { app, page } = hearth;
  const seen = await page.evaluate(() => {
    const all = globalThis as unknown as Record<string, unknown>;
    return { node: ['require', 'process', 'module', 'Buffer'].filter((name) => name in all), hearth: Object.keys(all['hearth'] as object) };
  });
  expect(seen).toEqual({ node: [], hearth: ['call', 'listen', 'pathOf'] });
  const preferences = await app.evaluate(({ BrowserWindow }) => {
    const contents = BrowserWindow.getAllWindows()[0]!.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
    const { contextIsolation, sandbox, nodeIntegration, webviewTag, webSecurity } = contents.getLastWebPreferences();
    return { contextIsolation, sandbox, nodeIntegration, webviewTag, webSecurity };
  });
  expect(preferences).toEqual({
    contextIsolation: true, sandbox: true, nodeIntegration: false, webviewTag: false, webSecurity: true,
  });
});

test('the content security policy is served and holds', async ({ hearth }) => {
  const { page } = hearth;
  const response = await page.reload();
  expect(response?.headers()['content-security-policy']).toBe(contentSecurityPolicy);
  const violations = await page.evaluate(async () => {
    const seen = new Set<string>();
    document.addEventListener('securitypolicyviolation', (event) => seen.add(event.effectiveDirective));
    const inline = document.createElement('script');
    inline.textContent = 'globalThis.ranInline = true';
    document.body.append(inline);
    const frame = document.createElement('iframe');
    frame.src = 'data:text/html,hello';
    document.body.append(frame);
    const image = document.createElement('img');
    image.src = 'http://127.0.0.1:9/pixel.png';
    document.body.append(image);
    const reached = await fetch('http://127.0.0.1:9/').then(() => true, () => false);
    while (seen.size < 4) await new Promise((resolve) => document.addEventListener('securitypolicyviolation', resolve, { once: true }));
    return { seen: [...seen].sort(), reached, ranInline: 'ranInline' in globalThis };
  });
  expect(violations).toEqual({ seen: ['connect-src', 'frame-src', 'img-src', 'script-src-elem'], reached: false, ranInline: false });
});

test('the page goes nowhere, opens nothing, and is granted nothing', async ({ hearth }) => {
  const { app, page } = hearth;
  await app.evaluate(({ app: electron, BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]!.webContents.on('will-navigate', (event, url) => {
      (electron as unknown as { tried: unknown }).tried = { url, prevented: event.defaultPrevented };
    });
  });
  const outcome = await page.evaluate(async () => {
    const opened = window.open('https://example.invalid/');
    location.href = 'https://example.invalid/';
    return { opened: opened !== null, notifications: await Notification.requestPermission() };
  });
  expect(outcome).toEqual({ opened: false, notifications: 'denied' });
  const tried = () => app.evaluate(({ app: electron }) => (electron as unknown as { tried: unknown }).tried);
  await expect.poll(tried).toEqual({ url: 'https://example.invalid/', prevented: true });
  // A locator would wait for the end of a navigation that never began.
  expect(await page.evaluate(() => [location.href, document.querySelectorAll('textarea').length])).toEqual(['hearth://window/', 1]);
  expect(app.windows()).toHaveLength(1);
});

test('the bridge refuses calls it does not have and payloads that do not fit', async ({ hearth }) => {
  const { page } = hearth;
  const refused = (code: string) => expect.objectContaining({ ok: false, code }) as unknown;
  expect(await callRaw(page, 'format', null)).toEqual(refused('BRIDGE_UNKNOWN_CALL'));
  expect(await callRaw(page, 'constructor', null)).toEqual(refused('BRIDGE_UNKNOWN_CALL'));
  expect(await callRaw(page, 'ask', { chat: 1, turns: [] })).toEqual(refused('BRIDGE_BAD_PAYLOAD'));
  expect(await callRaw(page, 'openChat', { chat: '../../../etc/passwd' })).toEqual(refused('BRIDGE_BAD_PAYLOAD'));
  expect(await callRaw(page, 'openLink', { url: 'file:///etc/passwd' })).toEqual(refused('BRIDGE_BAD_PAYLOAD'));
  expect(await callRaw(page, 'engineState', { path: '/etc' })).toEqual(refused('BRIDGE_BAD_PAYLOAD'));
  const nobody = '00000000-0000-4000-8000-000000000001';
  expect(await callRaw(page, 'stop', { chat: nobody, message: nobody })).toEqual({ ok: true, reply: null });
});

test('the bridge refuses a page that is not the window, whatever preload it has', async ({ hearth }) => {
  const { app } = hearth;
  const outcome = await app.evaluate(async ({ app: electron, BrowserWindow }) => {
    const preload = `${electron.getAppPath()}/out/desktop/main/preload.js`;
    const stranger = new BrowserWindow({ show: false, webPreferences: { preload, contextIsolation: true, sandbox: true } });
    await stranger.loadURL('data:text/html,stranger');
    return stranger.webContents.executeJavaScript('hearth.call("engineState", null)') as Promise<unknown>;
  });
  expect(outcome).toEqual({ ok: false, code: 'BRIDGE_STRANGER', sentence: 'This page may not use Hearth.', values: {} });
});

test('a question without a chosen model is answered by the one that comes with Hearth', async ({ hearth }) => {
  const { page } = hearth;
  await page.getByRole('textbox', { name: 'Message' }).fill('Hello?');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.locator('.answer-text')).not.toBeEmpty({ timeout: 30_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('an engine that is killed is shown and started again, and the window stays', async ({ hearth }) => {
  const { app, page } = hearth;
  await expect(page.getByRole('status', { name: 'Engine' })).toHaveText('Ready');
  await page.evaluate(() => {
    const seen: string[] = [];
    (globalThis as unknown as { engineStates: string[] }).engineStates = seen;
    (globalThis as unknown as { hearth: { listen(l: (n: string, e: { state: string }) => void): void } }).hearth.listen(
      (name, event) => name === 'engine' && seen.push(event.state),
    );
  });
  const [pid] = await enginePids(app);
  process.kill(pid!, 'SIGKILL');
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as { engineStates: string[] }).engineStates.at(-1))).toBe('ready');
  expect(await page.evaluate(() => (globalThis as unknown as { engineStates: string[] }).engineStates)).toContain('starting');
  await expect(page.getByRole('status', { name: 'Engine' })).toHaveText('Ready');
  await expect.poll(() => enginePids(app)).toHaveLength(1);
  expect(await enginePids(app)).not.toContain(pid);
});
