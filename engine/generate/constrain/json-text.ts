import { callRule, either, nothing, optional, byteRange, repeated, sequence, text, type Automaton, type Piece } from './automaton.js';
import { everyCodePoint, jsonCharacter } from './code-points.js';

/** JSON may have spaces anywhere; one after a comma or colon is enough, and keeps an answer from being spaces only. */
const comma = sequence(text(','), optional(text(' ')));
export const colon = sequence(text(':'), optional(text(' ')));

const digit = byteRange(0x30, 0x39);
export const digits = (least: number, most: number): Piece => repeated(digit, least, most);

/** So many digits that every number can be told from its neighbours, and no more: numbers must come to an end. */
const mostDigits = 15;

const wholePart = either(text('0'), sequence(byteRange(0x31, 0x39), digits(0, mostDigits - 1)));
const minus = optional(text('-'));
export const fraction = optional(sequence(text('.'), digits(1, mostDigits)));
const exponent = optional(
  sequence(either(text('e'), text('E')), optional(either(text('+'), text('-'))), digits(1, 2)),
);

export const wholeNumberText = sequence(minus, wholePart);
export const numberText = sequence(minus, wholePart, fraction, exponent);

/** A list of `least` to `most` items. */
export function listText(item: Piece, least: number, most: number): Piece {
  if (most === 0) return text('[]');
  const further = sequence(comma, item);
  const items = sequence(item, repeated(further, Math.max(0, least - 1), most - 1));
  return sequence(text('['), least === 0 ? optional(items) : items, text(']'));
}

export interface Member {
  /** The key's text, and what may follow the colon. */
  key: Piece;
  value: Piece;
  required: boolean;
}

/** An object with these members in their order, and any number of `further` ones after them. */
export function objectText(members: readonly Member[], further: Omit<Member, 'required'> | null): Piece {
  return (automaton, from, to) => {
    // `bare` before any member was written, `begun` after.
    let bare = automaton.state();
    let begun = automaton.state();
    text('{')(automaton, from, bare);
    for (const member of members) {
      const [bareNext, begunNext] = [automaton.state(), automaton.state()];
      const written = sequence(member.key, colon, member.value);
      written(automaton, bare, begunNext);
      sequence(comma, written)(automaton, begun, begunNext);
      if (!member.required) {
        nothing(automaton, bare, bareNext);
        nothing(automaton, begun, begunNext);
      }
      [bare, begun] = [bareNext, begunNext];
    }
    if (further !== null) {
      const written = sequence(further.key, colon, further.value);
      written(automaton, bare, begun);
      sequence(comma, written)(automaton, begun, begun);
    }
    text('}')(automaton, bare, to);
    text('}')(automaton, begun, to);
  };
}

/** The rules that every schema may need, made once for an automaton. */
export interface JsonRules {
  /** One character within a string. */
  character: Piece;
  string: Piece;
  value: Piece;
  /** An object of anything. */
  object: Piece;
}

export function addJsonRules(automaton: Automaton): JsonRules {
  const rule = (piece: Piece): Piece => {
    const number = automaton.declare();
    automaton.define(number, piece);
    return callRule(number);
  };
  const character = rule(jsonCharacter(everyCodePoint));
  const string = rule(sequence(text('"'), repeated(character, 0, Infinity), text('"')));
  const anything = automaton.declare();
  const value = callRule(anything);
  const object = rule(objectText([], { key: string, value }));
  const scalars = [numberText, text('true'), text('false'), text('null')];
  automaton.define(anything, either(object, listText(value, 0, Infinity), string, ...scalars));
  return { character, string, value, object };
}
