import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect } from '@playwright/test';
import { test } from './launch-app.js';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('other programs are answered while the switch is on, by whoever has the key once there is one', async ({ hearth: { page } }) => {
  const base = `http://127.0.0.1:${await freePort()}/v1`;
  const ask = async (key?: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${base}/chat/completions`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ model: 'guide', messages: [{ role: 'user', content: 'What is Hearth?' }], temperature: 0, max_tokens: 40 }),
    });
    return { status: response.status, text: await response.text() };
  };
  await page.getByRole('navigation', { name: 'Pages' }).getByRole('button', { name: 'Settings' }).click();
  const port = page.getByRole('textbox', { name: 'Port' });
  await port.fill(new URL(base).port);
  await port.press('Enter');
  const friend = 'http://localhost:3000';
  const origins = page.getByRole('textbox', { name: 'Web pages that may use it' });
  await origins.fill(`nonsense, localhost:1, ${friend}`);
  await origins.press('Enter');
  const onOff = page.getByRole('switch', { name: 'Answer other programs' });
  await expect(onOff).not.toBeChecked();
  await expect(ask()).rejects.toThrow();

  await onOff.press('Space');
  await expect(page.getByText(`Base URL ${base}, model guide`, { exact: true })).toBeVisible();
  const answer = await ask();
  expect([answer.status, answer.text]).toEqual([200, expect.stringMatching(/"content":"[^"]*(Hearth|laptop)/)]);

  for (const origin of [friend, 'http://evil.example']) {
    const asked = await fetch(`${base}/models`, { headers: { Origin: origin } });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual(origin === friend ? [200, friend] : [403, null]);
  }

  await page.getByRole('button', { name: 'New key' }).click();
  const key = await page.getByText(/^hearth-/).textContent();
  expect((await ask()).status).toBe(401);
  expect((await ask(key!)).status).toBe(200);
  await page.getByRole('button', { name: 'Remove key-1' }).click();
  await expect.poll(async () => (await ask()).status).toBe(200);

  await onOff.press('Space');
  await expect(page.getByText(`Base URL ${base}`)).toHaveCount(0);
  await expect(ask()).rejects.toThrow();
});
