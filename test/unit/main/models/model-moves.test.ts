import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { moveModel } from '../../../../engine/catalogue/move-model.js';
import { ModelMoves, type MovingParts } from '../../../../main/models/model-moves.js';
import { ModelPlaces } from '../../../../main/models/model-places.js';

let root: string;
let folder: string;
const steps: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hearth-moves-'));
  steps.length = 0;
  folder = join(root, 'old');
  await mkdir(folder);
  for (const name of ['one', 'two', 'three']) await writeFile(join(folder, `${name}.gguf`), Buffer.alloc(1000, name));
  await places().leave();
  folder = join(root, 'new');
});
afterEach(async () => rm(root, { recursive: true, force: true }));

const places = (): ModelPlaces => new ModelPlaces(join(root, 'places.json'), () => folder);
function movesOf(parts: Partial<MovingParts> = {}): ModelMoves {
  const told = (step: string) => () => {
    steps.push(step);
  };
  return new ModelMoves({
    places: places(), pause: () => Promise.resolve(steps.push('pause')).then(() => undefined), goOn: told('go on'), onChange: () => undefined,
    moved: (before, now) => Promise.resolve(void steps.push(`${before} ${now}`)), ...parts,
  });
}
const done = (): Promise<void> => vi.waitFor(() => expect(steps.at(-1)).toBe('go on'), 10_000);
const isMoving = (): Promise<boolean> => places().isMoving();

test('what lies in a former folder is offered, moved while downloads rest, and no longer offered', async () => {
  const moves = movesOf();
  expect(await moves.view()).toEqual({ former: [{ folder: join(root, 'old'), models: 3, bytes: 3000 }], moving: null, problem: null });
  await moves.start();
  await done();
  expect(steps[0]).toBe('pause');
  expect(steps.slice(1, -1).sort()).toEqual(['one', 'three', 'two'].map((name) => `${join(root, 'old', name)}.gguf ${join(root, 'new', name)}.gguf`));
  expect(await moves.view()).toEqual({ former: [], moving: null, problem: null });
  expect(await isMoving()).toBe(false);
});

test('an app that ended meanwhile goes on with the move when it starts again, and only then', async () => {
  expect(await movesOf().resume()).toBe(false);
  await places().setMoving(true);
  const moves = movesOf();
  expect(await moves.resume()).toBe(true);
  await done();
  expect(existsSync(join(root, 'new/two.gguf'))).toBe(true);
});

test('one model that cannot be moved is told and keeps no other from it', async () => {
  await mkdir(join(root, 'new'));
  await writeFile(join(root, 'new/one.gguf'), 'another');
  const moves = movesOf();
  await moves.start();
  await done();
  expect(await moves.view()).toMatchObject({ former: [{ models: 1 }], problem: { code: 'MODEL_THERE_ALREADY' } });
});

test('a move that is cancelled leaves the others where they are, to be moved another time', async () => {
  let stopping: Promise<void> = Promise.resolve();
  const moves: ModelMoves = movesOf({
    move: (model, to, options) => {
      if (model.name === 'three.gguf') stopping = moves.cancel();
      options?.signal?.throwIfAborted();
      return moveModel(model, to, options);
    },
  });
  await moves.start();
  await done();
  await stopping;
  expect(await moves.view()).toEqual({ former: [{ folder: join(root, 'old'), models: 2, bytes: 2000 }], moving: null, problem: null });
  expect(await isMoving()).toBe(false);
});

test('a move whose beginning cannot be kept is told, and can be begun again; one whose end cannot be kept still ends', async () => {
  const full = places();
  const refused = vi.spyOn(full, 'setMoving').mockRejectedValueOnce(new Error('the disk is full'));
  const moves = movesOf({ places: full });
  await expect(moves.start()).rejects.toThrow('the disk is full');
  refused.mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('the disk is full'));
  await moves.start();
  await done();
  expect(await moves.view()).toMatchObject({ former: [], moving: null, problem: { code: 'UNEXPECTED' } });
});
