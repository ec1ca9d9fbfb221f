/** Outside the layers: GGUF's name, Hugging Face's name. */
const outer = [
  ['token_embd.weight', 'model.embed_tokens.weight'],
  ['output_norm.weight', 'model.norm.weight'],
  ['output.weight', 'lm_head.weight'],
] as const;

/** Inside `blk.<i>.` and `model.layers.<i>.`. */
const inner = [
  ['attn_norm.weight', 'input_layernorm.weight'],
  ['attn_q.weight', 'self_attn.q_proj.weight'],
  ['attn_q.bias', 'self_attn.q_proj.bias'],
  ['attn_k.weight', 'self_attn.k_proj.weight'],
  ['attn_k.bias', 'self_attn.k_proj.bias'],
  ['attn_v.weight', 'self_attn.v_proj.weight'],
  ['attn_v.bias', 'self_attn.v_proj.bias'],
  ['attn_q_norm.weight', 'self_attn.q_norm.weight'],
  ['attn_k_norm.weight', 'self_attn.k_norm.weight'],
  ['attn_output.weight', 'self_attn.o_proj.weight'],
  ['attn_output.bias', 'self_attn.o_proj.bias'],
  ['ffn_norm.weight', 'post_attention_layernorm.weight'],
  ['ffn_gate.weight', 'mlp.gate_proj.weight'],
  ['ffn_up.weight', 'mlp.up_proj.weight'],
  ['ffn_down.weight', 'mlp.down_proj.weight'],
] as const;

const outerToCanonical = new Map<string, string>(outer);
const innerToCanonical = new Map<string, string>(inner);
const outerToGguf = new Map<string, string>(outer.map(([gguf, canonical]) => [canonical, gguf]));
const innerToGguf = new Map<string, string>(inner.map(([gguf, canonical]) => [canonical, gguf]));

/** Hugging Face's name of a GGUF tensor, or null for one that no supported architecture computes with. */
export function canonicalName(gguf: string): string | null {
  const [, layer, part] = /^blk\.(\d+)\.(.+)$/.exec(gguf) ?? [];
  if (layer === undefined || part === undefined) return outerToCanonical.get(gguf) ?? null;
  const canonical = innerToCanonical.get(part);
  return canonical === undefined ? null : `model.layers.${layer}.${canonical}`;
}

/** GGUF's name of a tensor, for refusals about a GGUF file. */
export function ggufName(canonical: string): string {
  const [, layer, part] = /^model\.layers\.(\d+)\.(.+)$/.exec(canonical) ?? [];
  if (layer === undefined || part === undefined) return outerToGguf.get(canonical) ?? canonical;
  return `blk.${layer}.${innerToGguf.get(part) ?? part}`;
}
