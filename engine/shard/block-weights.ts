import { WeightType } from '../../native-kernels/index.js';
import type { Block, BlockTensor } from '../slices/block.js';

/** A matrix, or several of one type that lie row behind row (q, k, v; gate, up), inside a block. */
export interface Matrix {
  type: WeightType;
  /** Bytes from the start of the block. */
  offset: number;
  rows: number;
  cols: number;
  rowBytes: number;
  /** Row of the product at which this matrix's rows start. */
  outputRow: number;
}

/** A vector (norm weight, bias), always F32. */
export interface Vector {
  offset: number;
  length: number;
}

export interface AttentionWeights {
  inputNorm: Vector;
  /** q, k and v rows; one matrix where they share a type. */
  qkv: Matrix[];
  qkvBias: Vector[];
  qNorm: Vector | null;
  kNorm: Vector | null;
  output: Matrix;
  outputBias: Vector | null;
}

export interface FfnWeights {
  inputNorm: Vector;
  /** gate and up rows; one matrix where they share a type. */
  gateUp: Matrix[];
  down: Matrix;
}

/** Null for a node that owns no KV heads. */
export function attentionWeights(block: Block): AttentionWeights | null {
  if (block.bytes === 0) return null;
  const find = finder(block);
  return {
    inputNorm: vector(find.need('input_layernorm.weight')),
    qkv: joined([find.need('q_proj.weight'), find.need('k_proj.weight'), find.need('v_proj.weight')]),
    qkvBias: ['q_proj.bias', 'k_proj.bias', 'v_proj.bias'].flatMap((name) => find.some(name).map(vector)),
    qNorm: find.some('q_norm.weight').map(vector)[0] ?? null,
    kNorm: find.some('k_norm.weight').map(vector)[0] ?? null,
    output: matrix(find.need('o_proj.weight'), 0),
    outputBias: find.some('o_proj.bias').map(vector)[0] ?? null,
  };
}

/** Null for a node that owns no FFN columns. */
export function ffnWeights(block: Block): FfnWeights | null {
  if (block.bytes === 0) return null;
  const find = finder(block);
  return {
    inputNorm: vector(find.need('post_attention_layernorm.weight')),
    gateUp: joined([find.need('gate_proj.weight'), find.need('up_proj.weight')]),
    down: matrix(find.need('down_proj.weight'), 0),
  };
}

/** The final norm's block. */
export function finalNorm(block: Block): Vector {
  return vector(finder(block).need('norm.weight'));
}

/** A piece of the output head; `outputRow` is its first row of the whole head. */
export function headPiece(block: Block): Matrix {
  const tensor = block.tensors[0];
  if (tensor === undefined) throw new Error(`${block.name} holds no tensor`);
  return matrix(tensor, tensor.rowStart);
}

function finder(block: Block) {
  const some = (suffix: string) => block.tensors.filter((tensor) => tensor.name.endsWith(suffix));
  const need = (suffix: string): BlockTensor => {
    const tensor = some(suffix)[0];
    if (tensor === undefined) throw new Error(`${block.name} holds no ${suffix}`);
    return tensor;
  };
  return { some, need };
}

function vector(tensor: BlockTensor): Vector {
  return { offset: tensor.offset, length: tensor.cols };
}

function matrix(tensor: BlockTensor, outputRow: number): Matrix {
  const { offset, rows, cols } = tensor;
  return { type: WeightType[tensor.dtype], offset, rows, cols, rowBytes: tensor.bytes / rows, outputRow };
}

/** Matrices of one product, joined where one follows the other in memory with the same type: fewer, larger products. */
function joined(tensors: readonly BlockTensor[]): Matrix[] {
  const matrices: Matrix[] = [];
  let outputRow = 0;
  for (const tensor of tensors) {
    const next = matrix(tensor, outputRow);
    const last = matrices.at(-1);
    const follows = last !== undefined && last.type === next.type && last.offset + last.rows * last.rowBytes === next.offset;
    if (follows) last.rows += next.rows;
    else matrices.push(next);
    outputRow += tensor.rows;
  }
  return matrices;
}
