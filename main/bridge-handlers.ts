import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import { sayingOf, WrongUseError } from '../engine/errors.js';
import {
  callChannel, calls, eventChannel, events, type BridgeEvent, type CallName, type EventName, type Outcome, type Payload,
  type Reply,
} from './bridge.js';

/** What main does for each call of the bridge. */
export type BridgeHandlers = { [Name in CallName]: (payload: Payload<Name>) => Reply<Name> | Promise<Reply<Name>> };

/** True for the top frame of one of the app's own windows showing the app's own page. */
export type IsOwnWindow = (event: IpcMainInvokeEvent) => boolean;

/** Answers the window's calls. Strangers, unknown names and payloads that do not fit are refused. */
export function handleBridgeCalls(ipc: IpcMain, isOwnWindow: IsOwnWindow, handlers: BridgeHandlers): void {
  ipc.handle(callChannel, async (event, name: unknown, payload: unknown): Promise<Outcome<CallName>> => {
    try {
      if (!isOwnWindow(event)) throw new WrongUseError('BRIDGE_STRANGER', 'This page may not use Hearth.');
      return { ok: true, reply: await answerCall(handlers, name, payload) };
    } catch (error) {
      return { ok: false, ...sayingOf(error) };
    }
  });
}

function isCallName(name: unknown): name is CallName {
  return typeof name === 'string' && Object.hasOwn(calls, name);
}

/** Checks one call against the table and carries it out. */
export async function answerCall(handlers: BridgeHandlers, name: unknown, payload: unknown): Promise<Reply<CallName>> {
  if (!isCallName(name)) throw new WrongUseError('BRIDGE_UNKNOWN_CALL', 'Hearth has no such call: update the app.');
  const checked = calls[name].payload.safeParse(payload);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    const where = [name, ...(issue?.path ?? [])].join('.');
    throw new WrongUseError('BRIDGE_BAD_PAYLOAD', `${where}: ${issue?.message ?? 'not understood'}. Nothing was done.`, { values: { where } });
  }
  const handle = handlers[name] as (payload: unknown) => Reply<CallName> | Promise<Reply<CallName>>;
  return calls[name].reply.parse(await handle(checked.data));
}

/** Tells the window an event of the table. */
export function sendToWindow<Name extends EventName>(window: WebContents, name: Name, event: BridgeEvent<Name>): void {
  if (window.isDestroyed()) return;
  window.send(eventChannel, name, events[name].parse(event));
}
