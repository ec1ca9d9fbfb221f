"""What words mean, before the first training step: the token embeddings of SmolLM2, projected to the guide's size.

A few thousand written questions cannot teach that a notebook is a laptop; SmolLM2 (Apache-2.0, `npm run model:smollm2`) has read enough to
know. Only its embedding table is used, as the place where training begins.
"""

import numpy as np
import torch
from gguf import GGUFReader
from gguf.quants import dequantize
from tokenizers import Tokenizer, models, pre_tokenizers


def read_table(path):
    """(tokenizer, float32 embeddings (vocab, dim)) of a GGUF file with a byte-level BPE."""
    reader = GGUFReader(path)
    strings = lambda key: [str(bytes(reader.fields[key].parts[i]), "utf-8") for i in reader.fields[key].data]
    vocab = {token: i for i, token in enumerate(strings("tokenizer.ggml.tokens"))}
    merges = [tuple(merge.split(" ")) for merge in strings("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tensor = next(t for t in reader.tensors if t.name == "token_embd.weight")
    return tokenizer, dequantize(tensor.data, tensor.tensor_type).astype(np.float32)


def meanings(path, guide, dim, std):
    """(vocab, dim) for the guide's tokenizer: a token is the mean of the pieces that SmolLM2 makes of its text."""
    other, table = read_table(path)
    table = table - table.mean(0)
    table /= np.linalg.norm(table, axis=1, keepdims=True) + 1e-6
    rows = np.zeros((guide.get_vocab_size(), table.shape[1]), np.float32)
    for token, at in guide.get_vocab().items():
        text = guide.decoder.decode([token])
        pieces = other.encode(text).ids
        if pieces:
            rows[at] = table[pieces].mean(0)
    # The directions in which the guide's own words differ most.
    centred = rows - rows.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    small = centred @ directions[:dim].T
    return torch.from_numpy(small * (std / small.std()))
