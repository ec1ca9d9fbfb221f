"""A byte-level BPE small enough to read: 3 specials, 2 turn marks, the 256 bytes and 27 merges; with a chat template."""

import json

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SPECIALS = ["<|unknown|>", "<|begin|>", "<|end|>", "<|turn|>", "<|turn_end|>"]
MERGES = (
    "t h|th e|Ġ the|i n|e r|a n|o n|Ġ t|Ġ a|in g|r e|Ġ s|o u|h e|e n|Ġ w|a t|o r|e s|i s|an d|Ġ and|l l|Ġ o|Ġ i|e d|Ã ¶"
).split("|")
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|turn|>{{ message['role'] }}\n{{ message['content'] }}<|turn_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)


def write_tokenizer(folder):
    """Writes tokenizer.json, tokenizer_config.json and generation_config.json; returns the number of tokens."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {token: index for index, token in enumerate(SPECIALS + letters)}
    merges = [tuple(pair.split(" ")) for pair in MERGES]
    for left, right in merges:
        vocab[left + right] = len(vocab)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIALS])
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<|begin|>", "eos_token": "<|end|>",
        "unk_token": "<|unknown|>", "model_max_length": 256, "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    write_json(folder / "tokenizer_config.json", config)
    write_json(folder / "generation_config.json", {"bos_token_id": 1, "eos_token_id": [2, 4], "do_sample": False})
    return tokenizer.get_vocab_size()


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
