#!/usr/bin/env python3
"""Makes test/golden/models: small random-weight models and what transformers, in F32, says they do.

    python test/golden/make-golden-models.py [name ...]

Needs torch, transformers, safetensors, tokenizers. Each folder is a Hugging Face model plus `golden.json`:
prompt (40 ids), greedy (64 ids), and `golden-logits.f32`: little-endian F32, one row of `vocab` per entry of
`logit_positions` (the row at position p follows token p of prompt + greedy, so it chooses token p + 1).

A model is kept only if it can tell right from wrong: logit standard deviation >= 1, every greedy margin >= 0.01, and each
mutant (golden_mutants.py) moves the logits by 0.1 or more and changes the greedy tokens. Seeds are tried in order.
"""

import json
import platform
import re
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

sys.path.insert(0, str(Path(__file__).parent))
from golden_mutants import mutant_of
from golden_shapes import SHAPES
from golden_tokenizer import write_json, write_tokenizer

PROMPT, GREEDY = 40, 64
LOGIT_POSITIONS = [0, 17, 36, 37, 38, 39, 71, 102]
SPECIAL_IDS = 5
LEAST_MARGIN, LEAST_STD, LEAST_SHIFT = 0.01, 1.0, 0.1


def random_weights(names_and_shapes, config, seed):
    """Weights large enough that every feature matters: unit gain, norms and biases that are far from 1 and 0."""
    generator = torch.Generator().manual_seed(seed)
    tied = config["tie_word_embeddings"]
    weights = {}
    for name, shape in names_and_shapes:
        noise = torch.randn(shape, generator=generator, dtype=torch.float32)
        if name.endswith("norm.weight"):
            weights[name] = 1.0 + 0.3 * noise.clamp(-2.5, 2.5)
        elif name.endswith(".bias"):
            weights[name] = 0.5 * noise
        elif name == "model.embed_tokens.weight":
            weights[name] = noise * (2.5 / shape[1] ** 0.5 if tied else 1.0)
        elif name == "lm_head.weight":
            weights[name] = noise * 3.0 / shape[1] ** 0.5
        else:
            sharp = 1.6 if "q_proj" in name or "k_proj" in name else 1.2
            weights[name] = noise * sharp / shape[1] ** 0.5
    # Special tokens never win, so that an answer is not cut short by its weights.
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        if name in weights:
            weights[name][:SPECIAL_IDS] = 0.0
    return weights


def write_model(folder, config, weights, shards):
    folder.mkdir(parents=True)
    write_json(folder / "config.json", config)
    if shards == 1:
        save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
        return
    names = list(weights)
    per_shard = -(-len(names) // shards)
    weight_map = {}
    for shard in range(shards):
        part = names[shard * per_shard:(shard + 1) * per_shard]
        file = f"model-{shard + 1:05d}-of-{shards:05d}.safetensors"
        save_file({name: weights[name] for name in part}, str(folder / file), metadata={"format": "pt"})
        weight_map.update({name: file for name in part})
    total = sum(weight.numel() * 4 for weight in weights.values())
    write_json(folder / "model.safetensors.index.json", {"metadata": {"total_size": total}, "weight_map": weight_map})


def load(folder):
    """The model as transformers reads the folder: what is judged is what was written."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval()


def logits_of(model, ids):
    """(len(ids), vocab), one pass without a cache."""
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]


def greedy_tokens(model, prompt, count, least_margin):
    """Greedy ids, or None as soon as the best two logits are closer than `least_margin`."""
    ids = list(prompt)
    for _ in range(count):
        best = logits_of(model, ids)[-1].topk(2)
        if float(best.values[0] - best.values[1]) < least_margin:
            return None
        ids.append(int(best.indices[0]))
    return ids[len(prompt):]


def judge(model, prompt, mutants):
    """The golden record and its logits, or None if this model cannot tell right from wrong."""
    greedy = greedy_tokens(model, prompt, GREEDY, LEAST_MARGIN)
    if greedy is None or len(set(greedy)) < 16 or min(greedy) < SPECIAL_IDS:
        return None
    ids = prompt + greedy[:-1]
    logits = logits_of(model, ids)
    std = float(logits[PROMPT - 1:].std(dim=1).min())
    best = logits[PROMPT - 1:].topk(2, dim=1).values
    margin = float((best[:, 0] - best[:, 1]).min())
    if std < LEAST_STD or margin < LEAST_MARGIN:
        return None
    record = {"prompt": prompt, "greedy": greedy, "logit_positions": LOGIT_POSITIONS,
              "logit_std": round(std, 4), "least_margin": round(margin, 5), "mutants": {}}
    for name in mutants:
        mutant = mutant_of(model, name)
        # The last prompt position, so that a test which looks only there catches it too.
        shift = float((logits_of(mutant, prompt)[-1] - logits[PROMPT - 1]).abs().max())
        tokens = greedy_tokens(mutant, prompt, GREEDY, 0.0)
        differs = next((i for i, (a, b) in enumerate(zip(tokens, greedy)) if a != b), None)
        if shift < LEAST_SHIFT or differs is None:
            return None
        record["mutants"][name] = {"logit_shift": round(shift, 4), "first_greedy_difference": differs}
    return record, logits[LOGIT_POSITIONS]


def names_and_shapes(folder, config):
    """Parameter names in a stable order, as transformers builds them for this config."""
    write_json(folder / "config.json", config)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(folder))
    return [(name, tuple(p.shape)) for name, p in model.named_parameters()]


def make(root, name, config, mutants, shards=1, tokenizer=False):
    folder = root / name
    for seed in range(1, 2000):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        weights = random_weights(names_and_shapes(folder, config), config, seed)
        shutil.rmtree(folder)
        write_model(folder, config, weights, shards)
        generator = torch.Generator().manual_seed(seed + 10_000)
        prompt = torch.randint(SPECIAL_IDS, config["vocab_size"], (PROMPT,), generator=generator).tolist()
        judged = judge(load(folder), prompt, mutants)
        if judged is None:
            continue
        record, logits = judged
        if tokenizer:
            assert write_tokenizer(folder) == config["vocab_size"]
        made_with = {"python": platform.python_version(), "torch": torch.__version__,
                     "transformers": transformers.__version__, "dtype": "float32", "seed": seed}
        text = json.dumps({"made_with": made_with, "vocab": config["vocab_size"], **record}, indent=1)
        (folder / "golden.json").write_text(compact_lists(text) + "\n")
        (folder / "golden-logits.f32").write_bytes(logits.contiguous().numpy().astype("<f4").tobytes())
        print(f"{name}: seed {seed}, std {record['logit_std']}, margin {record['least_margin']}", record["mutants"])
        return
    raise SystemExit(f"{name}: no seed gives a model that can tell right from wrong")


def compact_lists(text):
    """Puts lists of numbers on one line."""
    return re.sub(r"\[\s+([-\d.,\s]+?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m.group(1)) + "]", text)


if __name__ == "__main__":
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    models = Path(__file__).parent / "models"
    for model_name in sys.argv[1:] or SHAPES:
        make(models, model_name, **SHAPES[model_name])
