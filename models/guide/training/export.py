"""Writes the model in Hugging Face's layout: config, tokenizer with chat template, BF16 safetensors."""

import json

import torch
from safetensors.torch import save_file

# The guide was trained on single questions: it gets the last one, its beginning if it is long, in lower case.
CHAT_TEMPLATE = (
    "{% set last = namespace(question='') %}"
    "{% for m in messages %}{% if m['role'] == 'user' %}{% set last.question = m['content'] %}{% endif %}{% endfor %}"
    "{% set question = last.question | lower | replace('?', '') | replace('!', '') | trim %}"
    "<|user|>{{ ' ' + question[:240] }}<|end|>{% if add_generation_prompt %}<|guide|>{% endif %}"
)
ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")


def tensor_name(name):
    if name == "embedding.weight":
        return "model.embed_tokens.weight"
    part = name.split(".")[2] if name.startswith("layers.") else ""
    if part in ATTENTION:
        name = name.replace(part, f"self_attn.{part}")
    elif part in ("gate_proj", "up_proj", "down_proj"):
        name = name.replace(part, f"mlp.{part}")
    return f"model.{name}"


def export(folder, model, tokenizer, config):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {tensor_name(k): v.to(torch.bfloat16).contiguous() for k, v in model.state_dict().items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(folder / "tokenizer.json"))
    end = tokenizer.token_to_id("<|end|>")
    write_json(folder / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "torch_dtype": "bfloat16",
        "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False, "eos_token_id": end, "pad_token_id": 0,
        "rope_scaling": None, "initializer_range": 0.02, **config,
    })
    write_json(folder / "generation_config.json", {
        "eos_token_id": end, "pad_token_id": 0, "do_sample": False, "max_new_tokens": 96,
    })
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>", "pad_token": "<|pad|>",
        "model_max_length": config["max_position_embeddings"], "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    })


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
