import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { jsonSchemaAutomaton } from '../../../../engine/generate/constrain/json-schema.js';
import { RunningAutomaton } from '../../../../engine/generate/constrain/running-automaton.js';
import { UnsupportedSchemaError } from '../../../../engine/generate/constrain/unsupported-schema.js';
import { randomFrom, randomText } from './random-text.js';
import { schemas } from './schemas.js';

function accepts(schema: unknown, text: string): boolean {
  const running = new RunningAutomaton(jsonSchemaAutomaton(schema));
  let at = running.start;
  for (const byte of Buffer.from(text, 'utf8')) {
    const next = running.step(at, byte);
    if (next === null) return false;
    at = next;
  }
  return at.complete;
}

const seed = Number(process.env['HEARTH_SEED'] ?? 7);

describe('a JSON schema as an automaton', () => {
  it.each(Object.keys(schemas))('writes only what an independent validator accepts: %s', (name) => {
    const schema = schemas[name as keyof typeof schemas];
    const valid = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    const automaton = jsonSchemaAutomaton(schema);
    const random = randomFrom(seed);
    for (let i = 0; i < 60; i++) {
      const text = randomText(automaton, random);
      expect(valid(JSON.parse(text)), `seed ${seed}, ${text}: ${JSON.stringify(valid.errors)}`).toBe(true);
    }
  });

  it('lets members that are not required be left out, in the order of the schema', () => {
    const schema = { type: 'object', properties: { a: { type: 'null' }, b: { type: 'null' }, c: { type: 'null' } }, required: ['b'] };
    for (const text of ['{"b":null}', '{"a":null,"b":null}', '{"b": null, "c": null}', '{"a":null,"b":null,"c":null}']) {
      expect(accepts(schema, text), text).toBe(true);
    }
    for (const text of ['{}', '{"a":null}', '{"b":null,"a":null}', '{"b":null,}', '{,"b":null}', '{"b":null,"d":1}']) {
      expect(accepts(schema, text), text).toBe(false);
    }
  });

  it('keeps further members apart from the declared ones', () => {
    const schema = {
      type: 'object', properties: { ab: { type: 'null' } }, required: [], additionalProperties: { type: 'boolean' },
    };
    for (const text of ['{"a":true}', '{"abc":true}', '{"":false}', '{"ab":null,"é":true}']) expect(accepts(schema, text), text).toBe(true);
    for (const text of ['{"ab":true}', '{"\\u0061b":true}', '{"a":null}']) expect(accepts(schema, text), text).toBe(false);
  });

  it('follows a schema that holds itself', () => {
    const schema = {
      $ref: '#/$defs/node',
      $defs: { node: { type: 'object', properties: { next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } }, required: ['next'] } },
    };
    expect(accepts(schema, '{"next":{"next":{"next":null}}}')).toBe(true);
    expect(accepts(schema, '{"next":{"next":{"next":null}}')).toBe(false);
  });

  it.each([
    [{ type: 'integer', minimum: -12, maximum: 105 }, ['-12', '-1', '0', '9', '10', '99', '105'], ['-13', '-0', '106', '007', '1.0']],
    [{ type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 3 }, ['1', '2'], ['0', '3', '-1']],
    [{ type: 'number', minimum: 0.25, maximum: 1 }, ['0.25', '0.3', '0.999', '1', '1.0'], ['0', '0.2', '0.24', '1.1', '2']],
    [{ type: 'number', exclusiveMinimum: -1.5, maximum: 0 }, ['-1.4', '-1', '-0.1', '0'], ['-1.5', '-1.50', '-2', '0.1']],
    [{ type: 'number', minimum: 2.5, maximum: 2.57 }, ['2.51', '2.57', '2.562'], ['2.58', '2.4', '2.6', '2']],
  ])('keeps numbers within bounds: %j', (schema, inside, outside) => {
    for (const text of inside) expect(accepts(schema, text), text).toBe(true);
    for (const text of outside) expect(accepts(schema, text), text).toBe(false);
  });

  it.each([
    ['^[A-Z]{2}-\\d+$', ['AB-1', 'ZZ-900'], ['A-1', 'AB-', 'ab-1', 'AB-1x']],
    ['b+', ['b', 'abba', 'xbx'], ['', 'aaa']],
    ['^(?:on|off)?$', ['', 'on', 'off'], ['o', 'onoff']],
    ['^[^a-y]ä.$', ['zäx', 'zä€', 'zä😀'], ['aäx', 'zax', 'zä']],
    ['^"\\\\$', ['"\\'], ['"', '\\']],
  ])('follows the pattern %s', (pattern, matching, other) => {
    for (const text of matching) expect(accepts({ type: 'string', pattern }, JSON.stringify(text)), text).toBe(true);
    for (const text of other) expect(accepts({ type: 'string', pattern }, JSON.stringify(text)), text).toBe(false);
  });

  it('takes only whole characters of UTF-8 in strings', () => {
    const running = new RunningAutomaton(jsonSchemaAutomaton({ type: 'string' }));
    const after = (...bytes: number[]): boolean => bytes.reduce<typeof running.start | null>(
      (at, byte) => (at === null ? null : running.step(at, byte)), running.start,
    ) !== null;
    expect(after(0x22, 0xf0, 0x9f, 0x98, 0x80, 0x22)).toBe(true);
    for (const wrong of [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90], [0xff], [0x80], [0x0a]]) expect(after(0x22, ...wrong)).toBe(false);
  });

  it.each([
    [{ type: 'object', patternProperties: {} }, 'patternProperties'],
    [{ oneOf: [{ type: 'null' }] }, 'oneOf'],
    [{ type: 'string', pattern: '(?=a)' }, 'look-around'],
    [{ type: 'string', pattern: '(a)\\1' }, 'not supported'],
    [{ type: 'string', format: 'iri' }, 'format'],
    [{ $ref: '#' }, 'back to itself'],
    [{ $ref: 'other.json' }, 'outside'],
    [{ $ref: '#/$defs/missing' }, 'not there'],
    [{ type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }, 'hold itself'],
    [{ type: 'array', items: { type: 'string', maxLength: 10000 }, maxItems: 20000 }, 'maxItems'],
    [{ type: 'string', minLength: 3, maxLength: 2 }, 'minLength'],
    [{ type: 'integer', minimum: 3, maximum: 2 }, 'bounds'],
    [{ enum: [] }, 'enum'],
    [{ type: 'fish' }, 'type'],
    [{ type: 'object', properties: { a: false } }, 'properties/a'],
    [{ type: 'string', pattern: '(((a{1000}){1000}){1000})' }, 'too large'],
    [[], 'not a schema'],
  ])('refuses what it cannot follow, and says where: %j', (schema, word) => {
    expect(() => jsonSchemaAutomaton(schema)).toThrow(UnsupportedSchemaError);
    expect(() => jsonSchemaAutomaton(schema)).toThrow(word);
  });
});
