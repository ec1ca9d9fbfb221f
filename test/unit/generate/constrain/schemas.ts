/** Schemas of many kinds, in which every text can end soon. */
export const schemas = {
  'a person': {
    type: 'object',
    properties: { name: { type: 'string', maxLength: 20 }, age: { type: 'integer', minimum: 0, maximum: 120 }, alive: { type: 'boolean' } },
    required: ['name', 'age', 'alive'],
    additionalProperties: false,
  },
  'a choice': { type: 'string', enum: ['red', 'green', 'blue', 'a "quoted" \\ one', 'grün'] },
  'mixed values': { enum: [1, 'one', null, { one: [1, 2] }, [true], -1.5] },
  'a constant': { type: 'object', properties: { kind: { const: 'event' }, at: { type: 'number' } }, required: ['kind', 'at'], additionalProperties: false },
  'a list of numbers': { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 5 },
  'an exact list': { type: 'array', items: { type: 'boolean' }, minItems: 3, maxItems: 3 },
  'an empty list': { type: 'array', maxItems: 0 },
  'nested objects': {
    type: 'object',
    properties: {
      place: {
        type: 'object',
        properties: { city: { type: 'string', maxLength: 10 }, position: { type: 'array', items: { type: 'number', minimum: -90, maximum: 90.5 }, minItems: 2, maxItems: 2 } },
        required: ['city', 'position'],
        additionalProperties: false,
      },
      tags: { type: 'array', items: { type: 'string', enum: ['new', 'old'] }, maxItems: 3 },
    },
    required: ['place', 'tags'],
    additionalProperties: false,
  },
  'optional members': {
    type: 'object',
    properties: { a: { type: 'integer' }, b: { type: 'string', maxLength: 5 }, c: { type: ['null', 'boolean'] } },
    required: ['b'],
    additionalProperties: false,
  },
  'further members': {
    type: 'object', properties: { id: { type: 'integer' }, idea: { type: 'null' } }, required: ['id'],
    additionalProperties: { type: 'boolean' },
  },
  'alternatives': {
    anyOf: [
      { type: 'object', properties: { ok: { const: true }, value: { type: 'integer' } }, required: ['ok', 'value'], additionalProperties: false },
      { type: 'object', properties: { ok: { const: false }, error: { type: 'string', maxLength: 8 } }, required: ['ok', 'error'], additionalProperties: false },
      { type: 'null' },
    ],
  },
  'a tree': {
    $defs: { tree: { type: 'object', properties: { value: { type: 'integer' }, children: { type: 'array', items: { $ref: '#/$defs/tree' }, maxItems: 2 } }, required: ['value', 'children'], additionalProperties: false } },
    $ref: '#/$defs/tree',
  },
  'a pattern': { type: 'object', properties: { code: { type: 'string', pattern: '^[A-Z]{3}-[0-9]{2,4}$' } }, required: ['code'], additionalProperties: false },
  'a loose pattern': { type: 'string', pattern: '^a[bc]?d' },
  'a date': { type: 'object', properties: { day: { type: 'string', format: 'date' }, id: { type: 'string', format: 'uuid' }, from: { type: 'string', format: 'ipv4' } }, required: ['day', 'id', 'from'] },
  'lengths': { type: 'string', minLength: 2, maxLength: 4 },
  'narrow numbers': { type: 'array', items: { type: 'number', exclusiveMinimum: 0.5, exclusiveMaximum: 0.75 }, minItems: 1, maxItems: 4 },
  'numbers around zero': { type: 'array', items: { type: 'number', minimum: -0.125, exclusiveMaximum: 3 }, minItems: 1, maxItems: 4 },
  'one of several types': { type: ['string', 'number', 'null', 'array'], maxLength: 6, maxItems: 2, items: { type: 'null' } },
  'no bounds on a whole number': { type: 'integer' },
  'an allOf of one': { type: 'object', properties: { x: { allOf: [{ $ref: '#/definitions/x' }], description: 'x' } }, required: ['x'], definitions: { x: { type: 'integer', maximum: 5 } } },
} as const;
