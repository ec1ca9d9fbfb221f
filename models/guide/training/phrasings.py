"""Questions about Hearth with their intents: read from intents/*.txt, spread by templates, kept apart from the frozen sets."""

import gzip
import json
import random
import re
from pathlib import Path

HERE = Path(__file__).parent
OFF_TOPIC = "off-topic"
REFUSAL = "I only know about Hearth; pick a bigger model on the Models page."
KINDS = {"t": "topic", "h": "howto", "p": "problem", "q": None}


def read_json(name):
    return json.loads((HERE / name).read_text(encoding="utf-8"))


TEMPLATES = read_json("phrase_templates.json")


def words_of(text):
    """The words by which phrasings are compared: lower case, without apostrophes and punctuation."""
    return re.findall(r"[a-z0-9]+", re.sub("['’]", "", text.lower()))


def runs_of(text):
    words = words_of(text)
    return {tuple(words[i:i + 4]) for i in range(len(words) - 3)}


def frozen_questions():
    return [row["question"] for row in read_json("held-out.json")] + read_json("off-topic.json")


class Frozen:
    """Knows the questions that will judge the model, to keep them and their runs of four words out of its training."""

    def __init__(self):
        questions = frozen_questions()
        self.runs = set().union(*map(runs_of, questions))
        self.whole = {tuple(words_of(question)) for question in questions}

    def touches(self, text):
        return tuple(words_of(text)) in self.whole or not self.runs.isdisjoint(runs_of(text))


def read_intents():
    """[(intent, answer, [(kind, phrase)])], with the facts filled in."""
    facts = read_json("facts.json")
    intents = []
    for file in sorted((HERE / "intents").glob("*.txt")):
        for part in re.split(r"^# ", file.read_text(encoding="utf-8"), flags=re.M)[1:]:
            name, answer, *lines = part.strip().split("\n")
            phrases = [
                (line[0], phrase.strip()) for line in lines if line.strip() for phrase in line[2:].split(";") if phrase.strip()
            ]
            intents.append((name.strip(), re.sub(r"\{(\w+)\}", lambda m: facts[m[1]], answer[2:].strip()), phrases))
    return intents


def spread(kind, phrase):
    """The questions that a written phrase stands for."""
    templates = TEMPLATES[KINDS[kind]] if KINDS[kind] else ["{}"]
    return sorted({template.replace("{}", phrase) for template in templates})


def off_topic_grammar():
    slots, phrases = {}, []
    for line in (HERE / "off-topic-phrases.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            name, fillers = line[1:].split(":", 1)
            slots[name] = [filler.strip() for filler in fillers.split(";")]
        elif line.strip() and not line.startswith("#"):
            phrases.append(line.strip())
    return slots, phrases


def fill(phrase, slots, rng):
    return re.sub(r"<(\w+)>", lambda m: rng.choice(slots[m[1]]), phrase)


def off_topic_groups(rng, per_phrase=40):
    slots, phrases = off_topic_grammar()
    return [sorted({fill(phrase, slots, rng) for _ in range(per_phrase if "<" in phrase else 1)}) for phrase in phrases]


def grouped_phrasings(seed=1):
    """{intent: [[question]]}, a group per written phrase, without anything that touches the frozen sets."""
    frozen = Frozen()
    groups = {name: [spread(kind, phrase) for kind, phrase in phrases] for name, _, phrases in read_intents()}
    groups[OFF_TOPIC] = off_topic_groups(random.Random(seed))
    kept = {name: [[q for q in group if not frozen.touches(q)] for group in rows] for name, rows in groups.items()}
    return {name: [group for group in rows if group] for name, rows in kept.items()}


def all_phrasings(seed=1):
    """{intent: [question]}, each once."""
    return {name: sorted({q for group in rows for q in group}) for name, rows in grouped_phrasings(seed).items()}


def write_phrasings():
    lines = [f"{name}\t{question}" for name, questions in all_phrasings().items() for question in questions]
    data = ("\n".join(lines) + "\n").encode()
    (HERE / "phrasings.tsv.gz").write_bytes(gzip.compress(data, mtime=0))
    return len(lines)


if __name__ == "__main__":
    print(write_phrasings(), "phrasings written")
