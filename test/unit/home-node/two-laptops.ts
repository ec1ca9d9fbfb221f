import type { Control } from '../../../engine/wire/control.js';
import { messages, type ControlName } from '../../../engine/wire/messages.js';

/** Two laptops that hear each other's messages, and know when the other is gone. */
export function twoLaptops() {
  const ends = new Map<string, { hear: (from: string, control: Control) => void; lose: (id: string) => void }>();
  const end = (id: string) => {
    const messageListeners: ((message: { from: string; control: Control }) => void)[] = [];
    const absentListeners: ((deviceId: string, why: 'closed') => void)[] = [];
    ends.set(id, {
      hear: (from, control) => messageListeners.forEach((listener) => listener({ from, control })),
      lose: (lost) => absentListeners.forEach((listener) => listener(lost, 'closed')),
    });
    return {
      send: (to: string, name: ControlName, body: unknown) => {
        const other = ends.get(to);
        // What would not pass the table's check would not arrive.
        const control = { name, body: messages[name].body.parse(JSON.parse(JSON.stringify(body))) } as Control;
        setImmediate(() => other?.hear(id, control));
        return other !== undefined;
      },
      onMessage: (listener: (message: { from: string; control: Control }) => void) => {
        messageListeners.push(listener);
        return () => undefined;
      },
      onAbsent: (listener: (deviceId: string, why: 'closed') => void) => {
        absentListeners.push(listener);
        return () => undefined;
      },
      nameOf: (deviceId: string) => deviceId,
      /** Something arrives that the other one did not send. */
      hear: (from: string, control: Control): void => ends.get(id)?.hear(from, control),
    };
  };
  const part = (): void => {
    const all = [...ends];
    ends.clear();
    for (const [id, { lose }] of all) for (const [other] of all) if (other !== id) lose(other);
  };
  return { helper: end('attic'), master: end('kitchen'), part };
}
