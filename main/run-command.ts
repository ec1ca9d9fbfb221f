import { HearthError, InterruptedError } from '../engine/errors.js';
import { endProgress } from './progress-line.js';

/** A failure that nobody named: a fault of the program, not of its use. */
const unexpectedExitCode = 1;
/** How long handles that outlive an ended command may keep the process, in milliseconds. */
const graceMs = 2000;

/** Lets `act` hear of Ctrl-C instead of the command as a whole, until the function it returns is called. */
export type TakeInterrupts = (act: () => void) => () => void;

/**
 * Runs one command to its end: Ctrl-C and SIGTERM abort `signal` (a second one ends the process at once), a failure
 * becomes one line on standard error, and the process's exit code is set from it. Never rejects.
 * A command may take Ctrl-C for itself for a while, to stop one answer and not the whole run.
 */
export async function runCommand(
  main: (signal: AbortSignal, takeInterrupts: TakeInterrupts) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  let taker: (() => void) | null = null;
  const interrupt = (signalName: NodeJS.Signals): void => {
    if (taker !== null && signalName === 'SIGINT') return taker();
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new InterruptedError());
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.stdout.on('error', endQuietlyWhenPipeCloses);
  try {
    await main(controller.signal, (act) => {
      taker = act;
      return () => (taker = null);
    });
    endProgress();
  } catch (error) {
    endProgress();
    reportFailure(controller.signal.aborted && !(error instanceof HearthError) ? new InterruptedError() : error);
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    setTimeout(() => process.exit(), graceMs).unref();
  }
}

/** Prints a failure as one line on standard error and sets the exit code that belongs to it. */
export function reportFailure(error: unknown): void {
  process.stderr.write(`${failureLine(error)}\n`);
  if (process.env['HEARTH_DEBUG'] && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exitCode = error instanceof HearthError ? error.exitCode : unexpectedExitCode;
}

/** One printable line for a failure; control characters that a file or server may have smuggled in are replaced. */
export function failureLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const sentence =
    error instanceof HearthError ? message : `Unexpected failure: ${message}. HEARTH_DEBUG=1 shows where it happened.`;
  return `hearth: ${sentence.replace(/\s*\n\s*/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')}`;
}

/** `hearth models ls | head -1` closes our standard output early; that is no failure. */
function endQuietlyWhenPipeCloses(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
