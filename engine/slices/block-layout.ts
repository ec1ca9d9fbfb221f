import { WrongUseError } from '../errors.js';
import { blockValues, dtypeBytes, type Dtype } from '../formats/dtype.js';
import type { ModelConfig } from '../model/model-config.js';
import type { OpenedModel } from '../model/opened-model.js';
import type { Block, BlockTensor, Share } from './block.js';

/** Tensors start on a cache line. */
const alignment = 64;

/** Rows of the output head that one piece has at least, unless its bytes are set. */
const leastPieceRows = 64;

/** A tensor, or the part of it a node holds, before it has a place in its block. */
type Part = Pick<BlockTensor, 'name' | 'rows' | 'cols' | 'rowStart' | 'colStart'> & {
  /** Starts right behind the tensor before it where both have one type, so that they multiply as one matrix. */
  joined?: boolean;
  vector?: boolean;
};

export type DtypeOf = (name: string) => Dtype;

export interface LayoutOptions {
  /** The master also holds the final norm and the output head. */
  isMaster: boolean;
  /** Most bytes of one piece of the output head. Default: the largest block of a layer, or 64 rows if that is more. */
  headPieceBytes?: number;
}

/**
 * The blocks of one node's share, in the order a forward pass uses them: `l<i>.attn`, `l<i>.ffn` for every layer, then on the
 * master `output.norm` and the head in pieces. A node without heads has attention blocks of 0 bytes. Matrices have the
 * types that `dtypeOf` names, vectors are F32. Pure.
 * @throws WrongUseError DTYPE_UNSUITABLE where a row cannot be cut into whole blocks of its type.
 */
export function blockLayout(
  model: Pick<OpenedModel, 'config' | 'tensors'>, share: Share, dtypeOf: DtypeOf, options: LayoutOptions,
): Block[] {
  const { config } = model;
  const blocks: Block[] = [];
  for (let layer = 0; layer < config.nLayers; layer++) {
    const prefix = `model.layers.${layer}.`;
    blocks.push(placed(`l${layer}.attn`, attentionParts(config, share, prefix), dtypeOf));
    blocks.push(placed(`l${layer}.ffn`, ffnParts(config, share, prefix), dtypeOf));
  }
  if (!options.isMaster) return blocks;
  return [...blocks, ...outputBlocks(model, dtypeOf, mostPieceRows(model, dtypeOf, blocks, options.headPieceBytes))];
}

function attentionParts(config: ModelConfig, share: Share, prefix: string): Part[] {
  if (share.kvHeads === 0) return [];
  const { dim, headDim } = config;
  const attn = `${prefix}self_attn.`;
  const group = (config.nHeads / config.nKvHeads) * headDim;
  const query = { start: share.kvHeadStart * group, count: share.kvHeads * group };
  const keyValue = { start: share.kvHeadStart * headDim, count: share.kvHeads * headDim };
  const projections = [['q_proj', query], ['k_proj', keyValue], ['v_proj', keyValue]] as const;
  const parts = [vector(`${prefix}input_layernorm.weight`, dim)];
  for (const [name, range] of projections) parts.push(rowsOf(`${attn}${name}.weight`, range, dim));
  if (config.qkvBias) {
    for (const [name, range] of projections) parts.push(vector(`${attn}${name}.bias`, range.count, range.start));
  }
  if (config.qkNorm) parts.push(vector(`${attn}q_norm.weight`, headDim), vector(`${attn}k_norm.weight`, headDim));
  parts.push(columnsOf(`${attn}o_proj.weight`, query, dim));
  // The partial sums are added up, so the bias may be in one of them only: that of the node with the first head.
  if (config.outputBias && share.kvHeadStart === 0) parts.push(vector(`${attn}o_proj.bias`, dim));
  return parts;
}

function ffnParts(config: ModelConfig, share: Share, prefix: string): Part[] {
  if (share.ffnColumns === 0) return [];
  const range = { start: share.ffnStart, count: share.ffnColumns };
  return [
    vector(`${prefix}post_attention_layernorm.weight`, config.dim),
    rowsOf(`${prefix}mlp.gate_proj.weight`, range, config.dim),
    rowsOf(`${prefix}mlp.up_proj.weight`, range, config.dim),
    columnsOf(`${prefix}mlp.down_proj.weight`, range, config.dim),
  ];
}

/**
 * Most rows of the output head that one piece may have: as many as are no larger than `askedBytes`, or than the largest of
 * the layers' blocks.
 */
export function mostPieceRows(
  { config, tensors }: Pick<OpenedModel, 'config' | 'tensors'>, dtypeOf: DtypeOf, layers: readonly Block[], askedBytes?: number,
): number {
  const rowBytes = dtypeBytes(dtypeOf(headName(tensors)), config.dim);
  if (askedBytes !== undefined) return Math.max(1, Math.floor(askedBytes / rowBytes));
  const largest = layers.reduce((most, block) => Math.max(most, block.bytes), 0);
  // A master with a tiny share of the layers, or none, still reads its head in pieces worth a read.
  return Math.max(leastPieceRows, Math.floor(largest / rowBytes));
}

/** `output.norm`, then `output.0`, `output.1`, …: the head's rows in even pieces of at most `mostRows`. */
export function outputBlocks(
  { config, tensors }: Pick<OpenedModel, 'config' | 'tensors'>, dtypeOf: DtypeOf, mostRows: number,
): Block[] {
  const { dim, vocab } = config;
  const name = headName(tensors);
  const blocks = [placed('output.norm', [vector('model.norm.weight', dim)], dtypeOf)];
  const pieces = Math.ceil(vocab / mostRows);
  for (let piece = 0; piece < pieces; piece++) {
    const start = Math.floor((piece * vocab) / pieces);
    const count = Math.floor(((piece + 1) * vocab) / pieces) - start;
    blocks.push(placed(`output.${piece}`, [rowsOf(name, { start, count }, dim)], dtypeOf));
  }
  return blocks;
}

function headName(tensors: OpenedModel['tensors']): string {
  return tensors.has('lm_head.weight') ? 'lm_head.weight' : 'model.embed_tokens.weight';
}

interface Range {
  start: number;
  count: number;
}

function vector(name: string, length: number, start = 0): Part {
  return { name, rows: 1, cols: length, rowStart: 0, colStart: start, vector: true };
}

function rowsOf(name: string, { start, count }: Range, cols: number): Part {
  return { name, rows: count, cols, rowStart: start, colStart: 0, joined: true };
}

function columnsOf(name: string, { start, count }: Range, rows: number): Part {
  return { name, rows, cols: count, rowStart: 0, colStart: start };
}

/** Lays the parts one behind another, each on a cache line unless it joins a matrix of its own type. */
function placed(block: string, parts: readonly Part[], dtypeOf: DtypeOf): Block {
  const tensors: BlockTensor[] = [];
  let end = 0;
  /** The type of the matrix just laid down that another may join. */
  let open: Dtype | null = null;
  for (const { joined = false, vector: isVector = false, ...part } of parts) {
    const dtype = isVector ? 'f32' : dtypeOf(part.name);
    checkBlocks(part, dtype);
    const offset = joined && open === dtype ? end : Math.ceil(end / alignment) * alignment;
    const bytes = dtypeBytes(dtype, part.rows * part.cols);
    tensors.push({ ...part, dtype, offset, bytes });
    end = offset + bytes;
    open = joined ? dtype : null;
  }
  return { name: block, bytes: end, tensors };
}

function checkBlocks({ name, cols, colStart }: Pick<BlockTensor, 'name' | 'cols' | 'colStart'>, dtype: Dtype): void {
  const values = blockValues(dtype);
  if (cols % values === 0 && colStart % values === 0) return;
  throw new WrongUseError(
    'DTYPE_UNSUITABLE',
    `${name} has rows of ${cols} values from ${colStart}, which ${dtype} cannot hold in blocks of ${values}: ` +
      'choose --dtype f32, bf16 or f16.',
    { values: { dtype } },
  );
}
