import { copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RunReport } from '../../engine/report/run-report.js';
import { goldenModel } from '../golden/golden-model.js';
import { endAllProcesses, HearthProcess } from './hearth-process.js';

const golden = goldenModel('llama-gqa');
const folder = mkdtempSync(join(tmpdir(), 'hearth-run-'));
afterAll(async () => {
  await endAllProcesses();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the command to its end, with `input` on standard input. */
async function hearth(words: readonly string[], input = '') {
  const process = new HearthProcess(words, { home: join(folder, 'home') });
  process.type(input);
  process.endInput();
  const { code } = await process.ended;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

const run = (...words: string[]) => hearth(['run', '--model-path', golden.path, ...words]);
const reportOf = (stdout: string): RunReport => JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RunReport;

describe('hearth run', () => {
  test('streams an answer and reports it as one JSON object on the last line', async () => {
    const { code, stdout } = await run('--prompt', 'hello', '--length', '16', '--temperature', '0', '--json');
    expect(code).toBe(0);
    const report = reportOf(stdout);
    expect(stdout.startsWith(report.text)).toBe(true);
    expect(report.tokens.length).toBeGreaterThan(0);
    expect(report.tokens.length).toBeLessThanOrEqual(16);
    expect(report).toMatchObject({ model: expect.any(String) as string, dtype: 'f32', world_size: 1, memory_window: 0 });
    expect(report.nodes).toHaveLength(1);
    expect(report.nodes[0]).toMatchObject({ rank: 0, allreduces: 0, wire_bytes_sent: 0 });
    expect(report.prompt_tokens).toBeGreaterThan(0);
    expect(report.ttft_ms).toBeGreaterThan(0);
  });

  test('gives the same text for the same seed on every run and thread count, and another for another seed', async () => {
    const ask = async (seed: string, threads: string) => {
      const words = ['--prompt', 'hello', '--length', '40', '--temperature', '1', '--p', '1', '--seed', seed, '--threads', threads];
      return reportOf((await run(...words, '--json')).stdout).tokens;
    };
    const first = await ask('7', '1');
    expect(await ask('7', '1')).toEqual(first);
    expect(await ask('7', '2')).toEqual(first);
    expect(await ask('7', '3')).toEqual(first);
    expect(await ask('8', '1')).not.toEqual(first);
  });

  test('applies the chat template with --chat, and puts --prefix before the prompt', async () => {
    const count = async (...words: string[]) => reportOf((await run('--length', '1', '--json', ...words)).stdout).prompt_tokens;
    const plain = await count('--prompt', 'hello');
    expect(await count('--prompt', 'hello', '--chat')).toBeGreaterThan(plain);
    expect(await count('--prompt', 'hello', '--prefix', 'well, ')).toBe(await count('--prompt', 'well, hello'));
  });

  test('reads the prompt from standard input, and answers a prompt a line with --interactive', async () => {
    const piped = await hearth(['run', '--model-path', golden.path, '--length', '4', '--temperature', '0', '--json'], 'hello\n');
    const given = await run('--prompt', 'hello', '--length', '4', '--temperature', '0', '--json');
    expect(reportOf(piped.stdout).tokens).toEqual(reportOf(given.stdout).tokens);
    const words = ['run', '--model-path', golden.path, '--interactive', '--length', '4', '--temperature', '0', '--json'];
    const two = await hearth(words, 'hello\nhello\n');
    const reports = two.stdout.split('\n').filter((line) => line.startsWith('{"model"')).map((line) => JSON.parse(line) as RunReport);
    expect(reports.map((report) => report.tokens)).toEqual(Array(2).fill(reportOf(given.stdout).tokens));
  });

  test('takes the seed project’s own spellings', async () => {
    const words = ['--world_size', '1', '--model_type', 'llama', '--memory_window', '2', '--save_dir', 'seed-split'];
    const { code, stdout } = await run(...words, '--prompt', 'hello', '--length', '2', '--json');
    expect(code).toBe(0);
    expect(reportOf(stdout).world_size).toBe(1);
  });

  test('converts on load and says so', async () => {
    const { code, stdout, stderr } = await run('--prompt', 'hello', '--length', '2', '--dtype', 'q8_0', '--json');
    expect(code).toBe(0);
    expect(reportOf(stdout)).toMatchObject({ dtype: 'q8_0' });
    expect(reportOf(stdout).conversions[0]).toMatchObject({ from: 'f32', to: 'q8_0' });
    expect(stderr).toContain('from f32 to q8_0');
  });

  test('stops cleanly on Ctrl-C, with exit code 130 and one line', async () => {
    const words = ['run', '--model-path', golden.path, '--prompt', 'hello', '--length', '200', '--temperature', '0'];
    const process = new HearthProcess(words, { home: join(folder, 'home') });
    await process.says(/Loading weights/);
    process.kill('SIGINT');
    expect((await process.ended).code).toBe(130);
    expect(process.failure).toMatch(/Interrupted|Stopped/);
  });

  test('stops only the answer on Ctrl-C when it is given a prompt a line', async () => {
    const words = ['run', '--model-path', golden.path, '--interactive', '--length', '200', '--temperature', '0', '--json'];
    const process = new HearthProcess(words, { home: join(folder, 'home') });
    process.type('hello\n');
    await process.says(/\S/, 'stdout');
    process.kill('SIGINT');
    process.type('hello\n');
    process.endInput();
    expect((await process.ended).code).toBe(0);
    const reports = process.stdout.split('\n').filter((line) => line.startsWith('{"model"'));
    expect(reports).toHaveLength(2);
    expect(reportOf(reports[0] ?? '').finish_reason).toBe('aborted');
  });
});

describe('what hearth run refuses, it refuses in one line', () => {
  const refused = async (words: string[], code: number, ...parts: string[]) => {
    const ended = await hearth(['run', '--prompt', 'hello', ...words]);
    const lines = ended.stderr.trim().split('\n');
    expect(lines, ended.stderr).toHaveLength(1);
    expect(ended.code).toBe(code);
    for (const part of parts) expect(lines[0]).toContain(part);
    expect(ended.stdout).toBe('');
  };
  const copy = (name: string): string => {
    const target = join(mkdtempSync(join(folder, `${name}-`)));
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'model.safetensors']) {
      copyFileSync(join(golden.path, file), join(target, file));
    }
    return target;
  };

  test('a missing model', () => refused(['--model-path', join(folder, 'nowhere')], 2, 'nowhere'));
  test('no model named where several are', () => {
    for (const name of ['first', 'second']) cpSync(golden.path, join(folder, 'home', 'models', name), { recursive: true });
    return refused([], 2, '--model-path', 'first, second');
  });
  test('a flag out of range', () => refused(['--model-path', golden.path, '--p', '1.5'], 2, 'topP'));
  test('an unknown flag', () => refused(['--model-path', golden.path, '--no-such-flag'], 2, '--no-such-flag'));
  test('a wrong model type', () => refused(['--model-path', golden.path, '--model-type', 'bert'], 2, 'bert', 'llama'));
  test('a prompt that is too long', () =>
    refused(['--model-path', golden.path, '--prompt', 'word '.repeat(500)], 2, '256'));

  test('a pickled checkpoint', async () => {
    const model = copy('pickled');
    unlinkSync(join(model, 'model.safetensors'));
    writeFileSync(join(model, 'pytorch_model.bin'), 'never read');
    await refused(['--model-path', model], 3, 'pytorch_model.bin', 'safetensors');
  });

  test('an unknown architecture', async () => {
    const model = copy('unknown');
    const config = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(model, 'config.json'), JSON.stringify({ ...config, architectures: ['MambaForCausalLM'], model_type: 'mamba' }));
    await refused(['--model-path', model], 3, 'config.json', 'amba');
  });

  test('a truncated file', async () => {
    const model = copy('truncated');
    truncateSync(join(model, 'model.safetensors'), 1000);
    await refused(['--model-path', model], 3, 'model.safetensors');
  });
});
