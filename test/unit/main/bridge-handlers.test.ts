import type { IpcMain, IpcMainInvokeEvent } from 'electron';
import { describe, expect, test } from 'vitest';
import { ModelUnusableError } from '../../../engine/errors.js';
import { handleBridgeCalls, type BridgeHandlers } from '../../../main/bridge-handlers.js';
import { defaultSettings } from '../../../main/bridge-shapes/settings.js';
import type { EngineState } from '../../../main/bridge.js';

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
  });
  const call = (name: unknown, payload: unknown, from = own): Promise<unknown> => handler!(from, name, payload);
  return { call, heard };
}

describe('The bridge', () => {
  test('hands a fitting payload to its handler and the reply back', async () => {
    const { call, heard } = bridge();
    expect(await call('ask', { answer: 1, prompt: 'Why?' })).toEqual({ ok: true, reply: null });
    expect(await call('engineState', null)).toEqual({ ok: true, reply: { state: 'ready' } });
    expect(heard).toEqual([{ answer: 1, prompt: 'Why?' }]);
  });

  test('refuses a stranger before it looks at anything', async () => {
    const { call, heard } = bridge();
    const refusal = await call('ask', { answer: 1, prompt: 'Why?' }, {} as IpcMainInvokeEvent);
    expect(refusal).toMatchObject({ ok: false, code: 'BRIDGE_STRANGER' });
    expect(heard).toEqual([]);
  });

  test.each([['unknown'], ['toString'], ['__proto__'], [7], [null]])('refuses the call %j, which it does not have', async (name) => {
    expect(await bridge().call(name, null)).toMatchObject({ ok: false, code: 'BRIDGE_UNKNOWN_CALL' });
  });

  test.each([
    ['ask', undefined], ['ask', { prompt: 'Why?' }], ['ask', { answer: 0, prompt: 'Why?' }], ['ask', { answer: 1, prompt: '' }],
    ['ask', { answer: 1.5, prompt: 'Why?' }], ['ask', { answer: 1, prompt: 'x'.repeat(1_000_001) }],
    ['ask', { answer: 1, prompt: 'Why?', extra: true }], ['stop', { answer: '1' }], ['engineState', {}],
  ])('refuses %s with a payload that does not fit, and says where', async (name, payload) => {
    const { call, heard } = bridge();
    const refusal = (await call(name, payload)) as { sentence: string };
    expect(refusal).toMatchObject({ ok: false, code: 'BRIDGE_BAD_PAYLOAD' });
    expect(refusal.sentence).toContain(name);
    expect(heard).toEqual([]);
  });

  test('carries a named failure across as its code and sentence', async () => {
    const failure = new ModelUnusableError('MODEL_TRUNCATED', 'a.gguf', 'it ends early', 'Fetch it again.');
    const { call } = bridge({ ask: () => Promise.reject(failure) });
    expect(await call('ask', { answer: 1, prompt: 'Why?' })).toEqual({
      ok: false, code: 'MODEL_TRUNCATED', sentence: 'a.gguf: it ends early. Fetch it again.',
    });
  });

  test('does not pass on a reply that the table does not allow', async () => {
    const { call } = bridge({ engineState: () => ({ state: 'asleep' }) as unknown as EngineState });
    expect(await call('engineState', null)).toMatchObject({ ok: false, code: 'UNEXPECTED' });
  });
});
