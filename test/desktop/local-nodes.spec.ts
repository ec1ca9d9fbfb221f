import { expect, type ElectronApplication } from '@playwright/test';
import { findModel } from '../../engine/catalogue/model-cache.js';
import { ask, expectAnswered } from './asking.js';
import { enginePids, test } from './launch-app.js';

const modelName = 'SmolLM2-135M-Instruct';
const modelPath = await findModel(modelName).catch(() => null);

test.skip(modelPath === null, `${modelName} is not in the model cache: \`npm run model:smollm2\` puts it there`);
test.use({ appFlags: [`--model-path=${modelPath ?? ''}`, '--local-nodes=3'] });

/** Process IDs of the nodes beside the engine's own. */
async function nodePids(app: ElectronApplication): Promise<number[]> {
  const metrics = await app.evaluate(({ app: electron }) => electron.getAppMetrics());
  return metrics.filter((metric) => metric.name === 'Hearth node').map((metric) => metric.pid);
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('an answer streams over three nodes, each a process of its own, and they end with the app', async ({ hearth }) => {
  const { app, page } = hearth;
  await ask(page, 'Explain in two sentences why the sky is blue.');
  await expect(page.getByRole('article', { name: 'Answer' }).last()).toContainText('sky', { timeout: 90_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  const processes = [...(await enginePids(app)), ...(await nodePids(app))];
  expect(new Set(processes).size).toBe(3);
  await app.close();
  await expect.poll(() => processes.filter(isAlive)).toEqual([]);
});

test('nodes end with an engine that is killed, and the next engine has nodes of its own', async ({ hearth }) => {
  const { app, page } = hearth;
  await ask(page, 'Tell me a long story about a dragon.');
  await expect(page.locator('.answer-text').last()).not.toBeEmpty({ timeout: 90_000 });
  const before = await nodePids(app);
  expect(before).toHaveLength(2);
  const [engine] = await enginePids(app);
  process.kill(engine!, 'SIGKILL');
  await expect.poll(() => before.filter(isAlive), { timeout: 10_000 }).toEqual([]);
  await expect(page.getByRole('alert')).toContainText('ask again');
  await expect(page.getByRole('status', { name: 'Engine' })).toHaveText('Ready');
  await ask(page, 'Why is the sky blue?');
  await expectAnswered(page, 2);
  expect(await nodePids(app)).toHaveLength(2);
});

test('a node that is killed ends the answer with a sentence that names it, and the next question is answered', async ({ hearth }) => {
  const { app, page } = hearth;
  await ask(page, 'Tell me a long story about a castle.');
  await expect(page.locator('.answer-text').last()).not.toBeEmpty({ timeout: 90_000 });
  const [node] = await nodePids(app);
  process.kill(node!, 'SIGKILL');
  await expect(page.getByRole('alert')).toContainText(/Node [12] was lost/, { timeout: 20_000 });
  await ask(page, 'Why is the sky blue?');
  await expectAnswered(page, 2);
});

test('nodes end with the app even when the app is killed', async ({ hearth }) => {
  const { app, page } = hearth;
  await ask(page, 'Tell me a long story about a lake.');
  await expect(page.locator('.answer-text').last()).not.toBeEmpty({ timeout: 90_000 });
  const processes = [...(await enginePids(app)), ...(await nodePids(app))];
  expect(processes).toHaveLength(3);
  process.kill(app.process().pid!, 'SIGKILL');
  await expect.poll(() => processes.filter(isAlive), { timeout: 10_000 }).toEqual([]);
});
