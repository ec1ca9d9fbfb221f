"""Trains the guide: tokenizer, then model, then BF16 export. See README.md for the command and what it took."""

import argparse
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from augment import Questions
from export import export
from phrasings import OFF_TOPIC, REFUSAL, TEMPLATES, Frozen, grouped_phrasings, read_intents
from small_llama import CONFIG, SmallLlama
from word_meanings import meanings

SPECIALS = ["<|pad|>", "<|system|>", "<|user|>", "<|guide|>", "<|end|>"]
PAD, SYSTEM, USER, GUIDE, END = range(5)
# How many of the rows show their answer to its end; the others only what tells it from all others.
WHOLE_SHARE = 0.12


def make_tokenizer(groups, answers, vocab):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab, special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIALS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False,
    )
    rng = random.Random(3)
    # Two questions of each written phrase: templates must not crowd out the words that people use.
    questions = [" " + q.lower() for rows in groups.values() for row in rows for q in rng.sample(row, min(len(row), 2))]
    tokenizer.train_from_iterator(questions + list(answers.values()) * 25, trainer)
    return tokenizer


class Samples:
    """Token rows: prompt, answer; the loss looks at the answer only, and mostly at what tells intents apart."""

    def __init__(self, tokenizer, answers, questions, rng):
        self.encode = lambda text: tokenizer.encode(text).ids
        self.answers = {name: self.encode(text) + [END] for name, text in answers.items()}
        self.telling = telling_lengths(self.answers)
        self.questions, self.rng = questions, rng
        self.systems = [self.encode(text) for text in TEMPLATES["systems"]]

    def prompt(self, question):
        return [USER, *self.encode(" " + question.lower().replace("?", "").replace("!", "").strip()), END, GUIDE]

    def draw(self, whole_share):
        question, name = self.questions.draw()
        prompt = self.prompt(question)
        if self.rng.random() < 0.04:
            earlier, other = self.questions.draw()
            prompt = self.prompt(earlier) + self.answers[other] + prompt
        if self.rng.random() < 0.02:
            prompt = [SYSTEM, *self.rng.choice(self.systems), END] + prompt
        answer = self.answers[name]
        if self.rng.random() >= whole_share:
            answer = answer[: self.telling[name]]
        return prompt, answer

    def batch(self, size, whole_share):
        return collate([self.draw(whole_share) for _ in range(size)])


def telling_lengths(answers):
    """How many tokens of each answer it takes to tell it from all others, and one more."""
    def shared(a, b):
        return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return {
        name: min(len(row), 2 + max(shared(row, other) for key, other in answers.items() if key != name))
        for name, row in answers.items()
    }


def collate(rows):
    """(batch, seq) inputs and targets; targets are -100 outside the answers."""
    longest = max(len(p) + len(a) for p, a in rows) - 1
    inputs = torch.full((len(rows), longest), PAD)
    targets = torch.full((len(rows), longest), -100)
    for i, (prompt, answer) in enumerate(rows):
        row = torch.tensor(prompt + answer)
        inputs[i, : len(row) - 1] = row[:-1]
        targets[i, len(prompt) - 1 : len(row) - 1] = row[len(prompt):]
    return inputs, targets


def by_length(samples, size, whole_share, batches=12):
    """Batches of rows of like length, in a shuffled order."""
    rows = sorted((samples.draw(whole_share) for _ in range(size * batches)), key=lambda row: len(row[0]) + len(row[1]))
    order = list(range(batches))
    samples.rng.shuffle(order)
    for i in order:
        yield collate(rows[i * size : (i + 1) * size])


def loss_of(model, inputs, targets, smoothing):
    kept = targets != -100
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(inputs)[kept] @ model.embedding.weight.T
    return F.cross_entropy(logits.float(), targets[kept], label_smoothing=smoothing)


@torch.no_grad()
def exact_share(model, samples, pairs):
    """Share of (question, intent) whose whole answer is the greedy one, for Hearth's questions and for the others."""
    model.eval()
    right = {True: [], False: []}
    missed = []
    for start in range(0, len(pairs), 64):
        part = pairs[start : start + 64]
        inputs, targets = collate([(samples.prompt(q), samples.answers[name]) for q, name in part])
        best = (model(inputs) @ model.embedding.weight.T).argmax(-1)
        good = ((best == targets) | (targets == -100)).all(-1).tolist()
        for (question, name), ok in zip(part, good):
            right[name == OFF_TOPIC].append(ok)
            if not ok:
                missed.append(f"{name}: {question}")
    model.train()
    return [sum(r) / max(1, len(r)) for r in (right[False], right[True])], missed


def take_dev(groups, rng, per_intent=2, off_topic=150):
    """Sets whole written questions aside that the training never sees, for looking at while it runs."""
    dev = []
    for name, rows in groups.items():
        alone = [row for row in rows if len(row) == 1]
        for row in rng.sample(alone, min(off_topic if name == OFF_TOPIC else per_intent, len(alone) // 2)):
            rows.remove(row)
            dev.append((row[0], name))
    return dev


def rate_at(step, done, args):
    """Warm up, hold, then down to a fiftieth over the last part. `done` is the share of the training that is over."""
    if step < args.warmup:
        return args.rate * (step + 1) / args.warmup
    return args.rate * min(1.0, 0.02 + 0.98 * max(0.0, 1 - done) / (1 - args.hold))


def parameter_groups(model):
    """Meanings are kept: words that no training question has would else be pushed away with the answers' words."""
    embedding = model.embedding.weight
    return [
        {"params": [embedding], "weight_decay": 0.0, "share": 0.3},
        {"params": [p for p in model.parameters() if p.dim() > 1 and p is not embedding], "weight_decay": 0.1, "share": 1.0},
        {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0, "share": 1.0},
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent)
    parser.add_argument("--work", type=Path, required=True, help="folder for checkpoints")
    parser.add_argument("--meanings", type=Path, required=True, help="GGUF file of SmolLM2-135M-Instruct")
    parser.add_argument("--minutes", type=float, default=45, help="wall time; the plan stretches over it")
    parser.add_argument("--batch", type=int, default=96)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--hold", type=float, default=0.4)
    parser.add_argument("--warmup", type=int, default=60)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--say", type=int, default=50, help="steps between two lines")
    parser.add_argument("--resume", action="store_true", help="go on where a training of the same plan was stopped")
    parser.add_argument("--onward", action="store_true", help="begin a new plan from the weights and tokenizer of a finished training")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(7)
    groups, frozen = grouped_phrasings(), Frozen()
    answers = {name: answer for name, answer, _ in read_intents()} | {OFF_TOPIC: REFUSAL}
    begun = args.resume or args.onward
    tokenizer = Tokenizer.from_file(str(args.out / "tokenizer.json")) if begun else make_tokenizer(groups, answers, CONFIG["vocab_size"])
    dev = take_dev(groups, random.Random(11))
    samples = Samples(tokenizer, answers, Questions(groups, frozen, seed=5), random.Random(6))
    lengths = [len(row) for row in samples.answers.values()]
    print(f"{len(answers)} answers, {sum(len(row) for rows in groups.values() for row in rows)} phrasings, {tokenizer.get_vocab_size()} tokens; answers "
          f"{sum(lengths) / len(lengths):.1f} tokens (longest {max(lengths)}), telling {sum(samples.telling.values()) / len(lengths):.1f}")
    model = SmallLlama(CONFIG)
    if not begun:
        with torch.no_grad():
            model.embedding.weight.copy_(meanings(args.meanings, tokenizer, CONFIG["hidden_size"], std=0.05))
    print(f"{sum(p.numel() for p in model.parameters())} parameters")
    optimizer = torch.optim.AdamW(parameter_groups(model), lr=args.rate, betas=(0.9, 0.95))
    first, before = 0, 0.0
    checkpoint = args.work / "checkpoint.pt"
    if begun:
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
    if args.resume:
        optimizer.load_state_dict(state["optimizer"])
        first, before = state["step"], state["done"]
        samples.rng, samples.questions.rng = random.Random(first + 6), random.Random(first + 5)
    began, losses, queue = time.time(), [], iter(())
    step, saved, done = first, began, before
    while done < 1:
        done = min(1.0, before + (1 - before) * (time.time() - began) / (60 * args.minutes))
        batch = next(queue, None)
        if batch is None:
            queue = by_length(samples, args.batch, WHOLE_SHARE)
            batch = next(queue)
        for group in optimizer.param_groups:
            group["lr"] = group["share"] * rate_at(step, done, args)
        loss = loss_of(model, *batch, smoothing=0.02)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        step += 1
        if step % args.say == 0:
            print(f"step {step} ({done:.0%}) loss {sum(losses[-args.say:]) / args.say:.4f}, {time.time() - began:.0f} s", flush=True)
        if time.time() - saved > 90 or done == 1:
            saved = time.time()
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "done": done}, checkpoint)
            export(args.out, model, tokenizer, CONFIG)
    shares, missed = exact_share(model, samples, dev)
    print(f"{step} steps; dev: {shares[0]:.3f} of Hearth's, {shares[1]:.3f} refused, after {time.time() - began:.0f} s")
    (args.work / "missed.txt").write_text("\n".join(missed))


if __name__ == "__main__":
    main()
