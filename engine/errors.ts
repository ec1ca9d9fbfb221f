import { cutToFit, type Code, type Saying, type Values, type ValuesOf } from './saying.js';

interface Details extends ErrorOptions {
  /** What stands at the places of the sentence (`engine/saying.ts`). */
  values?: Values;
}

/** What an error with this code is given beside its sentence: its values are a must where its sentence has places. */
export type DetailsOf<C extends Code, Given extends string = never> = [Exclude<keyof ValuesOf<C>, Given>] extends [never]
  ? [details?: Details]
  : [details: ErrorOptions & { values: Omit<ValuesOf<C>, Given> }];

/**
 * Every failure a person can meet: a stable `code` for programs, one sentence for people that says what happened and
 * what to do, and the exit code the `hearth` command ends with. A window words the sentence in its own language.
 */
export class HearthError extends Error implements Saying {
  readonly values: Values;

  constructor(
    /** Stable, upper snake case, e.g. `MODEL_TRUNCATED`. */
    readonly code: Code,
    /** One line: what happened, and what to do. Never contains a prompt or a secret. */
    sentence: string,
    /** 2 wrong use, 3 model unusable, 4 cluster failed, 130 interrupted. */
    readonly exitCode: 2 | 3 | 4 | 130,
    { values = {}, ...options }: Details = {},
  ) {
    super(sentence.replace(/\s*\n\s*/g, ' '), options);
    this.name = new.target.name;
    this.values = values;
  }

  /** The message, as what is said to a person. */
  get sentence(): string {
    return this.message;
  }
}

/** A flag, setting or request that cannot be acted on as given. */
export class WrongUseError<C extends Code = Code> extends HearthError {
  constructor(code: C, sentence: string, ...[details]: DetailsOf<C>) {
    super(code, sentence, 2, details);
  }
}

/** A model that cannot be used: the sentence names the file, the reason, and what to do. */
export class ModelUnusableError<C extends Code = Code> extends HearthError {
  constructor(code: C, file: string, reason: string, advice: string, ...[details]: DetailsOf<C, 'file'>) {
    const { values, ...options } = details ?? {};
    super(code, `${file}: ${reason}. ${advice}`, 3, { ...options, values: { file, ...values } });
  }
}

/** Nodes that could not be reached, were lost, or disagree. */
export class ClusterFailedError<C extends Code = Code> extends HearthError {
  constructor(code: C, sentence: string, ...[details]: DetailsOf<C>) {
    super(code, sentence, 4, details);
  }
}

/** The person stopped the work. */
export class InterruptedError extends HearthError {
  constructor(sentence = 'Interrupted.') {
    super('INTERRUPTED', sentence, 130);
  }
}

/** What other processes and laptops are told of a failure of any kind. */
export function sayingOf(error: unknown): Saying {
  if (error instanceof HearthError) return cutToFit(error);
  const reason = error instanceof Error && error.message !== '' ? error.message : String(error);
  return cutToFit({ code: 'UNEXPECTED', sentence: `Something unexpected went wrong: ${reason}`, values: { reason } });
}

/** A failure that another process or laptop told of, as an error here. Its code may be one that only a newer Hearth knows. */
export function toldError({ code, sentence, values }: Saying, exitCode: HearthError['exitCode'] = 4): HearthError {
  const told = code as Code;
  switch (exitCode) {
    case 2:
      return new WrongUseError(told, sentence, { values });
    case 3:
      return new HearthError(told, sentence, 3, { values });
    case 4:
      return new ClusterFailedError(told, sentence, { values });
    case 130:
      return new InterruptedError(sentence);
  }
}
