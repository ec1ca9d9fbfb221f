/**
 * Every failure a person can meet: a stable `code` for programs, one sentence for people that says what happened and
 * what to do, and the exit code the `hearth` command ends with.
 */
export class HearthError extends Error {
  constructor(
    /** Stable, upper snake case, e.g. `MODEL_TRUNCATED`. */
    readonly code: string,
    /** One line: what happened, and what to do. Never contains a prompt or a secret. */
    sentence: string,
    /** 2 wrong use, 3 model unusable, 4 cluster failed, 130 interrupted. */
    readonly exitCode: 2 | 3 | 4 | 130,
    options?: ErrorOptions,
  ) {
    super(sentence.replace(/\s*\n\s*/g, ' '), options);
    this.name = new.target.name;
  }
}

/** A flag, setting or request that cannot be acted on as given. */
export class WrongUseError extends HearthError {
  constructor(code: string, sentence: string, options?: ErrorOptions) {
    super(code, sentence, 2, options);
  }
}

/** A model that cannot be used: the sentence names the file, the reason, and what to do. */
export class ModelUnusableError extends HearthError {
  constructor(code: string, file: string, reason: string, advice: string, options?: ErrorOptions) {
    super(code, `${file}: ${reason}. ${advice}`, 3, options);
  }
}

/** Nodes that could not be reached, were lost, or disagree. */
export class ClusterFailedError extends HearthError {
  constructor(code: string, sentence: string, options?: ErrorOptions) {
    super(code, sentence, 4, options);
  }
}

/** The person stopped the work. */
export class InterruptedError extends HearthError {
  constructor(sentence = 'Interrupted.') {
    super('INTERRUPTED', sentence, 130);
  }
}
