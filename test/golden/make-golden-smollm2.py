#!/usr/bin/env python3
"""Makes test/golden/smollm2.json: what transformers, in F32, answers with the weights of a SmolLM2 GGUF file.

    python test/golden/make-golden-smollm2.py path/to/SmolLM2-135M-Instruct.Q4_1.gguf

Needs torch, transformers and gguf. Every tensor is widened to F32; nothing else is changed. For each prompt: its token
ids, 64 greedy tokens (not stopped at an end of turn), and the margin between the two best logits at each of them.
"""

import hashlib
import json
import platform
import re
import sys
from pathlib import Path

import gguf
import numpy as np
import tokenizers
import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

GREEDY = 64
# (kind, text): a raw continuation, a chat turn through the model's own template, and one in other scripts.
PROMPTS = [
    ("raw", "The capital of France is"),
    ("chat", "Explain in two sentences why the sky is blue."),
    ("chat", "Translate to English: „Der Zug fährt um 7 Uhr ab.“ 🚆"),
]
NAMES = {
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}


def canonical(name):
    stem = name.removesuffix(".weight")
    layer = re.fullmatch(r"blk\.(\d+)\.(.+)", stem)
    return f"model.layers.{layer[1]}.{NAMES[layer[2]]}.weight" if layer else f"{NAMES[stem]}.weight"


def half_split_rows(weight, heads):
    """GGUF's llama keeps rows (2i, 2i + 1) of a head together; transformers rotates (i, i + head_dim / 2)."""
    rows, cols = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, cols).swapaxes(1, 2).reshape(rows, cols)


def read_model(reader):
    def field(name):
        return reader.fields[f"llama.{name}"].contents()

    heads, kv_heads = field("attention.head_count"), field("attention.head_count_kv")
    config = LlamaConfig(
        vocab_size=field("vocab_size"), hidden_size=field("embedding_length"), num_hidden_layers=field("block_count"),
        num_attention_heads=heads, num_key_value_heads=kv_heads, intermediate_size=field("feed_forward_length"),
        max_position_embeddings=field("context_length"), rms_norm_eps=field("attention.layer_norm_rms_epsilon"),
        rope_parameters=dict(rope_type="default", rope_theta=field("rope.freq_base")),
        tie_word_embeddings=not any(tensor.name == "output.weight" for tensor in reader.tensors),
        attn_implementation="eager",
    )
    weights = {}
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        values = values.reshape([int(n) for n in reversed(tensor.shape)])
        if "attn_q." in tensor.name or "attn_k." in tensor.name:
            values = half_split_rows(values, heads if "attn_q." in tensor.name else kv_heads)
        weights[canonical(tensor.name)] = torch.from_numpy(values.copy())
    model = LlamaForCausalLM(config).to(torch.float32).eval()
    missing, unexpected = model.load_state_dict(weights, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise SystemExit(f"the file does not fit a Llama: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model


def read_tokenizer(reader):
    """GPT-2 style byte-level BPE from the metadata, with the pre-tokenizer `smollm`: digits one by one, then GPT-2's."""
    if reader.fields["tokenizer.ggml.pre"].contents() != "smollm":
        raise SystemExit("only the pre-tokenizer `smollm` is known here")
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    kinds = reader.fields["tokenizer.ggml.token_type"].contents()
    merges = [tuple(pair.split(" ")) for pair in reader.fields["tokenizer.ggml.merges"].contents()]
    vocab = {token: index for index, token in enumerate(tokens)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Digits(individual_digits=True),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
    ])
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, kinds) if kind in (3, 4)]
    tokenizer.add_special_tokens([tokenizers.AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer


def prompt_text(reader, kind, text):
    if kind == "raw":
        return text
    import jinja2

    template = jinja2.Template(reader.fields["tokenizer.chat_template"].contents())
    return template.render(messages=[{"role": "user", "content": text}], add_generation_prompt=True)


def greedy(model, ids):
    """64 greedy tokens and the margin of each, rounded down to five digits."""
    tokens, margins, cache, feed = [], [], None, torch.tensor([ids])
    with torch.no_grad():
        for _ in range(GREEDY):
            out = model(input_ids=feed, past_key_values=cache, use_cache=True)
            cache = out.past_key_values
            best = out.logits[0, -1].topk(2)
            tokens.append(int(best.indices[0]))
            margins.append(round(float(best.values[0] - best.values[1]), 5))
            feed = best.indices[:1].reshape(1, 1)
    return tokens, margins


def main(path):
    torch.set_num_threads(2)
    reader = gguf.GGUFReader(path)
    model, tokenizer = read_model(reader), read_tokenizer(reader)
    entries = []
    for kind, text in PROMPTS:
        full = prompt_text(reader, kind, text)
        ids = tokenizer.encode(full, add_special_tokens=False).ids
        tokens, margins = greedy(model, ids)
        entries.append({
            "kind": kind, "text": text, "prompt_text": full, "prompt": ids, "greedy": tokens,
            "greedy_text": tokenizer.decode(tokens, skip_special_tokens=False),
            "least_margin": min(margins), "margins": margins,
        })
        print(kind, repr(text), "->", repr(entries[-1]["greedy_text"]), "least margin", min(margins))
    record = {
        "made_with": {"python": platform.python_version(), "torch": torch.__version__,
                      "transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "dtype": "float32"},
        "model": {"file": Path(path).name, "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()},
        "prompts": entries,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([-\d.,\s]+?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m.group(1)) + "]", text)
    (Path(__file__).parent / "smollm2.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
