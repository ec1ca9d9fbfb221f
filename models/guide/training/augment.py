"""Makes of a written question what people type: synonyms, fillers, slips of the finger, left-out words."""

import random

from phrasings import TEMPLATES

SYNONYMS, WEAK = TEMPLATES["synonyms"], set(TEMPLATES["weak"])


def vary(question, rng):
    words = question.split(" ")
    words = [rng.choice(SYNONYMS[w]) if w in SYNONYMS and rng.random() < 0.2 else w for w in words]
    words = drop_weak(words, rng)
    if rng.random() < 0.04 and len(words) > 4:
        del words[rng.randrange(len(words))]
    words = [slip(w, rng) if len(w) > 4 and rng.random() < 0.015 else w for w in words]
    if rng.random() < 0.2:
        words = with_comma(rng.choice(TEMPLATES["before"]), rng) + words
    if rng.random() < 0.2:
        words = words + rng.choice(TEMPLATES["after"]).split(" ")
    if len(words) > 5 and rng.random() < 0.03:
        cut = rng.randrange(2, len(words) - 1)
        words = words[cut:] + words[:cut]
    return " ".join(words) + rng.choice(["", "", "", ".", ","  if rng.random() < 0.2 else ""])


def with_comma(filler, rng):
    return (filler + ("," if rng.random() < 0.4 else "")).split(" ")


def drop_weak(words, rng):
    share = rng.random()
    chance = 1.0 if share < 0.04 else 0.3 if share < 0.2 else 0.0
    kept = [word for word in words if word not in WEAK or rng.random() >= chance]
    return kept if kept else words


def slip(word, rng):
    at = rng.randrange(len(word) - 1)
    kind = rng.random()
    if kind < 0.4:
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    if kind < 0.7:
        return word[:at] + word[at + 1:]
    return word[:at] + word[at] + word[at:]


class Questions:
    """An endless, seeded supply of (question, intent) that never touches the frozen sets."""

    def __init__(self, groups, frozen, seed, off_topic_share=0.24):
        """`groups`: {intent: [[question]]}; each written phrase is drawn as often as any other of its intent."""
        self.groups, self.frozen, self.rng, self.off_topic_share = groups, frozen, random.Random(seed), off_topic_share
        self.names = [name for name in groups if name != "off-topic"]
        self.weights = [len(groups[name]) ** 0.4 for name in self.names]

    def draw(self):
        off = self.rng.random() < self.off_topic_share
        name = "off-topic" if off else self.rng.choices(self.names, self.weights)[0]
        while True:
            rows = self.groups[name]
            # A phrase with slots stands for many questions, and is drawn up to eight times as often as one without.
            group = self.rng.choices(rows, [min(8, len(row)) for row in rows])[0] if off else self.rng.choice(rows)
            question = vary(self.rng.choice(group), self.rng)
            if not self.frozen.touches(question):
                return question, name
