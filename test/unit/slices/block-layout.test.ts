import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockValues, dtypeBytes, type Dtype } from '../../../engine/formats/dtype.js';
import type { TensorEntry } from '../../../engine/formats/tensor-entry.js';
import type { ModelConfig } from '../../../engine/model/model-config.js';
import type { Block, BlockTensor } from '../../../engine/slices/block.js';
import { blockLayout, type LayoutOptions } from '../../../engine/slices/block-layout.js';
import { partition } from '../../../engine/slices/partition.js';
import { evenRatio } from '../../../engine/slices/ratio.js';
import { modelOf, randomModel, randomRatio, seeded } from './random-model.js';

function layouts(config: ModelConfig, ratio: readonly number[], dtype: Dtype, options: Partial<LayoutOptions> = {}): Block[][] {
  const model = { config, tensors: config.tiedEmbeddings ? new Map() : new Map([['lm_head.weight', {} as TensorEntry]]) };
  const shares = partition(config, ratio, { quantised: blockValues(dtype) > 1 });
  return shares.map((share) => blockLayout(model, share, () => dtype, { isMaster: share.rank === 0, ...options }));
}

const find = (blocks: readonly Block[], block: string, tensor: string): BlockTensor | undefined =>
  blocks.find(({ name }) => name === block)?.tensors.find(({ name }) => name.endsWith(tensor));

/** How many values of each matrix of the first layer and the head all nodes hold together. */
function cellCounts(nodes: readonly Block[][]): Map<string, number> {
  const cells = new Map<string, number>();
  for (const tensor of nodes.flat().flatMap(({ tensors }) => tensors)) {
    if (!tensor.name.includes('proj') && !tensor.name.includes('lm_head')) continue;
    if (tensor.name.includes('layers') && !tensor.name.includes('layers.0')) continue;
    cells.set(tensor.name, (cells.get(tensor.name) ?? 0) + tensor.rows * tensor.cols);
  }
  return cells;
}

describe('blockLayout', () => {
  it('places every tensor on a cache line or right behind the one it joins, without overlap, inside the block', () => {
    fc.assert(
      fc.property(randomModel, randomRatio, fc.constantFrom<Dtype>('f32', 'bf16', 'f16'), (config, ratio, dtype) => {
        for (const block of layouts(config, ratio.slice(0, 6).concat(1), dtype).flat()) {
          let end = 0;
          for (const tensor of block.tensors) {
            const joins = /\.(k_proj|v_proj|up_proj)\.weight$/.test(tensor.name);
            expect(tensor.offset).toBe(joins ? end : Math.ceil(end / 64) * 64);
            expect(tensor.bytes).toBe(dtypeBytes(tensor.dtype, tensor.rows * tensor.cols));
            end = tensor.offset + tensor.bytes;
          }
          expect(block.bytes).toBe(end);
        }
      }),
      seeded,
    );
  });

  it('holds every matrix exactly once over all nodes', () => {
    fc.assert(
      fc.property(randomModel, randomRatio, (config, ratio) => {
        const cells = cellCounts(layouts(config, ratio, 'f32'));
        const query = config.nHeads * config.headDim;
        const keyValue = config.nKvHeads * config.headDim;
        const at = (name: string): number | undefined => cells.get(`model.layers.0.${name}.weight`);
        expect(at('self_attn.q_proj')).toBe(query * config.dim);
        expect(at('self_attn.k_proj')).toBe(keyValue * config.dim);
        expect(at('self_attn.v_proj')).toBe(keyValue * config.dim);
        expect(at('self_attn.o_proj')).toBe(query * config.dim);
        for (const name of ['gate', 'up', 'down']) expect(at(`mlp.${name}_proj`)).toBe(config.ffnDim * config.dim);
        if (!config.tiedEmbeddings) expect(cells.get('lm_head.weight')).toBe(config.vocab * config.dim);
        if (config.outputBias) expect(cells.get('model.layers.0.self_attn.o_proj.bias')).toBe(config.dim);
      }),
      seeded,
    );
  });

  it('lists the blocks in the order a pass uses them, the master\'s head last', () => {
    const [master, worker] = layouts(modelOf({ nLayers: 2 }), [1, 1], 'f32', {});
    expect(worker?.map(({ name }) => name)).toEqual(['l0.attn', 'l0.ffn', 'l1.attn', 'l1.ffn']);
    expect(master?.slice(0, 4).map(({ name }) => name)).toEqual(['l0.attn', 'l0.ffn', 'l1.attn', 'l1.ffn']);
    expect(master?.[4]?.name).toBe('output.norm');
    expect(master?.[5]?.name).toBe('output.0');
  });

  it('cuts query heads with their KV heads, and o_proj by the same columns', () => {
    const nodes = layouts(modelOf({ nHeads: 9, nKvHeads: 3, headDim: 32 }), evenRatio(4), 'q4_0');
    const second = nodes[1] ?? [];
    expect(find(second, 'l0.attn', 'q_proj.weight')).toMatchObject({ rowStart: 96, rows: 96, colStart: 0, cols: 64 });
    expect(find(second, 'l0.attn', 'k_proj.weight')).toMatchObject({ rowStart: 32, rows: 32 });
    expect(find(second, 'l0.attn', 'o_proj.weight')).toMatchObject({ colStart: 96, cols: 96, rowStart: 0, rows: 64 });
    expect(nodes[3]?.[0]).toEqual({ name: 'l0.attn', bytes: 0, tensors: [] });
    expect(nodes[3]?.[1]?.bytes).toBeGreaterThan(0);
  });

  it('keeps vectors in F32, and cuts the biases of q, k and v like their rows', () => {
    const nodes = layouts(modelOf({ qkvBias: true, qkNorm: true }), [1, 1], 'q8_0');
    const second = nodes[1] ?? [];
    expect(find(second, 'l0.attn', 'q_proj.bias')).toMatchObject({ dtype: 'f32', rows: 1, cols: 64, colStart: 64 });
    expect(find(second, 'l0.attn', 'v_proj.bias')).toMatchObject({ dtype: 'f32', rows: 1, cols: 32, colStart: 32 });
    expect(find(second, 'l0.attn', 'k_norm.weight')).toMatchObject({ dtype: 'f32', cols: 32, colStart: 0 });
  });

  it('puts every weight before o_proj except its bias, which only one node has', () => {
    const nodes = layouts(modelOf({ qkvBias: true, outputBias: true, qkNorm: true }), [0, 1, 1], 'f32');
    expect(nodes.map((blocks) => find(blocks, 'l0.attn', 'o_proj.bias') !== undefined)).toEqual([false, true, false]);
    expect(nodes[1]?.[0]?.tensors.slice(-2).map(({ name }) => name.split('.').slice(-2).join('.'))).toEqual([
      'o_proj.weight', 'o_proj.bias',
    ]);
  });

  it('cuts the head into even pieces no larger than a layer\'s largest block (or 64 rows), or than asked for', () => {
    fc.assert(
      fc.property(randomModel, fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: null }), (config, asked) => {
        const [blocks = []] = layouts(config, [1], 'bf16', asked === null ? {} : { headPieceBytes: asked });
        const largest = Math.max(...blocks.filter(({ name }) => name.startsWith('l')).map(({ bytes }) => bytes));
        const pieces = blocks.filter(({ name }) => /^output\.\d/.test(name));
        let row = 0;
        for (const piece of pieces) {
          expect(piece.tensors).toHaveLength(1);
          expect(piece.tensors[0]?.rowStart).toBe(row);
          row += piece.tensors[0]?.rows ?? 0;
          const least = (asked === null ? 64 : 1) * 2 * config.dim;
          expect(piece.bytes).toBeLessThanOrEqual(Math.max(asked ?? largest, least));
        }
        expect(row).toBe(config.vocab);
        const rows = pieces.map(({ tensors }) => tensors[0]?.rows ?? 0);
        expect(Math.max(...rows) - Math.min(...rows)).toBeLessThanOrEqual(1);
      }),
      seeded,
    );
  });

  it('gives a master without a share of the layers a head in pieces of 64 rows', () => {
    const [master = []] = layouts(modelOf({ vocab: 640 }), [0, 1], 'f32');
    expect(master.filter(({ bytes }) => bytes > 0).map(({ name }) => name)).toEqual([
      'output.norm', ...Array.from({ length: 10 }, (_, i) => `output.${i}`),
    ]);
  });

  it('takes the head from the embedding table of a tied model', () => {
    const [tied = []] = layouts(modelOf({ tiedEmbeddings: true }), [1], 'f32');
    const [untied = []] = layouts(modelOf({}), [1], 'f32');
    expect(find(tied, 'output.0', 'embed_tokens.weight')).toBeDefined();
    expect(find(untied, 'output.0', 'lm_head.weight')).toBeDefined();
  });

  it('starts a matrix on a new cache line where its type differs from the one before', () => {
    const config = modelOf({});
    const [share] = partition(config, [1], { quantised: true });
    if (share === undefined) throw new Error('no share');
    const mixed = (name: string): Dtype => (name.includes('v_proj') ? 'q8_0' : 'q4_0');
    const blocks = blockLayout({ config, tensors: new Map() }, share, mixed, { isMaster: false });
    const value = find(blocks, 'l0.attn', 'v_proj.weight');
    expect((value?.offset ?? 1) % 64).toBe(0);
  });

  it('refuses a type whose blocks do not fit a row, with one line', () => {
    expect(() => layouts(modelOf({ dim: 48 }), [1], 'q8_0')).toThrow(
      expect.objectContaining({ code: 'DTYPE_UNSUITABLE', exitCode: 2 }),
    );
  });
});
