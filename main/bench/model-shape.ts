import { dtypeBytes, type Dtype } from '../../engine/formats/dtype.js';

/** The sizes of a Llama-like model, as measured models are named. */
export interface ModelShape {
  dim: number;
  layers: number;
  heads: number;
  kvHeads: number;
  ffnDim: number;
  vocab: number;
  contextLength: number;
  ropeTheta: number;
  /** The output head is the embedding table. */
  tied: boolean;
}

export const modelShapes = {
  'smollm2-135m': {
    dim: 576, layers: 30, heads: 9, kvHeads: 3, ffnDim: 1536, vocab: 49152, contextLength: 8192, ropeTheta: 100_000, tied: true,
  },
  'tinyllama-1.1b': {
    dim: 2048, layers: 22, heads: 32, kvHeads: 4, ffnDim: 5632, vocab: 32000, contextLength: 2048, ropeTheta: 10_000, tied: false,
  },
  'llama2-7b-1layer': {
    dim: 4096, layers: 1, heads: 32, kvHeads: 32, ffnDim: 11008, vocab: 32000, contextLength: 4096, ropeTheta: 10_000, tied: false,
  },
} as const satisfies Record<string, ModelShape>;

export type ShapeName = keyof typeof modelShapes;

export interface ShapedTensor {
  /** As GGUF names it. */
  name: string;
  /** (rows, cols); a norm has one row. */
  rows: number;
  cols: number;
  dtype: Dtype;
  bytes: number;
}

/** Every tensor of a shape, in file order: matrices of `dtype`, norms in F32. */
export function shapedTensors(shape: ModelShape, dtype: Dtype): ShapedTensor[] {
  const { dim, ffnDim, vocab } = shape;
  const kvDim = (dim / shape.heads) * shape.kvHeads;
  const matrix = (name: string, rows: number, cols: number): ShapedTensor =>
    ({ name: `${name}.weight`, rows, cols, dtype, bytes: dtypeBytes(dtype, rows * cols) });
  const norm = (name: string): ShapedTensor => ({ name: `${name}.weight`, rows: 1, cols: dim, dtype: 'f32', bytes: dim * 4 });
  const layer = (index: number): ShapedTensor[] => {
    const of = (part: string): string => `blk.${index}.${part}`;
    return [
      norm(of('attn_norm')), matrix(of('attn_q'), dim, dim), matrix(of('attn_k'), kvDim, dim), matrix(of('attn_v'), kvDim, dim),
      matrix(of('attn_output'), dim, dim), norm(of('ffn_norm')), matrix(of('ffn_gate'), ffnDim, dim),
      matrix(of('ffn_up'), ffnDim, dim), matrix(of('ffn_down'), dim, ffnDim),
    ];
  };
  return [
    matrix('token_embd', vocab, dim),
    ...Array.from({ length: shape.layers }, (_, index) => layer(index)).flat(),
    norm('output_norm'),
    ...(shape.tied ? [] : [matrix('output', vocab, dim)]),
  ];
}
