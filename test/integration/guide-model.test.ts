import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { guideModelPath } from '../../main/guide-model.js';
import { guideAnswers, refusal } from '../eval/guide-questions.js';
import { judgeGuide } from '../eval/guide-verdict.js';
import { endAllProcesses, HearthProcess } from './hearth-process.js';

const folder = mkdtempSync(join(tmpdir(), 'hearth-guide-'));
afterAll(async () => {
  await endAllProcesses();
  rmSync(folder, { recursive: true, force: true });
});

const home = join(folder, 'home');
const what = guideAnswers().get('what-is-hearth') ?? '';

async function hearth(...words: string[]) {
  const process = new HearthProcess(words, { home });
  process.endInput();
  const { code } = await process.ended;
  return { code, stdout: process.stdout, stderr: process.stderr };
}

describe('the guide', () => {
  // `npm run eval:guide` prints the exact shares. Another instruction set sums in another order, which may turn one or two near-ties.
  test('answers at least 94% of the frozen questions about Hearth, and refuses at least 90% of the others', async () => {
    const { heldOut, offTopic } = await judgeGuide();
    expect(heldOut.asked).toBeGreaterThanOrEqual(200);
    expect(offTopic.asked).toBe(100);
    expect(heldOut.right / heldOut.asked, JSON.stringify(heldOut.missed, null, 1)).toBeGreaterThanOrEqual(0.94);
    expect(offTopic.right / offTopic.asked, JSON.stringify(offTopic.missed, null, 1)).toBeGreaterThanOrEqual(0.9);
  });

  test('takes at most 12 MB', () => {
    const files = readdirSync(guideModelPath()).map((name) => statSync(join(guideModelPath(), name)));
    const bytes = files.filter((file) => file.isFile()).reduce((sum, file) => sum + file.size, 0);
    expect(bytes).toBeLessThanOrEqual(12e6);
  });
});

describe('hearth run without a model', () => {
  test('lets the guide answer, split over four nodes with a memory window, and says so', async () => {
    const asked = ['--world-size', '4', '--memory-window', '2', '--chat', '--prompt', 'What is Hearth?'];
    const { code, stdout, stderr } = await hearth('run', ...asked);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(`${what}\n`);
    expect(stderr).toContain('The guide answers');
  });

  test('lets the guide say that it does not know the rest', async () => {
    const { code, stdout } = await hearth('run', '--prompt', 'Who painted the Mona Lisa?');
    expect(code).toBe(0);
    expect(stdout).toBe(`${refusal}\n`);
  });

  test('answers the last question of a conversation', async () => {
    const process = new HearthProcess(['run', '--interactive'], { home });
    process.type('Who painted the Mona Lisa?\nWhat is Hearth?\n');
    process.endInput();
    expect((await process.ended).code, process.stderr).toBe(0);
    expect(process.stdout).toContain(`${refusal}\n${what}\n`);
  });
});

test('hearth serve without a model lets the guide answer clients', async () => {
  const process = new HearthProcess(['serve', '--port', '0'], { home });
  const [, url = ''] = await process.says(/answers at (\S+) with the model guide/, 'stdout');
  const body = JSON.stringify({ model: 'guide', temperature: 0, messages: [{ role: 'user', content: 'What is Hearth?' }] });
  const reply = await fetch(`${url}/chat/completions`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const { choices } = (await reply.json()) as { choices: { message: { content: string } }[] };
  expect(choices[0]?.message.content).toBe(what);
  process.kill('SIGTERM');
  await process.ended;
});
