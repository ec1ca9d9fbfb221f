import { describe, expect, it } from 'vitest';
import { ModelUnusableError, WrongUseError } from '../../../engine/errors.js';
import { type ChatMessage, type ChatOptions, chatTemplateOf, renderChat } from '../../../engine/model/chat-template.js';
import { formatDate } from '../../../engine/model/template-clock.js';
import { loadTokenizer } from '../../../engine/tokenizer/load-tokenizer.js';
import { folderSource, readGolden } from '../tokenizer/golden-tokenizers.js';
import { chatShapes } from './chat-templates.js';

const options: ChatOptions = {
  bosToken: '<s>', eosToken: '</s>', addGenerationPrompt: true, now: new Date(2025, 2, 7, 15, 4, 5),
};
const conversation: ChatMessage[] = [
  { role: 'user', content: 'Hi' }, { role: 'assistant', content: 'Hello.' }, { role: 'user', content: 'Bye' },
];
const withSystem: ChatMessage[] = [{ role: 'system', content: 'Be kind.' }, ...conversation];

const turns =
  '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n';

describe('a conversation becomes the prompt', () => {
  it('of a ChatML model, with the default system turn only where none is given', () => {
    expect(renderChat(chatShapes.chatMl, conversation, options))
      .toBe(`<|im_start|>system\nBe brief.<|im_end|>\n${turns}<|im_start|>assistant\n`);
    expect(renderChat(chatShapes.chatMl, withSystem, { ...options, addGenerationPrompt: false }))
      .toBe(`<|im_start|>system\nBe kind.<|im_end|>\n${turns}`);
  });

  it('of a Llama 3.1 model, with the date in English', () => {
    expect(renderChat(chatShapes.llama3, withSystem, { ...options, bosToken: '<|begin_of_text|>' })).toBe(
      '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nToday: 07 Mar 2025\nBe kind.<|eot_id|>' +
      '<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>' +
      '<|start_header_id|>assistant<|end_header_id|>\n\nHello.<|eot_id|>' +
      '<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
    );
  });

  it('of a Llama 3.1 model with tools, whose calls keep their arguments as an object', () => {
    const tools = [{ type: 'function', function: { name: 'now', parameters: { zone: 'é<&>\'' } } }];
    const call = { type: 'function', function: { name: 'now', arguments: '{"zone": "UTC", "digits": 2}' } };
    const messages: ChatMessage[] = [
      { role: 'user', content: 'Time?' }, { role: 'assistant', content: '', tool_calls: [call] },
      { role: 'tool', content: '12:00', tool_call_id: 'a' },
    ];
    const prompt = renderChat(chatShapes.llama3, messages, { ...options, tools });
    expect(prompt).toContain(
      '{\n    "type": "function",\n    "function": {\n        "name": "now",\n        "parameters": {\n' +
      '            "zone": "é<&>\'"\n        }\n    }\n}\n',
    );
    expect(prompt).toContain('{"name": "now", "parameters": {"zone": "UTC", "digits": 2}}<|eot_id|>');
    expect(prompt).toContain('<|start_header_id|>tool<|end_header_id|>\n\n12:00<|eot_id|>');
  });

  it('of a Qwen3 model, without the thinking of earlier turns, and without any where it is switched off', () => {
    const thought: ChatMessage[] = [
      { role: 'user', content: 'Hi' }, { role: 'assistant', content: '<think>\nhm\n</think>\n\nHello.' },
      { role: 'user', content: 'Bye' },
    ];
    expect(renderChat(chatShapes.qwen3, thought, options)).toBe(`${turns}<|im_start|>assistant\n`);
    expect(renderChat(chatShapes.qwen3, thought, { ...options, extra: { enable_thinking: false } }))
      .toBe(`${turns}<|im_start|>assistant\n<think>\n\n</think>\n\n`);
  });

  it('of a Mistral model, with the system text in the last question', () => {
    expect(renderChat(chatShapes.mistral, withSystem, options))
      .toBe('<s>[INST] Hi[/INST] Hello.</s>[INST] Be kind.\n\nBye[/INST]');
  });

  it('of a Zephyr model, whose block tags leave no trace', () => {
    expect(renderChat(chatShapes.zephyr, withSystem, options)).toBe(
      '<|system|>\nBe kind.</s>\n<|user|>\nHi</s>\n<|assistant|>\nHello.</s>\n<|user|>\nBye</s>\n<|assistant|>\n',
    );
  });

  it('in which special tokens are one token each', () => {
    const tokenizer = loadTokenizer(folderSource(readGolden('qwen2').tokenizer));
    const prompt = renderChat(chatShapes.chatMl, conversation, options);
    const tokens = tokenizer.encode(prompt, { addSpecialTokens: false });
    expect(tokens.filter((token) => token === 0)).toHaveLength(5);
    expect(tokens.filter((token) => token === 1)).toHaveLength(4);
    expect(tokenizer.decode(tokens)).toBe(prompt.replace(/<\|im_(start|end)\|>/g, ''));
  });

  it('that prints nothing for a token the model has not', () => {
    expect(renderChat('[{{ bos_token }}]', conversation, { ...options, bosToken: null })).toBe('[]');
  });
});

describe('a template that cannot be followed', () => {
  it('refuses a conversation with its own reason', () => {
    const backwards = (): string => renderChat(chatShapes.mistral, [...conversation].reverse().slice(1), options);
    expect(backwards).toThrow(WrongUseError);
    expect(backwards).toThrow('Roles must alternate user/assistant/user/assistant. Change');
  });

  it.each([
    ['cannot be read', '{% for m in messages %}{{ m.content }}'],
    ['cannot be read', '{{ messages[0] '],
    ['cannot be run', '{{ 1 + none }}'],
    ['cannot be run', '{{ messages | no_such_filter }}'],
  ])('makes the model unusable, in one line that names its file: it %s', (reason, template) => {
    const render = (): string => renderChat(template, conversation, { ...options, file: 'm.gguf' });
    expect(render).toThrow(ModelUnusableError);
    expect(render).toThrow(`m.gguf: its chat template ${reason}: `);
    expect(render).not.toThrow(/\n/);
  });
});

describe('the template of a model', () => {
  const folder = (tokenizerConfig: Record<string, unknown>, chatTemplateFile: string | null = null) =>
    ({ ...folderSource({}, tokenizerConfig), chatTemplateFile });
  const named = [{ name: 'tool_use', template: 'T' }, { name: 'default', template: 'D' }];

  it.each([
    ['nothing', folder({}), null, null],
    ['a text', folder({ chat_template: 'A' }), 'A', 'A'],
    ['a list by name', folder({ chat_template: named }), 'D', 'T'],
    ['a list without one for tools', folder({ chat_template: named.slice(1) }), 'D', 'D'],
    ['a file of its own, which comes first', folder({ chat_template: 'A' }, 'F'), 'F', 'F'],
    ['a value of another kind', folder({ chat_template: 5 }), null, null],
  ])('is found in a folder with %s', (_, source, plain, forTools) => {
    expect(chatTemplateOf(source)).toBe(plain);
    expect(chatTemplateOf(source, true)).toBe(forTools);
  });

  it('is found in GGUF metadata', () => {
    const metadata = new Map([['tokenizer.chat_template', 'G'], ['tokenizer.chat_template.tool_use', 'GT']]);
    const source = { kind: 'gguf', file: 'm.gguf', metadata } as const;
    expect(chatTemplateOf(source)).toBe('G');
    expect(chatTemplateOf(source, true)).toBe('GT');
    expect(chatTemplateOf({ ...source, metadata: new Map() })).toBeNull();
  });
});

describe('the date in a template', () => {
  it('is written as strftime does', () => {
    const date = new Date(2025, 10, 3, 0, 4, 9);
    expect(formatDate(date, '%Y-%m-%d %H:%M:%S|%A %a %B %b|%I %p|%e|%-d %-I|%y%%|%Q'))
      .toBe('2025-11-03 00:04:09|Monday Mon November Nov|12 AM| 3|3 12|25%|%Q');
  });
});
