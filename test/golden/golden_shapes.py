"""The shapes of the golden models: one entry per family or feature, as the config.json each folder holds.

Common to all: an eps large enough that a wrong one shows, and special tokens 0..2 that never win (see make-golden-models.py).
"""

BASE = {
    "hidden_act": "silu",
    "max_position_embeddings": 256,
    "rms_norm_eps": 0.05,
    "rope_theta": 10000.0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "torch_dtype": "float32",
    "vocab_size": 256,
    "num_hidden_layers": 2,
}


def shape(model_type, architecture, dim, heads, kv_heads, ffn, **more):
    return {
        **BASE,
        "model_type": model_type,
        "architectures": [architecture],
        "hidden_size": dim,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "intermediate_size": ffn,
        "tie_word_embeddings": False,
        **more,
    }


def llama(*args, **more):
    return shape("llama", "LlamaForCausalLM", *args, **more)


# Each: config, mutants that the golden logits must tell apart, number of shards, whether a tokenizer goes with it.
SHAPES = {
    # Splits over 5 nodes in quantised types: 160 FFN columns are 5 x 32, and one KV head's o_proj columns are 64.
    "llama-gqa": dict(
        config=llama(64, 4, 2, 160, head_dim=32, vocab_size=288),
        mutants=["no-rope", "rope-pairs", "rope-theta", "eps", "gqa-mapping", "head-tied"],
        tokenizer=True,
    ),
    "llama3-rope": dict(
        config=llama(
            32, 4, 2, 96, rope_theta=500000.0,
            rope_scaling=dict(
                rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                original_max_position_embeddings=16,
            ),
        ),
        mutants=["no-rope", "no-scaling", "linear-scaling", "eps", "gqa-mapping"],
    ),
    "tied": dict(
        config=llama(32, 4, 4, 96, tie_word_embeddings=True, num_hidden_layers=3),
        mutants=["no-rope", "eps", "head-untied"],
    ),
    "qwen2": dict(
        config=shape(
            "qwen2", "Qwen2ForCausalLM", 32, 4, 2, 96, tie_word_embeddings=True, use_sliding_window=False,
            sliding_window=16, max_window_layers=2, rope_theta=1000000.0,
        ),
        mutants=["no-rope", "eps", "gqa-mapping", "no-bias", "sliding-window"],
    ),
    # Written as newer versions of transformers write it: rope_parameters in place of rope_theta.
    "qwen3": dict(
        config=shape(
            "qwen3", "Qwen3ForCausalLM", 64, 4, 2, 96, head_dim=32, tie_word_embeddings=True, rope_theta=None,
            rope_parameters=dict(rope_type="default", rope_theta=1000000.0), attention_bias=False,
        ),
        mutants=["no-rope", "rope-theta", "eps", "gqa-mapping", "no-qk-norm", "plain-qk-norm", "head-dim-scale"],
    ),
    "sharded": dict(
        config=llama(32, 4, 2, 96, num_hidden_layers=3), mutants=["no-rope", "eps", "gqa-mapping"], shards=3,
    ),
    "mistral": dict(
        config=shape("mistral", "MistralForCausalLM", 32, 4, 2, 96, head_dim=24, sliding_window=16),
        mutants=["no-rope", "eps", "gqa-mapping", "no-sliding-window", "head-dim-scale"],
    ),
    # SmolLM2's awkward heads: 9 query heads over 3 KV heads, 96 o_proj columns per KV head. A Mistral without a window,
    # since transformers lets no Llama have a dim that its heads do not divide.
    "odd-heads": dict(
        config=shape(
            "mistral", "MistralForCausalLM", 64, 9, 3, 96, head_dim=32, sliding_window=None, tie_word_embeddings=True,
        ),
        mutants=["no-rope", "eps", "gqa-mapping"],
    ),
    "llama1-mha": dict(config=llama(32, 4, 4, 96), mutants=["no-rope", "rope-pairs", "eps", "head-tied"]),
}
del SHAPES["qwen3"]["config"]["rope_theta"]
