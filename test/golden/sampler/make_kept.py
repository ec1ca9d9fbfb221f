"""Stores which tokens the logits warpers of `transformers` keep, for random logits with ties and minus infinity,
applied in the order in which its generation applies them. Run it with

    python make_kept.py

It writes kept.json beside itself.
"""

import json
import math
import pathlib
import random

import torch
import transformers
from transformers.generation.logits_process import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

rng = random.Random(11)
cases = []
for number in range(40):
    vocab = rng.choice([5, 33, 80])
    logits = [round(rng.gauss(0, 3), 5) for _ in range(vocab)]
    if number % 4 == 1:
        logits[rng.randrange(vocab)] = -math.inf
    if number % 4 == 2:
        # Ties at the k-th place: top-k keeps them all. (Which of tied tokens top-p keeps is left open there.)
        logits = [round(value) for value in logits]
    sampling = {
        "temperature": rng.choice([0.5, 1.0, 1.7]),
        "topK": rng.choice([0, 1, 4, 20]),
        "topP": 1.0 if number % 4 == 2 else rng.choice([1.0, 0.9, 0.5, 0.01]),
        "minP": rng.choice([0.0, 0.0, 0.05, 0.3]),
        "repetitionPenalty": rng.choice([1.0, 1.3, 0.8]),
    }
    recent = [rng.randrange(vocab) for _ in range(6)]
    scores = torch.tensor([logits], dtype=torch.float32)
    ids = torch.tensor([recent])
    steps = [RepetitionPenaltyLogitsProcessor(sampling["repetitionPenalty"]),
             TemperatureLogitsWarper(sampling["temperature"])]
    if sampling["topK"]:
        steps.append(TopKLogitsWarper(sampling["topK"]))
    if sampling["topP"] < 1:
        steps.append(TopPLogitsWarper(sampling["topP"]))
    if sampling["minP"]:
        steps.append(MinPLogitsWarper(sampling["minP"]))
    for step in steps:
        scores = step(ids, scores)
    kept = [i for i, value in enumerate(scores[0].tolist()) if value > -math.inf]
    cases.append({
        "logits": [None if value == -math.inf else value for value in logits],
        "recent": recent, "sampling": sampling, "kept": kept,
        "probabilities": [round(p, 6) for p in torch.softmax(scores[0], 0)[kept].tolist()],
    })

content = {"made_with": f"transformers {transformers.__version__}, torch {torch.__version__}", "cases": cases}
path = pathlib.Path(__file__).parent / "kept.json"
path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
