"""Makes golden.json: random blocks of ggml's types with the values that the `gguf` package reads from them, and random
floats with the blocks it makes of them. Needs `pip install gguf numpy`; run it in this folder.
"""

import base64
import json
from importlib.metadata import version

import gguf
import numpy as np
from gguf.quants import dequantize, quantize

TYPES = ["Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K"]
# Where a block's F16 scales lie, so that they can be finite numbers: random bits would often be infinities.
SCALES = {"Q4_1": [0, 2], "Q5_1": [0, 2], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208]}
VALUES = 2048


def encode(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def random_blocks(name, random):
    block_values, block_bytes = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[name]]
    blocks = random.integers(0, 256, (VALUES // block_values, block_bytes), dtype=np.uint8)
    for offset in SCALES.get(name, [0]):
        scales = (random.standard_normal(len(blocks)) * 10.0 ** random.uniform(-7, 2, len(blocks))).astype(np.float16)
        blocks[:, offset : offset + 2] = scales.view(np.uint8).reshape(-1, 2)
    return blocks


def main():
    random = np.random.default_rng(20240229)
    widened = {}
    for name in TYPES:
        blocks = random_blocks(name, random)
        values = dequantize(blocks, gguf.GGMLQuantizationType[name]).astype(np.float32)
        widened[name.lower()] = {"blocks": encode(blocks), "values": encode(values)}
    floats = (random.standard_normal(VALUES) * np.repeat(10.0 ** random.uniform(-4, 3, VALUES // 32), 32)).astype(np.float32)
    floats[64:96] = 0
    quantised = {
        name.lower(): {"values": encode(floats), "blocks": encode(quantize(floats, gguf.GGMLQuantizationType[name]))}
        for name in ["Q8_0", "Q4_0"]
    }
    made_with = {"gguf": version("gguf"), "numpy": np.__version__}
    with open("golden.json", "w") as file:
        json.dump({"made_with": made_with, "widened": widened, "quantised": quantised}, file, indent=1)
        file.write("\n")


main()
