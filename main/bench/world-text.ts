import type { WorldRow } from './world-row.js';

/** A row for people. */
export function worldText(row: WorldRow): string {
  const { compute, allreduce_wait: wait, wire, weight_wait: weights } = row.ms_per_token;
  const nodes = `${row.world_size} node${row.world_size === 1 ? '' : 's'} x ${row.threads_per_node} thread${row.threads_per_node === 1 ? '' : 's'}`;
  const ratios = row.world_size === 1 ? '' : ` (${row.ratio_to_one.prefill.toFixed(2)}x and ${row.ratio_to_one.decode.toFixed(2)}x of one)`;
  return `${row.model}, ${nodes}: prefill ${row.prefill_tok_per_s.toFixed(0)} tok/s, decode ${row.decode_tok_per_s.toFixed(1)} tok/s${ratios}; ` +
    `ms per token: compute ${compute.toFixed(2)}, all-reduce wait ${wait.toFixed(2)}, wire ${wire.toFixed(2)}, weight wait ${weights.toFixed(2)}`;
}
