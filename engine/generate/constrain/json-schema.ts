import { Automaton, AutomatonTooLarge, callRule, either, sequence, text, type Piece } from './automaton.js';
import { addJsonRules, type JsonRules } from './json-text.js';
import { checkRecursion } from './recursion-check.js';
import { kindOf, type SchemaObject, type SchemaPath, type SchemaType } from './schema-keywords.js';
import { objectPiece, stringPiece, arrayPiece, numberPiece } from './typed-values.js';
import { UnsupportedSchemaError } from './unsupported-schema.js';

const deepest = 64;

/** A schema for which any object will do: the API's JSON mode. */
export const anyObject: SchemaObject = { type: 'object' };

/**
 * An automaton of the JSON texts that fit a schema: written compactly, members in the schema's order, every text
 * finite wherever the schema's own lists and strings are. What it accepts always fits the schema; of optional
 * freedoms (spaces, escapes, members that no keyword names) it leaves some out.
 *
 * @throws UnsupportedSchemaError where the schema asks for something that cannot be followed
 */
export function jsonSchemaAutomaton(schema: unknown): Automaton {
  return wholeText((automaton) => schemaValue(automaton, schema));
}

/** A value within a text of several parts that fits `schema`; use it within {@link wholeText}. */
export function schemaValue(automaton: Automaton, schema: unknown): Piece {
  return new SchemaCompiler(automaton, schema).value(schema, []);
}

/**
 * An automaton of one text.
 *
 * @throws UnsupportedSchemaError where a schema in it cannot be followed
 */
export function wholeText(pieceOf: (automaton: Automaton) => Piece): Automaton {
  const automaton = new Automaton();
  const whole = automaton.declare();
  try {
    automaton.define(whole, pieceOf(automaton));
  } catch (error) {
    if (!(error instanceof AutomatonTooLarge)) throw error;
    throw new UnsupportedSchemaError([], 'it is too large to be followed; use smaller counts and fewer values');
  }
  checkRecursion(automaton);
  return automaton;
}

class SchemaCompiler {
  readonly #json: JsonRules;
  readonly #rules = new Map<object, Piece>();

  constructor(
    private readonly automaton: Automaton,
    private readonly root: unknown,
  ) {
    this.#json = addJsonRules(automaton);
  }

  /** A value that fits `schema`: one rule however often it is used, so that a schema may hold itself. */
  value(schema: unknown, path: SchemaPath): Piece {
    if (schema === true || schema === undefined) return this.#json.value;
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
      throw new UnsupportedSchemaError(path, 'this is not a schema that a value can fit');
    }
    if (path.length > deepest * 2) throw new UnsupportedSchemaError([], `it is nested more than ${deepest} deep`);
    const known = this.#rules.get(schema);
    if (known !== undefined) return known;
    const rule = this.automaton.declare();
    this.#rules.set(schema, callRule(rule));
    this.automaton.define(rule, this.#compile(schema as SchemaObject, path));
    return callRule(rule);
  }

  #compile(schema: SchemaObject, path: SchemaPath): Piece {
    const kind = kindOf(schema, path);
    switch (kind.kind) {
      case 'any':
        return this.#json.value;
      case 'values':
        return either(...kind.values.map((value) => text(JSON.stringify(value))));
      case 'types':
        return either(...kind.types.map((type) => this.#typed(type, schema, path)));
      case 'ref':
        return this.value(this.#referred(schema['$ref'], path), [...path, '$ref']);
      case 'anyOf':
        return either(...this.#branches(schema['anyOf'], [...path, 'anyOf']));
      case 'allOf': {
        const branches = this.#branches(schema['allOf'], [...path, 'allOf']);
        if (branches.length !== 1) throw new UnsupportedSchemaError(path, "'allOf' of several schemas is not supported");
        return sequence(...branches);
      }
    }
  }

  #typed(type: SchemaType, schema: SchemaObject, path: SchemaPath): Piece {
    switch (type) {
      case 'object':
        return objectPiece(schema, path, this.#json, (inner, at) => this.value(inner, at));
      case 'array':
        return arrayPiece(schema, path, (inner, at) => this.value(inner, at));
      case 'string':
        return stringPiece(schema, path, this.#json);
      case 'boolean':
        return either(text('true'), text('false'));
      case 'null':
        return text('null');
      case 'number':
      case 'integer':
        return numberPiece(type, schema, path);
    }
  }

  #branches(listed: unknown, path: SchemaPath): Piece[] {
    if (!Array.isArray(listed) || listed.length === 0) throw new UnsupportedSchemaError(path, 'this is not a list of schemas');
    return (listed as unknown[]).map((schema, index) => this.value(schema, [...path, index]));
  }

  /** What a JSON pointer within this schema points to. */
  #referred(pointer: unknown, path: SchemaPath): unknown {
    if (typeof pointer !== 'string' || !/^#(\/|$)/.test(pointer)) {
      throw new UnsupportedSchemaError(path, "'$ref' points outside of the schema");
    }
    let at: unknown = this.root;
    for (const step of pointer.split('/').slice(1)) {
      const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) {
        throw new UnsupportedSchemaError(path, `'$ref' points to ${pointer}, which is not there`);
      }
      at = (at as Record<string, unknown>)[name];
    }
    return at;
  }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step; // A stray percent sign is a name's own.
  }
}
