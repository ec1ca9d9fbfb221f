"""Trains small tokenizers in the shapes that chat models have, and stores what Hugging Face's `tokenizers` makes of a
varied corpus: ids with and without special tokens, and decoded text. Run it with

    python make_tokenizers.py

It writes one `<name>.json` beside itself per tokenizer. Versions are stored in each file. Training breaks some ties in
no fixed order, so that a rerun may learn other pieces: a tokenizer and its answers are stored together.
"""

import json
import pathlib
import random

import tokenizers
from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers,
)

HERE = pathlib.Path(__file__).parent

MODERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

TRAINING = [
    "The quick brown fox jumps over the lazy dog. It isn't, they're, we've, I'll, he'd: what's that?",
    "In 1984 there were 12345 people and 678 laptops, 3.14159 of them at 100%.",
    "def forward(x):\n    for i in range(10):\n        if x[i] != 0:\n            return x[i] ** 2\n\treturn None\n",
    "const answer = await engine.generate({ prompt: 'hello', maxTokens: 42 });\r\n",
    "Les élèves étudient à l'école; çà et là, œuvre, naïveté, Zoë. Größe, Übermut, Straße.",
    "こんにちは世界。今日はいい天気ですね。漢字とひらがなとカタカナ。",
    "你好,世界!我们在家里的笔记本电脑上运行一个模型。",
    "Привет, мир! Как дела? Съешь же ещё этих мягких французских булок.",
    # Words that share their first byte with the digits of their script: cut otherwise, those would merge otherwise.
    "قال لي مدير المدرسة: كيف حالك؟ مرحبا، كل يوم ليس مثل يوم. لا، نعم، هو في كل مكان.",
    # The same for a sign and a space that only Unicode counts as one.
    "pay £5 or £6 or £7, see §1 and §2, «one» «two» ¿Qué? ©",
    "The house is quiet and the houses are warm, warmer, warmest. Hello hello HELLO Hello world worlds",
    "a   b    c\n\n\nd\t\te      f",
]

SAMPLES = [
    "",
    " ",
    "Hello",
    " Hello",
    "  Hello  world  ",
    "Hello, world! It isn't what they're saying; WE'VE DON'T.",
    "The quick brown fox jumps over the lazy dog.",
    "1 12 123 1234 12345 1234567890 3.14 ½ ٣٤ Ⅷ ² 七",
    "tabs\tand\n\nnew\r\nlines   \n  and trailing   ",
    "          ten spaces",
    "\n\n\n\n",
    "def f(x):\n    return {'a': [1, 2, 3]}  # done\n",
    "if (a && b || !c) { x += 1; } // ===>>> <<<",
    "héllo œuvre e\u0301 combining n\u0303o, Å vs A\u030a",
    "こんにちは世界、今日は2024年です。",
    "你好,世界!我们😀在家",
    "emoji 😀😃 family 👨‍👩‍👧‍👦 flag 🇫🇷 skin 👍🏽 heart ❤️",
    "Привет, мир! Ελληνικά עברית العربية हिन्दी ไทย",
    "𝓯𝓪𝓷𝓬𝔂 𐍈 \U0001F9FF",
    "nbsp\u00a0here zero\u200bwidth bom\ufeffinside nel\u0085end line\u2028sep ideographic\u3000space",
    "\ufeffstarts with a mark",
    "a \u0085b \u0085\u0085 c",
    "CamelCaseWords and snake_case_words and SCREAMING_CASE HTTPServer iPhone",
    "a/b/c//d\n//e path/to/file.ts:12:34",
    "Ünïcödé ÀÉÎÕÜ ß ſ ŉ ǅ İstanbul ıI",
    "\u2581already marked\u2581 \u2581\u2581twice",
    "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n",
    "text <|im_end|> in the middle<|im_end|><|im_end|> twice",
    "<s>[INST] Hello [/INST]</s> half <|im_ and <0x41> <unk>",
    "<think>\nwell\n</think>\nyes <think>",
    "\x00\x01\x7f control",
    "x" * 200,
    "ab" * 40 + " " * 33 + "!" * 50,
]


def special_tokens(names):
    return [AddedToken(name, special=True, normalized=False) for name in names]


def byte_level(pre, *, ignore_merges, normalizer=None, bos=None, vocab=600):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    names = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"] + ([bos] if bos else [])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab, special_tokens=special_tokens(names), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(TRAINING * 3, trainer)
    tokenizer.add_tokens([AddedToken("<think>", special=False, normalized=False),
                          AddedToken("</think>", special=False, normalized=False)])
    if bos:
        frame = processors.TemplateProcessing(
            single=[bos, "$A"], pair=[bos, "$A", bos, "$B"],
            special_tokens=[(bos, tokenizer.token_to_id(bos))],
        )
        tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), frame])
    return tokenizer


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False)


def bytes_of_words(*steps):
    return pre_tokenizers.Sequence([*steps, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def sentence_piece_like(style):
    """BPE over marked spaces with a byte for each byte. `prepend` marks in the normalizer (Llama 2), `metaspace` in the
    pre-tokenizer without cutting (Mistral), `metaspace-split` cuts at every mark."""
    names = ["<unk>", "<s>", "</s>"]
    byte_tokens = [f"<0x{b:02X}>" for b in range(256)]
    trained = Tokenizer(models.BPE(unk_token="<unk>"))
    # Pieces across words are learnt where cutting has to keep them from being used.
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=style != "metaspace-split")
    trained.train_from_iterator(
        TRAINING * 3,
        trainers.BpeTrainer(vocab_size=440, special_tokens=names, show_progress=False, limit_alphabet=120),
    )
    source = json.loads(trained.to_str())["model"]
    # Pieces after control and byte tokens, in the order of their merging, as SentencePiece numbers them.
    merged = ["".join(m) for m in source["merges"]]
    by_id = sorted(source["vocab"], key=source["vocab"].get)
    characters = [token for token in by_id if token not in names and token not in set(merged)]
    pieces = names + byte_tokens + list(dict.fromkeys(merged)) + characters
    vocab = {piece: i for i, piece in enumerate(pieces)}
    # SentencePiece merges every pair whose whole is a piece, best piece first.
    merges = []
    for whole in dict.fromkeys(merged):
        for i in range(1, len(whole)):
            left, right = whole[:i], whole[i:]
            if left in vocab and right in vocab:
                merges.append((left, right))
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.add_special_tokens(special_tokens(names))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["<s>", "$A"], pair=["<s>", "$A", "<s>", "$B"], special_tokens=[("<s>", 1)],
    )
    spelled = [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    tokenizer.decoder = decoders.Sequence(spelled)
    if style == "prepend":
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
            prepend_scheme="first" if style == "metaspace" else "always", split=style == "metaspace-split",
        )
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=special_tokens(["<unk>", "<s>", "</s>"]), unk_token="<unk>", show_progress=False,
    )
    tokenizer.train_from_iterator(TRAINING, trainer)
    return tokenizer


def random_ids(tokenizer, seed):
    rng = random.Random(seed)
    size = tokenizer.get_vocab_size()
    return [[rng.randrange(size) for _ in range(rng.randrange(1, 6))] for _ in range(400)]


def is_utf8(tokenizer, ids):
    return "\ufffd" not in tokenizer.decode(ids)


def write(name, tokenizer):
    cases = [
        {
            "text": text,
            "ids": tokenizer.encode(text, add_special_tokens=False).ids,
            "framed": tokenizer.encode(text, add_special_tokens=True).ids,
            "decoded": tokenizer.decode(tokenizer.encode(text).ids),
        }
        for text in SAMPLES
    ]
    # Random ids whose bytes are whole characters; what broken bytes become differs between decoders.
    whole = [ids for ids in random_ids(tokenizer, 7) if is_utf8(tokenizer, ids)][:12]
    walks = [{"ids": ids, "decoded": tokenizer.decode(ids)} for ids in whole]
    content = {"made_with": f"tokenizers {tokenizers.__version__}", "tokenizer": json.loads(tokenizer.to_str()),
               "cases": cases, "walks": walks}
    (HERE / f"{name}.json").write_text(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")


write("llama3", byte_level(bytes_of_words(split(MODERN.replace("DIGITS", r"\p{N}{1,3}"))),
                           ignore_merges=True, bos="<|begin_of_text|>"))
write("qwen2", byte_level(bytes_of_words(split(MODERN.replace("DIGITS", r"\p{N}"))),
                          ignore_merges=False, normalizer=normalizers.NFC()))
write("tekken", byte_level(bytes_of_words(split(TEKKEN)), ignore_merges=True, bos="<s>"))
write("smollm", byte_level(
    pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                             pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]), ignore_merges=False))
write("gpt2", byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True), ignore_merges=False))
write("llama2", sentence_piece_like("prepend"))
write("metaspace-first", sentence_piece_like("metaspace"))
write("metaspace-split", sentence_piece_like("metaspace-split"))
write("unigram", unigram())
