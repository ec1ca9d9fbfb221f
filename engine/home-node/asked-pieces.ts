import { ClusterFailedError, WrongUseError } from '../errors.js';
import type { AnswerRequest } from '../loaded-model.js';
import { askedShape, mostAskedBytes, type Asked } from '../wire/asked.js';
import { mostPieceCharacters, type BodyOf } from '../wire/messages.js';

/** The pieces in which a question travels. Throws WrongUseError for what cannot be sent to another laptop. */
export function askedPieces(number: number, request: AnswerRequest): BodyOf<'ask'>[] {
  if (request.rules !== undefined && request.rules.length > 0) {
    throw new WrongUseError('RULES_STAY_HERE', 'An answer held to a form can only be asked for on the laptop that leads the home.');
  }
  const text = JSON.stringify(request);
  if (Buffer.byteLength(text) > mostAskedBytes) {
    throw new WrongUseError('PROMPT_TOO_LONG', 'The prompt has more than a megabyte: shorten it.');
  }
  const pieces: string[] = [];
  // Between two halves of one character JSON would not survive a cut.
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + mostPieceCharacters);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces.map((piece, index) => ({ number, piece, more: index < pieces.length - 1 }));
}

/** Puts together a question that arrives in pieces. */
export class AskedIntake {
  #text = '';
  #bytes = 0;

  /** The question once its last piece is there, else null. Throws ClusterFailedError for one that is too long or malformed. */
  take({ piece, more }: Pick<BodyOf<'ask'>, 'piece' | 'more'>): Asked | null {
    this.#bytes += Buffer.byteLength(piece);
    if (this.#bytes > mostAskedBytes) throw new ClusterFailedError('PROMPT_TOO_LONG', 'The prompt has more than a megabyte: shorten it.');
    this.#text += piece;
    if (more) return null;
    const checked = askedShape.safeParse(parsed(this.#text));
    if (checked.success) return checked.data;
    throw new ClusterFailedError('QUESTION_MALFORMED', 'The question did not arrive as it should: install the same Hearth on all laptops.');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A question that travelled, as the model takes it. */
export function requestOf({ prompt, sampling, maxTokens, stop, ignoreEnd, topLogprobs }: Asked): AnswerRequest {
  return {
    prompt: prompt as AnswerRequest['prompt'],
    maxTokens,
    ...(sampling === undefined ? {} : { sampling: present(sampling) }),
    ...(stop === undefined ? {} : { stop }),
    ...(ignoreEnd === undefined ? {} : { ignoreEnd }),
    ...(topLogprobs === undefined ? {} : { topLogprobs }),
  };
}

function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
