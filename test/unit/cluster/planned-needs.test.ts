import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dtype } from '../../../engine/formats/dtype.js';
import type { TensorEntry } from '../../../engine/formats/tensor-entry.js';
import type { OpenedModel } from '../../../engine/model/opened-model.js';
import { plannedNeeds } from '../../../engine/shard/planned-needs.js';
import { dtypeOf } from '../../../engine/shard/solo-settings.js';
import { blockLayout } from '../../../engine/slices/block-layout.js';
import { randomModel, seeded } from '../slices/random-model.js';

describe('what a share will need', () => {
  it('is laid out as the share itself, also where layers differ in their types', () => {
    fc.assert(fc.property(randomModel, fc.infiniteStream(fc.constantFrom<Dtype>('f32', 'bf16')), fc.boolean(), (config, types, isMaster) => {
      const tensors = new Map<string, TensorEntry>();
      const add = (name: string): unknown => tensors.set(name, {
        name, dtype: types.next().value as Dtype, shape: [config.vocab, config.dim], file: '', offset: 0, bytes: 0,
      });
      add('model.embed_tokens.weight');
      if (!config.tiedEmbeddings) add('lm_head.weight');
      for (let layer = 0; layer < config.nLayers; layer++) {
        for (const part of ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj']) add(`model.layers.${layer}.${part}.weight`);
        for (const part of ['mlp.gate_proj', 'mlp.up_proj', 'mlp.down_proj']) add(`model.layers.${layer}.${part}.weight`);
      }
      const model = { config, tensors } as unknown as OpenedModel;
      const share = { rank: 0, kvHeadStart: 0, kvHeads: Math.ceil(config.nKvHeads / 2), ffnStart: 0, ffnColumns: config.ffnDim };
      const { blocks } = plannedNeeds(model, { dtype: null, contextTokens: 64, kvDtype: 'f16', logitRows: 1 })(share, isMaster);
      const exact = blockLayout(model, share, dtypeOf(model, null), { isMaster });
      const sizes = (of: typeof blocks) => of.map(({ bytes, tensors: parts }) => [bytes, parts.map(({ dtype, rows, cols }) => [dtype, rows, cols])]);
      expect(sizes(blocks)).toEqual(sizes(exact));
    }), { numRuns: 60, ...seeded });
  });
});
