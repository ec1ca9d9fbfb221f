import { createInterface } from 'node:readline';

/**
 * One line from the person at the terminal, or from a pipe; empty when there is none left, or once `signal` aborts.
 */
export function askPerson(question: string, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const settle = (answer: string): void => {
      signal?.removeEventListener('abort', onAbort);
      // First, since closing settles at once as well, with nothing.
      resolve(answer.trim());
      lines.close();
    };
    const onAbort = (): void => settle('');
    lines.once('close', () => settle(''));
    // On a terminal readline takes Ctrl-C for itself; it belongs to whoever took the interrupts.
    lines.once('SIGINT', () => {
      process.kill(process.pid, 'SIGINT');
      settle('');
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) settle('');
    else lines.question(question, settle);
  });
}

/** Whether the person says yes; anything else is a no. */
export async function confirmPerson(question: string, signal?: AbortSignal): Promise<boolean> {
  return /^(y|yes)$/i.test(await askPerson(`${question} [y/N] `, signal));
}
