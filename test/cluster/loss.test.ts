import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HearthError } from '../../engine/errors.js';
import type { HomeState } from '../../engine/cluster/home-state.js';
import { RunningNode } from '../../main/node-socket/socket-client.js';
import { endAllProcesses } from '../integration/hearth-process.js';
import { writeRandomModel } from '../integration/random-model.js';
import { HomeLaptop, isReadyWith, laptopNames } from './home-laptops.js';
import { namespacesMissing, Network } from './network.js';
import { writePairedFolders } from './paired-folders.js';

const missing = namespacesMissing();
const full = process.env['HEARTH_CLUSTER_FULL'] !== undefined;
const seed = Number(process.env['HEARTH_SEED'] ?? Date.now() % 100_000);
const pointsEach = full ? 20 : 3;
const prompts = full ? ['Once upon a time', 'The three laptops said', 'Nobody knew why'] : ['Once upon a time'];
const length = 40;
/** Two best logits nearer than this may change places with the order of summation. */
const nearTie = 1e-3;

interface Answer {
  readonly tokens: number[];
  readonly margins: number[];
  /** How often it was paused and went on. */
  readonly resumed: number;
  /** The longest that whoever reads it waited for the next token, in seconds: noticing the loss is part of it. */
  readonly longestWait: number;
  readonly failure: HearthError | null;
}

describe.skipIf(missing !== null)(`an answer whose laptops are lost (seed ${seed})${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let network: Network;
  let laptops: HomeLaptop[];
  let model: string;
  const undisturbed = new Map<string, Answer>();
  const waits: number[] = [];
  let interrupted = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hearth-loss-'));
    model = writeRandomModel(join(folder, 'model'));
    network = new Network(4);
    await writePairedFolders(new Map(laptopNames.map((name) => [name, join(folder, name)])));
    laptops = laptopNames.map((name, index) => new HomeLaptop(name, join(folder, name), network.nodes[index]!));
    for (const laptop of laptops) startAgain(laptop);
    await laptops[1]!.sees('a model on all four', isReadyWith(laptops));
    for (const prompt of prompts) {
      const answer = await ask(laptops[1]!, prompt, () => undefined);
      expect(answer.failure).toBeNull();
      undisturbed.set(prompt, answer);
    }
  });

  afterAll(async () => {
    await endAllProcesses();
    network.remove();
    rmSync(folder, { recursive: true, force: true });
    if (waits.length === 0) return;
    const sorted = waits.sort((a, b) => a - b);
    const [median, worst] = [sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
    console.log(`${sorted.length} losses, the wait for the next token: median ${median.toFixed(1)} s, worst ${worst.toFixed(1)} s`);
  });

  /** Two laptops have the model's files, so that one can take over from the other. */
  function startAgain(laptop: HomeLaptop): void {
    laptop.start(...(laptops.indexOf(laptop) < 2 ? ['--model-path', model] : []));
  }

  const leader = (state: HomeState): HomeLaptop =>
    laptops.find(({ name }) => name === state.laptops.find(({ deviceId }) => deviceId === state.master)?.name)!;

  /** Somebody who neither leads nor is lost asks; somebody else is disturbed once so many tokens are there. */
  async function disturb(
    prompt: string, point: number, disturbance: (victim: HomeLaptop) => void, undo: (victim: HomeLaptop) => Promise<void>,
  ): Promise<void> {
    const state = await laptops[1]!.sees('a model on all four', isReadyWith(laptops), 90_000);
    const helpers = laptops.filter((laptop) => laptop !== leader(state));
    const [asker, victim] = [helpers[0]!, helpers[1 + (point % 2)]!];
    const answer = await ask(asker, prompt, (tokens) => {
      if (tokens === point) disturbance(victim);
    });
    await undo(victim);
    expect(answer.failure, `${asker.started.stderr}${leader(state).started.stderr}`).toBeNull();
    expectSame(answer, undisturbed.get(prompt)!);
    expect(answer.resumed, 'the laptop was lost after the answer was done').toBeGreaterThan(0);
    waits.push(answer.longestWait);
  }

  const kinds = [
    {
      what: 'a helper that is killed',
      disturbance: (victim: HomeLaptop) => victim.started.kill('SIGKILL'),
      undo: async (victim: HomeLaptop) => {
        await victim.started.ended;
        startAgain(victim);
      },
    },
    {
      what: 'a helper whose cable is pulled',
      disturbance: (victim: HomeLaptop) => network.plug(laptops.indexOf(victim), false),
      undo: (victim: HomeLaptop) => {
        network.plug(laptops.indexOf(victim), true);
        return Promise.resolve();
      },
    },
    {
      what: 'a helper that freezes',
      disturbance: (victim: HomeLaptop) => victim.started.kill('SIGSTOP'),
      undo: (victim: HomeLaptop) => {
        victim.started.kill('SIGCONT');
        return Promise.resolve();
      },
    },
  ];

  test.each(kinds)('goes on with the same text without $what, and takes it back afterwards', async ({ disturbance, undo }) => {
    for (const prompt of prompts) for (const point of points(seed)) await disturb(prompt, point, disturbance, undo);
  }, 240_000 * (full ? 60 : 1));

  test('is reported as interrupted when the laptop that led it is killed, and another one leads', async () => {
    for (const prompt of prompts) {
      for (const point of points(seed + 1)) {
        const state = await laptops[2]!.sees('a model on all four', isReadyWith(laptops), 90_000);
        const victim = leader(state);
        const [asker] = laptops.filter((laptop) => laptop !== victim).slice(-1);
        const answer = await ask(asker!, prompt, (tokens) => {
          if (tokens === point) victim.started.kill('SIGKILL');
        });
        const whole = undisturbed.get(prompt)!;
        if (answer.failure === null) expectSame(answer, whole);
        else expect(answer.failure.code).toBe('ANSWER_INTERRUPTED');
        if (answer.failure !== null) interrupted += 1;
        expect(answer.tokens).toEqual(whole.tokens.slice(0, answer.tokens.length));
        await victim.started.ended;
        const again = await ask(asker!, prompt, () => undefined);
        expect(again.failure).toBeNull();
        expectSame(again, whole);
        startAgain(victim);
      }
    }
    expect(interrupted).toBeGreaterThan(0);
  }, 240_000 * (full ? 60 : 1));
});

/** Asks through the node of a laptop; `onTokens` is told before each token how many are there, 0 while the prompt is read. */
async function ask(laptop: HomeLaptop, prompt: string, onTokens: (tokens: number) => void): Promise<Answer> {
  const node = await RunningNode.find(laptop.folder);
  const tokens: number[] = [];
  const margins: number[] = [];
  let [resumed, longestWait] = [0, 0];
  let failure: HearthError | null = null;
  onTokens(0);
  let last = performance.now();
  try {
    for await (const event of node!.ask({ prompt: { kind: 'text', text: prompt }, sampling: { temperature: 0 }, maxTokens: length })) {
      if (event.kind === 'resumed') resumed += 1;
      if (event.kind !== 'token') continue;
      longestWait = Math.max(longestWait, (performance.now() - last) / 1000);
      last = performance.now();
      tokens.push(event.token);
      margins.push(event.margin);
      onTokens(tokens.length);
    }
  } catch (error) {
    if (!(error instanceof HearthError)) throw error;
    failure = error;
  }
  return { tokens, margins, resumed, longestWait, failure };
}

function expectSame(answer: Answer, whole: Answer): void {
  const differs = whole.tokens.findIndex((token, index) => answer.tokens[index] !== token);
  if (differs !== -1 && (whole.margins[differs] ?? Infinity) < nearTie) {
    console.log(`A near-tie at token ${differs}: the two best logits were ${whole.margins[differs]} apart.`);
    return;
  }
  expect(answer.tokens).toEqual(whole.tokens);
}

/** From the reading of the prompt to the last token. */
function points(from: number): number[] {
  let state = from;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  return [0, ...Array.from({ length: pointsEach - 1 }, () => 1 + Math.floor(next() * (length - 2)))];
}
