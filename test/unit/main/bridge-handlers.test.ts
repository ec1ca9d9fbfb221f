import type { IpcMain, IpcMainInvokeEvent } from 'electron';
import { describe, expect, test } from 'vitest';
import { ModelUnusableError } from '../../../engine/errors.js';
import { handleBridgeCalls, type BridgeHandlers } from '../../../main/bridge-handlers.js';
import { defaultSettings } from '../../../main/bridge-shapes/settings.js';
import type { EngineState } from '../../../main/bridge.js';

const chat = '8f3c2f52-6a51-4f0e-9d57-0a4c7b1f2e10';
const message = '0d3b1c8e-2f7a-4c55-8f7e-5a9b6c2d1e0f';
const parent = '5a0c7d7e-9b1f-4e63-a1d2-3c4b5a697887';
const question = { chat, message, parent, turns: [{ role: 'user', content: 'Why?' }], sampling: { ...defaultSettings.sampling, seed: 1 } };

type Handler = (event: IpcMainInvokeEvent, ...args: unknown[]) => Promise<unknown>;

/** Main's side of the bridge with the given handlers; calls come from the app's own window unless said otherwise. */
function bridge(overrides: Partial<BridgeHandlers> = {}) {
  let handler: Handler | undefined;
  const heard: unknown[] = [];
  const ipc = { handle: (_channel: string, given: Handler) => (handler = given) } as unknown as IpcMain;
  const own = {} as IpcMainInvokeEvent;
  handleBridgeCalls(ipc, (event) => event === own, {
    ask: (payload) => (heard.push(payload), null),
    stop: (payload) => (heard.push(payload), null),
    engineState: () => ({ state: 'ready' }),
    settings: () => defaultSettings,
    changeSettings: () => defaultSettings,
    ...overrides,
  } as BridgeHandlers);
  const call = (name: unknown, payload: unknown, from = own): Promise<unknown> => handler!(from, name, payload);
  return { call, heard };
}

describe('The bridge', () => {
  test('hands a fitting payload to its handler and the reply back', async () => {
    const { call, heard } = bridge();
    expect(await call('ask', question)).toEqual({ ok: true, reply: null });
    expect(await call('engineState', null)).toEqual({ ok: true, reply: { state: 'ready' } });
    expect(heard).toEqual([question]);
  });

  test('refuses a stranger before it looks at anything', async () => {
    const { call, heard } = bridge();
    const refusal = await call('ask', question, {} as IpcMainInvokeEvent);
    expect(refusal).toMatchObject({ ok: false, code: 'BRIDGE_STRANGER' });
    expect(heard).toEqual([]);
  });

  test.each([['unknown'], ['toString'], ['__proto__'], [7], [null]])('refuses the call %j, which it does not have', async (name) => {
    expect(await bridge().call(name, null)).toMatchObject({ ok: false, code: 'BRIDGE_UNKNOWN_CALL' });
  });

  test.each([
    ['ask', undefined], ['ask', { chat, message, parent }], ['ask', { ...question, chat: '../../etc/passwd' }],
    ['ask', { ...question, turns: [] }], ['ask', { ...question, turns: [{ role: 'root', content: 'Why?' }] }],
    ['ask', { ...question, sampling: { ...question.sampling, temperature: -1 } }], ['ask', { ...question, extra: true }],
    ['stop', { chat }], ['engineState', {}], ['openLink', { url: 'http://example.org/' }], ['openLink', { url: 'file:///etc/passwd' }],
    ['openLink', { url: 'javascript:alert(1)' }], ['changeChat', { chat, change: { kind: 'text', id: message, text: 'forged' } }],
    ['changeSettings', { theme: 'neon' }], ['exportChat', { chat, format: 'exe' }],
  ])('refuses %s with a payload that does not fit, and says where', async (name, payload) => {
    const { call, heard } = bridge();
    const refusal = (await call(name, payload)) as { sentence: string };
    expect(refusal).toMatchObject({ ok: false, code: 'BRIDGE_BAD_PAYLOAD' });
    expect(refusal.sentence).toContain(name);
    expect(heard).toEqual([]);
  });

  test('carries a named failure across as its code, sentence and values', async () => {
    const failure = new ModelUnusableError('MODEL_TRUNCATED', 'a.gguf', 'it ends early', 'Fetch it again.');
    const { call } = bridge({ ask: () => Promise.reject(failure) });
    expect(await call('ask', question)).toEqual({
      ok: false, code: 'MODEL_TRUNCATED', sentence: 'a.gguf: it ends early. Fetch it again.',
      values: { file: 'a.gguf' },
    });
  });

  test('does not pass on a reply that the table does not allow', async () => {
    const { call } = bridge({ engineState: () => ({ state: 'asleep' }) as unknown as EngineState });
    expect(await call('engineState', null)).toMatchObject({ ok: false, code: 'UNEXPECTED' });
  });
});
