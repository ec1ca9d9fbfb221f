import { fieldOf } from '../wire/frame-codec.js';
import type { IncomingFrame, Link } from '../wire/link.js';
import { messages, type TensorMessage } from '../wire/messages.js';

/** What the workers' shards have to do next. The hidden state of a step follows by `broadcast`. */
export type Command =
  | { readonly name: 'step'; readonly position: number; readonly tokens: number; readonly context: number }
  | { readonly name: 'copyContext'; readonly from: number; readonly to: number; readonly tokens: number }
  /** The master ends the run in peace. */
  | { readonly name: 'bye' };

/** Rank 0 leads, the others follow: commands travel on the same links as the activations, so they keep their order. */
export interface CommandChannel {
  /** Rank 0 only: tells every other rank. All numbers are u32. */
  announce(command: Command): void;
  /** All but rank 0: the next command. Rejects with NodeLostError. */
  nextCommand(): Promise<Command>;
}

const commands: Record<string, TensorMessage | undefined> = {
  step: messages.step,
  copyContext: messages.copyContext,
};

export function sendCommand(link: Link, command: Command): void {
  const message = commands[command.name];
  if (message === undefined) return link.send('bye', {});
  const frame = link.prepare(message, 0);
  const values = command as unknown as Record<string, number>;
  message.fields.forEach((field, index) => (frame.fields[index] = values[field] ?? 0));
  link.sendTensor(frame);
}

/** The command a frame holds; undefined if it holds none. */
export function commandOf(frame: IncomingFrame): Command | undefined {
  const { message } = frame;
  if (message === messages.bye) return { name: 'bye' };
  if (message.kind !== 'tensor' || commands[message.name] !== message) return undefined;
  const fields = message.fields.map((field, index) => [field, fieldOf(frame, index)]);
  return { name: message.name, ...Object.fromEntries(fields) } as Command;
}
