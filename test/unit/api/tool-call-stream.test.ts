import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolCallStream, type AnswerPart } from '../../../engine/api/tool-call-stream.js';
import { dialectOf, hermesDialect, llamaDialect, mistralDialect, type ToolDialect } from '../../../engine/api/tool-dialect.js';

const names = new Set(['get_weather', 'add']);

interface Answer {
  content: string;
  calls: { name: string; arguments: string }[];
}

function read(dialect: ToolDialect, pieces: readonly string[], expected: { forced?: boolean; single?: boolean } = {}): Answer {
  const stream = new ToolCallStream(dialect, names, expected);
  const parts = [...pieces.flatMap((piece) => stream.push(piece)), ...stream.end()];
  const answer: Answer = { content: '', calls: [] };
  for (const part of parts) add(answer, part);
  expect(stream.calls).toBe(answer.calls.length);
  return answer;
}

function add(answer: Answer, part: AnswerPart): void {
  if (part.kind === 'content') answer.content += part.text;
  else if (part.kind === 'call') {
    expect(part.index).toBe(answer.calls.length);
    answer.calls.push({ name: part.name, arguments: '' });
  } else answer.calls[part.index]!.arguments += part.text;
}

const weather = { name: 'get_weather', arguments: '{"city": "São \\"}{Paulo"}' };

describe('tool calls in an answer', () => {
  it.each<[string, ToolDialect, string, Answer]>([
    ['Hermes', hermesDialect, `<tool_call>\n{"name": "get_weather", "arguments": ${weather.arguments}}\n</tool_call>`, { content: '', calls: [weather] }],
    ['Hermes with words before', hermesDialect, 'Let me see.<tool_call>{"name":"add","arguments":{}}</tool_call>', { content: 'Let me see.', calls: [{ name: 'add', arguments: '{}' }] }],
    ['two Hermes calls', hermesDialect, '<tool_call>{"name":"add","arguments":{"a":[1,{"b":2}]}}</tool_call>\n<tool_call>{"name":"add","arguments":{}}</tool_call>', { content: '', calls: [{ name: 'add', arguments: '{"a":[1,{"b":2}]}' }, { name: 'add', arguments: '{}' }] }],
    ['arguments before the name', hermesDialect, '<tool_call>{"arguments": {"a": 1}, "name": "add"}</tool_call>', { content: '', calls: [{ name: 'add', arguments: '{"a": 1}' }] }],
    ['arguments as a JSON string', hermesDialect, '<tool_call>{"name":"add","arguments":"{\\"a\\":1}"}</tool_call>', { content: '', calls: [{ name: 'add', arguments: '{"a":1}' }] }],
    ['other members', hermesDialect, '<tool_call>{"id":"x{","n":-1.5,"name":"add","arguments":{}}</tool_call>', { content: '', calls: [{ name: 'add', arguments: '{}' }] }],
    ['a tool that is not there', hermesDialect, '<tool_call>{"name":"rm","arguments":{}}</tool_call>', { content: '{"name":"rm","arguments":{}}', calls: [] }],
    ['what is no call', hermesDialect, 'a < b <tool_cal> <tool_call>no</tool_call>', { content: 'a < b <tool_cal> no', calls: [] }],
    ['an unfinished mark', hermesDialect, 'so <tool', { content: 'so <tool', calls: [] }],
    ['Mistral', mistralDialect, '[TOOL_CALLS][{"name": "add", "arguments": {"a": 1}}, {"name": "add", "arguments": {}}]', { content: '', calls: [{ name: 'add', arguments: '{"a": 1}' }, { name: 'add', arguments: '{}' }] }],
    ['Llama 3.1', llamaDialect, '{"name": "get_weather", "parameters": {"city": "Rome"}}', { content: '', calls: [{ name: 'get_weather', arguments: '{"city": "Rome"}' }] }],
    ['Llama 3.1 answering in JSON', llamaDialect, '{"weather": "fine"}', { content: '{"weather": "fine"}', calls: [] }],
    ['Llama 3.1 answering with braces', llamaDialect, 'The set {1} is small.', { content: 'The set {1} is small.', calls: [] }],
  ])('are found, however the answer is cut: %s', (_, dialect, text, expected) => {
    expect(read(dialect, [text])).toEqual(expected);
    expect(read(dialect, Array.from(text))).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length), { maxLength: 6 }), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
        expect(read(dialect, pieces)).toEqual(expected);
      }),
      { numRuns: 30, ...(process.env['HEARTH_SEED'] === undefined ? {} : { seed: Number(process.env['HEARTH_SEED']) }) },
    );
  });

  it('tell their name before their arguments are complete', () => {
    const stream = new ToolCallStream(hermesDialect, names);
    expect(stream.push('<tool_call>{"name":"add","argum')).toEqual([{ kind: 'call', index: 0, name: 'add' }]);
    expect(stream.push('ents":{"a"')).toEqual([{ kind: 'arguments', index: 0, text: '{"a"' }]);
    expect(stream.push(':1}}')).toEqual([{ kind: 'arguments', index: 0, text: ':1}' }]);
  });

  it('are found when the prompt has opened one already', () => {
    expect(read(hermesDialect, ['{"name":"add","arguments":{}}\n</tool_call>'], { forced: true })).toEqual({ content: '', calls: [{ name: 'add', arguments: '{}' }] });
  });

  it.each([
    [hermesDialect, '<tool_call>{"name":"add","arguments":{}}</tool_call><tool_call>{"name":"add","arguments":{}}</tool_call> Done.'],
    [mistralDialect, '[TOOL_CALLS][{"name":"add","arguments":{}},{"name":"add","arguments":{}}]'],
    [llamaDialect, '{"name":"add","parameters":{}}; {"name":"add","parameters":{}}'],
  ])('are one where only one is wanted, whatever comes after it: $name', (dialect, text) => {
    expect(read(dialect, [text]).calls).toHaveLength(2);
    expect(read(dialect, [text], { single: true })).toEqual({ content: '', calls: [{ name: 'add', arguments: '{}' }] });
  });

  it('never lose text of an answer without any', () => {
    fc.assert(fc.property(fc.array(fc.string(), { maxLength: 5 }), (pieces) => {
      fc.pre(!pieces.join('').includes('{'));
      for (const dialect of [hermesDialect, llamaDialect]) {
        expect(read(dialect, pieces)).toEqual({ content: pieces.join('').replaceAll('<tool_call>', '').replaceAll('</tool_call>', ''), calls: [] });
      }
    }));
  });
});

it('reads from a chat template which dialect its model was taught', () => {
  expect(dialectOf("{% if tools %}{{ tools }} <tool_call>{'name'…}</tool_call>{% endif %}")).toBe(hermesDialect);
  expect(dialectOf('{% if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]')).toBe(mistralDialect);
  expect(dialectOf('{% if tools %}Respond in the format {"name": function name, "parameters": dictionary}{% endif %}')).toBe(llamaDialect);
  expect(dialectOf('{% for message in messages %}{{ message.content }}{% endfor %}')).toBeNull();
});
