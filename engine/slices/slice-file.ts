import { blockValues } from '../formats/dtype.js';
import { encodeSafetensorsHeader, type SafetensorsPart } from '../formats/safetensors.js';
import type { Block, BlockTensor } from './block.js';

/** Direct reads want offsets and lengths of whole pages. */
const pageBytes = 4096;

/** How a block is stored: a safetensors file whose data section is the block, byte for byte, padded to whole pages. */
export interface SliceFileLayout {
  header: Uint8Array;
  /** = header.length: a multiple of 4096. */
  dataOffset: number;
  /** Zero bytes behind the block. */
  padding: number;
  /** Of the whole file; a multiple of 4096. */
  bytes: number;
}

/**
 * The file of one block. Block types that safetensors has no name for are stored as U8 rows, with their own name in the
 * metadata (`dtype.<tensor>`). Gaps between tensors and the end are `_padding.<n>`, since the format allows no holes. Pure.
 */
export function sliceFileLayout(block: Block): SliceFileLayout {
  const parts: SafetensorsPart[] = [];
  const metadata: Record<string, string> = { block: block.name };
  let end = 0;
  const pad = (upTo: number): void => {
    if (upTo > end) parts.push({ name: `_padding.${end}`, dtype: 'U8', shape: [upTo - end], bytes: upTo - end });
    end = upTo;
  };
  for (const tensor of block.tensors) {
    pad(tensor.offset);
    parts.push(part(tensor));
    if (blockValues(tensor.dtype) > 1) metadata[`dtype.${tensor.name}`] = tensor.dtype;
    end += tensor.bytes;
  }
  const dataBytes = Math.ceil(block.bytes / pageBytes) * pageBytes;
  pad(dataBytes);
  const header = encodeSafetensorsHeader(parts, metadata, { alignTo: pageBytes });
  const dataOffset = header.length;
  return { header, dataOffset, padding: dataBytes - block.bytes, bytes: dataOffset + dataBytes };
}

function part({ name, dtype, rows, cols, bytes }: BlockTensor): SafetensorsPart {
  if (blockValues(dtype) > 1) return { name, dtype: 'U8', shape: [rows, bytes / rows], bytes };
  return { name, dtype: dtype.toUpperCase(), shape: rows === 1 ? [cols] : [rows, cols], bytes };
}
