import { UnsupportedSchemaError } from './unsupported-schema.js';

export type SchemaType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'null';
export type SchemaPath = readonly (string | number)[];
export type SchemaObject = Readonly<Record<string, unknown>>;

/** The keywords that say something about values of each type. */
const keywordsOf: Record<SchemaType, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties'],
  array: ['items', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  boolean: [],
  null: [],
};

const combining = ['$ref', 'anyOf', 'allOf', 'enum', 'const'] as const;
/** Keywords that allow and forbid nothing. */
const annotations = new Set([
  'title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$schema', '$id', '$comment',
  '$defs', 'definitions', 'strict', 'contentMediaType', 'contentEncoding',
]);
const known = new Set([...Object.values(keywordsOf).flat(), ...combining, ...annotations, 'type']);

/** What a schema is made of, after every keyword in it was recognised. */
export type SchemaKind =
  | { kind: 'ref' | 'anyOf' | 'allOf' }
  | { kind: 'values'; values: readonly unknown[] }
  | { kind: 'types'; types: readonly SchemaType[] }
  | { kind: 'any' };

/** @throws UnsupportedSchemaError naming a keyword or a combination of them that answers cannot be held to */
export function kindOf(schema: SchemaObject, path: SchemaPath): SchemaKind {
  const words = Object.keys(schema).filter((word) => !annotations.has(word));
  const unknown = words.find((word) => !known.has(word));
  if (unknown !== undefined) throw new UnsupportedSchemaError(path, `'${unknown}' is not supported`);
  const combined = combining.filter((word) => words.includes(word));
  const [first] = combined;
  if (first === undefined) return typedKind(schema, words, path);
  const beside = words.find((word) => word !== first && !(word === 'type' && (first === 'enum' || first === 'const')));
  if (beside !== undefined) throw new UnsupportedSchemaError(path, `'${first}' together with '${beside}' is not supported`);
  if (first === 'enum' || first === 'const') return { kind: 'values', values: valuesOf(schema, first, path) };
  return { kind: first === '$ref' ? 'ref' : first };
}

function typedKind(schema: SchemaObject, words: readonly string[], path: SchemaPath): SchemaKind {
  if (words.includes('type')) return { kind: 'types', types: declaredTypes(schema, path) };
  const meant = (Object.keys(keywordsOf) as SchemaType[]).filter((type) =>
    keywordsOf[type].some((word) => words.includes(word)),
  );
  const [type] = meant;
  return type === undefined ? { kind: 'any' } : { kind: 'types', types: [type] };
}

function declaredTypes(schema: SchemaObject, path: SchemaPath): SchemaType[] {
  const declared: unknown[] = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
  for (const type of declared) {
    if (typeof type !== 'string' || !Object.hasOwn(keywordsOf, type)) {
      throw new UnsupportedSchemaError(path, `'type' is not one of ${Object.keys(keywordsOf).join(', ')}`);
    }
  }
  if (declared.length === 0) throw new UnsupportedSchemaError(path, "'type' is an empty list");
  return declared as SchemaType[];
}

/** The listed values that are also of the declared type. */
function valuesOf(schema: SchemaObject, word: 'enum' | 'const', path: SchemaPath): unknown[] {
  const listed = word === 'const' ? [schema['const']] : schema['enum'];
  if (!Array.isArray(listed)) throw new UnsupportedSchemaError(path, "'enum' is not a list");
  const types = schema['type'] === undefined ? null : declaredTypes(schema, path);
  const values = (listed as unknown[]).filter((value) => types === null || types.some((type) => isOfType(value, type)));
  if (values.length === 0) throw new UnsupportedSchemaError(path, `no value of '${word}' is allowed`);
  return values;
}

function isOfType(value: unknown, type: SchemaType): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
