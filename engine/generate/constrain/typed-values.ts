import { callRule, repeated, sequence, text, type Automaton, type Piece } from './automaton.js';
import { complement, jsonCharacter } from './code-points.js';
import { listText, numberText, objectText, wholeNumberText, type JsonRules, type Member } from './json-text.js';
import { decimalRange, mostBound, wholeRange } from './number-range.js';
import { PatternError } from './pattern-cursor.js';
import type { SchemaObject, SchemaPath } from './schema-keywords.js';
import { formatPatterns } from './text-formats.js';
import { patternText } from './text-pattern.js';
import { UnsupportedSchemaError } from './unsupported-schema.js';

/** Compiles the schema of an inner value. */
type Compile = (schema: unknown, path: SchemaPath) => Piece;

const mostRepeats = 10_000;

/** An object: declared members in their order, then others where the schema asks for them or names none. */
export function objectPiece(schema: SchemaObject, path: SchemaPath, json: JsonRules, compile: Compile): Piece {
  const properties = record(schema['properties'] ?? {}, [...path, 'properties']);
  const required = stringList(schema['required'] ?? [], [...path, 'required']);
  const extra = schema['additionalProperties'];
  if (extra === false && required.some((name) => !Object.hasOwn(properties, name))) {
    throw new UnsupportedSchemaError(path, "'required' names a property that is not allowed");
  }
  const named = new Set([...Object.keys(properties), ...required]);
  const members: Member[] = [...named].map((name) => {
    const declared = Object.hasOwn(properties, name);
    const value = declared
      ? compile(properties[name], [...path, 'properties', name])
      : compile(extra ?? true, [...path, 'additionalProperties']);
    return { key: text(JSON.stringify(name)), value, required: required.includes(name) };
  });
  const takesMore = extra === undefined ? members.length === 0 : extra !== false;
  if (!takesMore) return objectText(members, null);
  const value = compile(extra ?? true, [...path, 'additionalProperties']);
  return objectText(members, { key: members.length === 0 ? json.string : otherKey(named), value });
}

/** A key that is none of `names`. It is written without escapes, so no two spellings mean the same key. */
function otherKey(names: ReadonlySet<string>): Piece {
  return (automaton, from, to) => {
    const open = automaton.state();
    text('"')(automaton, from, open);
    const rest = sequence(repeated(jsonCharacter(unescaped), 0, Infinity), text('"'));
    const tail = automaton.declare();
    automaton.define(tail, rest);
    differ(automaton, open, to, [...names].filter((name) => !/[\\"\u0000-\u001f]/.test(name)), callRule(tail));
  };
}

const unescaped = complement([[0, 0x1f], [0x22, 0x22], [0x5c, 0x5c]]);

/** From a state where `names` are still possible: ends that are none of them, and first characters that leave them. */
function differ(automaton: Automaton, at: number, to: number, names: readonly string[], tail: Piece): void {
  if (!names.includes('')) text('"')(automaton, at, to);
  const byFirst = new Map<number, string[]>();
  for (const name of names) {
    const first = name.codePointAt(0);
    if (first === undefined) continue;
    byFirst.set(first, [...(byFirst.get(first) ?? []), name.slice(String.fromCodePoint(first).length)]);
  }
  for (const [first, rests] of byFirst) {
    if (first >= 0xd800 && first <= 0xdfff) continue; // No text spells half a character.
    const next = automaton.state();
    text(String.fromCodePoint(first))(automaton, at, next);
    differ(automaton, next, to, rests, tail);
  }
  const taken = [...byFirst.keys()].map((code) => [code, code] as const);
  const others = complement([[0, 0x1f], [0x22, 0x22], [0x5c, 0x5c], ...taken]);
  sequence(jsonCharacter(others), tail)(automaton, at, to);
}

export function arrayPiece(schema: SchemaObject, path: SchemaPath, compile: Compile): Piece {
  const least = count(schema, 'minItems', path) ?? 0;
  const most = count(schema, 'maxItems', path) ?? Infinity;
  if (least > most) throw new UnsupportedSchemaError(path, "'minItems' is above 'maxItems'");
  const item = most === 0 ? text('') : compile(schema['items'] ?? true, [...path, 'items']);
  return listText(item, least, most);
}

export function stringPiece(schema: SchemaObject, path: SchemaPath, json: JsonRules): Piece {
  const least = count(schema, 'minLength', path);
  const most = count(schema, 'maxLength', path);
  const pattern = patternOf(schema, path);
  if (pattern === null) {
    if (least === null && most === null) return json.string;
    if ((least ?? 0) > (most ?? Infinity)) throw new UnsupportedSchemaError(path, "'minLength' is above 'maxLength'");
    return sequence(text('"'), repeated(json.character, least ?? 0, most ?? Infinity), text('"'));
  }
  if (least !== null || most !== null) {
    throw new UnsupportedSchemaError(path, 'a pattern or format together with a length is not supported');
  }
  try {
    return sequence(text('"'), patternText(pattern), text('"'));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new UnsupportedSchemaError(path, `its pattern cannot be followed: ${error.message}`);
  }
}

function patternOf(schema: SchemaObject, path: SchemaPath): string | null {
  const { pattern, format } = schema as { pattern?: unknown; format?: unknown };
  if (pattern !== undefined && format !== undefined) {
    throw new UnsupportedSchemaError(path, "'pattern' together with 'format' is not supported");
  }
  if (format === undefined && pattern === undefined) return null;
  if (typeof pattern === 'string') return pattern;
  const known = typeof format === 'string' ? formatPatterns.get(format) : undefined;
  if (known !== undefined) return known;
  const choice = [...formatPatterns.keys()].join(', ');
  throw new UnsupportedSchemaError(path, format === undefined ? "'pattern' is not a text" : `'format' is not one of ${choice}`);
}

export function numberPiece(type: 'number' | 'integer', schema: SchemaObject, path: SchemaPath): Piece {
  const bound = (word: string): number | null => boundOf(schema, word, path);
  const [low, lowOpen] = [bound('minimum'), bound('exclusiveMinimum')];
  const [high, highOpen] = [bound('maximum'), bound('exclusiveMaximum')];
  if (low === null && lowOpen === null && high === null && highOpen === null) {
    return type === 'integer' ? wholeNumberText : numberText;
  }
  const least = Math.max(low ?? -mostBound, lowOpen ?? -mostBound);
  const most = Math.min(high ?? mostBound, highOpen ?? mostBound);
  const [leastOpen, mostOpen] = [lowOpen === least, highOpen === most];
  const piece = type === 'number'
    ? decimalRange({ least, leastOpen, most, mostOpen })
    : wholeRange(leastOpen ? Math.floor(least) + 1 : Math.ceil(least), mostOpen ? Math.ceil(most) - 1 : Math.floor(most));
  if (piece === null) throw new UnsupportedSchemaError(path, 'no number lies within its bounds');
  return piece;
}

function boundOf(schema: SchemaObject, word: string, path: SchemaPath): number | null {
  const value = schema[word] ?? null;
  if (value === null || (typeof value === 'number' && Math.abs(value) <= mostBound)) return value;
  throw new UnsupportedSchemaError(path, `'${word}' is not a number of at most 15 digits`);
}

function count(schema: SchemaObject, word: string, path: SchemaPath): number | null {
  const value = schema[word] ?? null;
  if (value === null) return null;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= mostRepeats) return value as number;
  throw new UnsupportedSchemaError(path, `'${word}' is not a whole number from 0 to ${mostRepeats}`);
}

function record(value: unknown, path: SchemaPath): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new UnsupportedSchemaError(path, 'this is not an object of schemas');
}

function stringList(value: unknown, path: SchemaPath): string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw new UnsupportedSchemaError(path, 'this is not a list of names');
}
