"""One wrong implementation per feature, made from a right one: what a mistake in the engine would look like."""

import copy

import torch


def attentions(model):
    return [layer.self_attn for layer in model.model.layers]


def no_rope(model):
    model.model.rotary_emb.inv_freq.zero_()


def rope_theta(model):
    """The base of Llama 1 halved: every frequency but the first is wrong."""
    inv = model.model.rotary_emb.inv_freq
    inv.copy_(inv * 2.0 ** (torch.arange(len(inv)) / len(inv)))


def no_scaling(model):
    inv, config = model.model.rotary_emb.inv_freq, model.config
    inv.copy_(config.rope_parameters["rope_theta"] ** -(torch.arange(len(inv)) / len(inv)))


def linear_scaling(model):
    no_scaling(model)
    model.model.rotary_emb.inv_freq.div_(model.config.rope_parameters["factor"])


def rope_pairs(model):
    """Rotates (2i, 2i + 1) where (i, i + head_dim / 2) belong together, as GGUF's rows would want."""
    for attention in attentions(model):
        half = attention.head_dim // 2
        order = torch.arange(2 * half).reshape(half, 2).T.reshape(-1)
        for projection in (attention.q_proj, attention.k_proj):
            weight = projection.weight.data
            heads = weight.reshape(-1, 2 * half, weight.shape[1])
            projection.weight.data = heads[:, order].reshape(weight.shape).clone()


def eps(model):
    for module in model.modules():
        if hasattr(module, "variance_epsilon"):
            module.variance_epsilon = 1e-6


def gqa_mapping(model):
    """Query head h reads KV head h % kv_heads in place of floor(h * kv_heads / heads)."""
    heads, kv_heads = model.config.num_attention_heads, model.config.num_key_value_heads
    group = heads // kv_heads
    order = torch.tensor([slot // group + kv_heads * (slot % group) for slot in range(heads)])
    for attention in attentions(model):
        d = attention.head_dim
        rows = (order[:, None] * d + torch.arange(d)).reshape(-1)
        attention.q_proj.weight.data = attention.q_proj.weight.data[rows].clone()
        if attention.q_proj.bias is not None:
            attention.q_proj.bias.data = attention.q_proj.bias.data[rows].clone()
        attention.o_proj.weight.data = attention.o_proj.weight.data[:, rows].clone()


def no_bias(model):
    for attention in attentions(model):
        for projection in (attention.q_proj, attention.k_proj, attention.v_proj):
            projection.bias.data.zero_()


def no_qk_norm(model):
    for attention in attentions(model):
        attention.q_norm = attention.k_norm = torch.nn.Identity()


def plain_qk_norm(model):
    for attention in attentions(model):
        attention.q_norm.weight.data.fill_(1.0)
        attention.k_norm.weight.data.fill_(1.0)


def no_sliding_window(model):
    model.config.sliding_window = None
    model.config.layer_types = ["full_attention"] * model.config.num_hidden_layers
    for attention in attentions(model):
        attention.sliding_window = None


def sliding_window(model):
    """Applies a window that the config switches off (Qwen2's use_sliding_window)."""
    model.config.sliding_window = 16
    model.config.layer_types = ["sliding_attention"] * model.config.num_hidden_layers
    model.model.has_sliding_layers = True
    for layer in model.model.layers:
        layer.attention_type = "sliding_attention"
        layer.self_attn.sliding_window = 16


def head_dim_scale(model):
    """Scales scores, and so thinks of heads, by dim / heads in place of the explicit head_dim."""
    for attention in attentions(model):
        attention.scaling = (model.config.hidden_size / model.config.num_attention_heads) ** -0.5


def head_tied(model):
    model.lm_head.weight = torch.nn.Parameter(model.model.embed_tokens.weight.data.clone())


def head_untied(model):
    generator = torch.Generator().manual_seed(7)
    weight = model.model.embed_tokens.weight.data
    model.lm_head.weight = torch.nn.Parameter(torch.randn(weight.shape, generator=generator) * weight.std())


def mutant_of(model, name):
    """A copy of `model` with the mistake `name` (a function of this file, with dashes) built in."""
    mutant = copy.deepcopy(model)
    with torch.no_grad():
        globals()[name.replace("-", "_")](mutant)
    return mutant
