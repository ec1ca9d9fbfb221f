import { createInterface, type Interface } from 'node:readline';

/** The whole of standard input as one prompt, without its last line end. */
export async function readPrompt(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const piece of process.stdin) text += String(piece);
  return text.replace(/\r?\n$/, '');
}

/** Prompts line by line from standard input; on a terminal each is asked for. */
export class PromptLines {
  readonly #terminal: Interface;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const { stdin, stderr } = process;
    this.#terminal = createInterface({ input: stdin, output: stderr, terminal: stdin.isTTY, prompt: '> ' });
    // On a terminal readline takes Ctrl-C for itself; it belongs to whoever took the interrupts.
    this.#terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    this.#lines = this.#terminal[Symbol.asyncIterator]();
  }

  /** The next line; null at the end of input or after {@link close}. */
  async next(): Promise<string | null> {
    if (process.stdin.isTTY) this.#terminal.prompt();
    const { value, done } = await this.#lines.next();
    return done === true ? null : value;
  }

  close(): void {
    this.#terminal.close();
  }
}
