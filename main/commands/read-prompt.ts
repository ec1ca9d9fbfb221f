import { createInterface } from 'node:readline/promises';

/** The prompt where none was given: asked for on a terminal, read whole from a pipe. */
export async function readPrompt(signal: AbortSignal): Promise<string> {
  if (process.stdin.isTTY) {
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await terminal.question('Prompt: ', { signal });
    } finally {
      terminal.close();
    }
  }
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const piece of process.stdin) text += String(piece);
  return text.replace(/\r?\n$/, '');
}
