"""The Llama architecture, small, in plain torch."""

import torch
from torch import nn
import torch.nn.functional as F

CONFIG = {
    "vocab_size": 6144, "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 5, "num_attention_heads": 8,
    "num_key_value_heads": 4, "head_dim": 32, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 4096,
}
DROPOUT = 0.1


def rotate(x, cos, sin):
    """x: (batch, heads, seq, head_dim); halves are rotated against each other, as in Hugging Face's Llama."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        dim, kv = c["hidden_size"], c["num_key_value_heads"] * c["head_dim"]
        self.heads, self.kv_heads, self.head_dim = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        self.input_layernorm = nn.RMSNorm(dim, c["rms_norm_eps"])
        self.post_attention_layernorm = nn.RMSNorm(dim, c["rms_norm_eps"])
        self.q_proj, self.k_proj = nn.Linear(dim, dim, bias=False), nn.Linear(dim, kv, bias=False)
        self.v_proj, self.o_proj = nn.Linear(dim, kv, bias=False), nn.Linear(dim, dim, bias=False)
        self.gate_proj = nn.Linear(dim, c["intermediate_size"], bias=False)
        self.up_proj = nn.Linear(dim, c["intermediate_size"], bias=False)
        self.down_proj = nn.Linear(c["intermediate_size"], dim, bias=False)

    def split(self, x, heads):
        return x.view(*x.shape[:2], heads, self.head_dim).transpose(1, 2)

    def forward(self, x, cos, sin, causal):
        h = self.input_layernorm(x)
        q = rotate(self.split(self.q_proj(h), self.heads), cos, sin)
        k = rotate(self.split(self.k_proj(h), self.kv_heads), cos, sin)
        v = self.split(self.v_proj(h), self.kv_heads)
        group = self.heads // self.kv_heads
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        # Written out: torch's fused attention takes longer than all the products for rows as short as these.
        scores = (q @ k.transpose(-1, -2)) * self.head_dim ** -0.5 + causal[: x.shape[1], : x.shape[1]]
        attended = (scores.softmax(-1).to(v.dtype) @ v).transpose(1, 2).reshape(x.shape)
        x = x + F.dropout(self.o_proj(attended), DROPOUT, self.training)
        h = self.post_attention_layernorm(x)
        return x + F.dropout(self.down_proj(F.silu(self.gate_proj(h)) * self.up_proj(h)), DROPOUT, self.training)


class SmallLlama(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embedding = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = nn.RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        for name, p in self.named_parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.03)
                # A layer begins as the identity: the deep model learns as fast as a shallow one at first.
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    nn.init.zeros_(p)
        # (positions, head_dim / 2)
        steps = c["rope_theta"] ** (-torch.arange(0, c["head_dim"], 2).float() / c["head_dim"])
        angles = torch.outer(torch.arange(256).float(), steps)
        self.register_buffer("cos", torch.cat((angles, angles), -1).cos(), persistent=False)
        self.register_buffer("sin", torch.cat((angles, angles), -1).sin(), persistent=False)
        # (positions, positions): nothing looks ahead.
        self.register_buffer("causal", torch.full((256, 256), float("-inf")).triu(1), persistent=False)

    def forward(self, ids):
        """ids: (batch, seq) -> hidden states (batch, seq, dim); logits are their products with the embedding."""
        x = F.dropout(self.embedding(ids), DROPOUT, self.training)
        cos, sin = self.cos[: ids.shape[1]], self.sin[: ids.shape[1]]
        for layer in self.layers:
            x = layer(x, cos, sin, self.causal)
        return self.norm(x)
