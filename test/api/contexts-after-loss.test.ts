import { expect, it } from 'vitest';
import { ClusterFailedError } from '../../engine/errors.js';
import { TextModel } from '../../engine/generate/text-model.js';
import { LoadedModel } from '../../engine/loaded-model.js';
import { placeHere, type Placement } from '../../engine/world/placement.js';
import { goldenFolder } from './golden-server.js';

const text = await TextModel.open(goldenFolder());
const options = { dtype: null, threads: 1, contextTokens: 256, contexts: 3, kvDtype: 'f32' as const };

/** The shard's passes and copies count down; at zero the placement is lost. */
function failing(placement: Placement, calls: { left: number }): Placement {
  const shard = new Proxy(placement.shard, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const counts = name === 'pass' || name === 'copyContext';
        if (counts && calls.left-- === 0) return Promise.reject(new ClusterFailedError('NODE_LOST', 'A node was lost.', { values: { rank: 1 } }));
        return member.apply(target, args) as unknown;
      };
    },
  });
  return { ...placement, shard };
}

/** A chat of several turns each, in turns: what is said, and what was re-used. */
async function takeTurns(model: LoadedModel): Promise<{ said: number[]; cached: number }[]> {
  const chats = ['The story of a cat', 'The story of a dog', 'A poem'].map((start) => text.encode({ kind: 'text', text: start }));
  const turns: { said: number[]; cached: number }[] = [];
  for (let turn = 0; turn < 3; turn++) {
    for (const tokens of chats) {
      const said: number[] = [];
      let cached = 0;
      const request = { prompt: { kind: 'tokens' as const, tokens: [...tokens] }, sampling: { temperature: 0 }, maxTokens: 6, ignoreEnd: true };
      for await (const event of model.generate(request)) {
        if (event.kind === 'token') said.push(event.token);
        if (event.kind === 'end') cached = event.timing.cachedTokens;
      }
      tokens.push(...said, 40 + turn);
      turns.push({ said, cached });
    }
  }
  return turns;
}

it('goes on with the chat under way when its placement fails at any call, and says what it would have said', async () => {
  const calm = await LoadedModel.load(text, options);
  const right = await takeTurns(calm);
  await calm.close();
  expect(right.slice(3).every(({ cached }) => cached > 6)).toBe(true);

  const placements: Placement[] = [];
  const place = async (): Promise<Placement> => {
    const placement = await placeHere(text.opened, options);
    placements.push(placement);
    return placement;
  };
  try {
    // The first of a chat, the copy of a common beginning and the pass behind it, and calls in the middle of answers.
    for (const left of [0, 7, 8, 9, 15, 22, 25, 40]) {
      const calls = { left };
      let recovered = 0;
      const model = LoadedModel.placed(text, options, failing(await place(), calls), async () => {
        recovered += 1;
        return place();
      });
      const turns = await takeTurns(model);
      expect(recovered, `call ${left}`).toBe(1);
      expect(turns.map(({ said }) => said), `call ${left}`).toEqual(right.map(({ said }) => said));
    }
  } finally {
    for (const placement of placements) await placement.close();
  }
});
