import { ClusterFailedError, InterruptedError, toldError } from '../errors.js';
import type { IncomingFrame, Link } from './link.js';
import type { BodyOf, ControlName } from './messages.js';
import { ProtocolError } from './protocol-error.js';

/** A control message that arrived and passed its check. */
export type Control = { [K in ControlName]: { readonly name: K; readonly body: BodyOf<K> } }[ControlName];

/** Checks a control frame's body against the table. Throws ProtocolError PROTOCOL_MALFORMED. */
export function parseControl(frame: IncomingFrame): Control {
  const { message } = frame;
  if (message.kind !== 'control') {
    throw new ProtocolError('PROTOCOL_OUT_OF_ORDER', `A ${message.name} came where words were due; the connection was closed.`);
  }
  const checked = (message).body.safeParse(parseJson(message.name, frame.body));
  if (!checked.success) throw malformed(message.name, checked.error);
  return { name: message.name, body: checked.data } as Control;
}

function parseJson(name: string, body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    throw malformed(name, error);
  }
}

function malformed(name: string, cause: unknown): ProtocolError {
  return new ProtocolError('PROTOCOL_MALFORMED', `A ${name} was not as agreed; the connection was closed.`, { cause });
}

/**
 * Takes every control message of a link as it comes, until the link closes. A malformed one closes the link with its
 * reason; `onClosed` is called once, after the last message.
 */
export function onControl(link: Link, take: (control: Control) => void, onClosed: (reason: Error) => void): void {
  link.onActivity = () => {
    try {
      for (let frame = link.poll(); frame !== undefined; frame = link.poll()) {
        take(parseControl(frame));
        if (link.onActivity === undefined) return;
      }
    } catch (error) {
      link.onActivity = undefined;
      link.close(error as Error);
      onClosed(error as Error);
    }
  };
  link.onActivity();
}

/**
 * Waits for the next control message, which must be one of `names`. A `refused` or `bye` becomes the error it carries.
 * Leaves the link to its next owner with whatever came after that message untouched.
 * Rejects with ClusterFailedError LINK_TIMEOUT or InterruptedError, and closes the link.
 */
export async function receiveControl<K extends ControlName>(
  link: Link, names: readonly K[], timeoutMs: number, signal?: AbortSignal,
): Promise<Extract<Control, { name: K }>> {
  try {
    const control = await nextControl(link, names.join(' or '), timeoutMs, signal);
    if ((names as readonly string[]).includes(control.name)) return control as Extract<Control, { name: K }>;
    if (control.name === 'refused') throw toldError(control.body);
    if (control.name === 'bye') throw new ClusterFailedError('PEER_LEFT', 'The other node left.');
    throw new ProtocolError('PROTOCOL_OUT_OF_ORDER', `A ${control.name} came where ${names.join(' or ')} was due.`);
  } catch (error) {
    link.close(error as Error);
    throw error;
  }
}

function nextControl(link: Link, awaited: string, timeoutMs: number, signal?: AbortSignal): Promise<Control> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      link.onActivity = undefined;
      act();
    };
    const onAbort = (): void => settle(() => reject(new InterruptedError()));
    const onTimeout = (): void => settle(() =>
      reject(new ClusterFailedError('LINK_TIMEOUT', `The other node sent no ${awaited} within ${timeoutMs / 1000} s.`)));
    const timer = setTimeout(onTimeout, timeoutMs);
    link.onActivity = () => {
      try {
        const frame = link.poll();
        if (frame === undefined) return;
        const control = parseControl(frame);
        settle(() => resolve(control));
      } catch (error) {
        settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    else link.onActivity();
  });
}
