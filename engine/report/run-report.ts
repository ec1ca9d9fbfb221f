/** What one node did and needed, as `--json` prints it (design section 6). Bytes and counts. */
export interface NodeReport {
  rank: number;
  heads: number;
  kv_heads: number;
  ffn_columns: number;
  peak_rss_bytes: number;
  predicted_peak_bytes: number;
  weight_bytes_read: number;
  wire_bytes_sent: number;
  wire_bytes_received: number;
  allreduces: number;
  /** In all of them: waiting for the others, and on the wire. */
  allreduce_ms: number;
}

/** The last line of `hearth run --json`. */
export interface RunReport {
  model: string;
  dtype: string;
  /** Stored types that were converted on load: `{from, to, tensors}`. */
  conversions: readonly { from: string; to: string; tensors: number }[];
  world_size: number;
  memory_window: number;
  prompt_tokens: number;
  tokens: number[];
  text: string;
  finish_reason: string;
  ttft_ms: number;
  decode_tok_per_s: number;
  prefill_tok_per_s: number;
  ms_per_token: { compute: number; allreduce: number; weight_wait: number };
  nodes: NodeReport[];
}
