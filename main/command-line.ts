import { Command, CommanderError } from 'commander';

const wrongUseExitCode = 2;

/**
 * Accepts the underscore spelling of every flag: `--model_path=x` becomes `--model-path=x`. Values, and everything
 * after a bare `--`, stay as they are.
 */
export function normaliseFlags(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, at) => {
    if (end !== -1 && at >= end) return word;
    const flag = /^--[A-Za-z][\w-]*(?==|$)/.exec(word)?.[0];
    return flag === undefined ? word : flag.replaceAll('_', '-') + word.slice(flag.length);
  });
}

/** A program whose complaints about wrong use are one line each; its subcommands inherit that. */
export function createProgram(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .exitOverride()
    .showHelpAfterError(false)
    .configureOutput({
      outputError: (text, write) => {
        const line = text
          .replace(/^error: /, '')
          .replace(/\s*\n\s*/g, ' ')
          .trim();
        write(`${name}: ${line.replace(/\.$/, '')}. See \`${name} --help\`.\n`);
      },
    });
}

/** Parses and runs; wrong use sets exit code 2, help and version set 0. `argv` is without node and script. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  try {
    await program.parseAsync(normaliseFlags(argv), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : wrongUseExitCode;
  }
}
