"""The training and held-out rows of a run, from the corpus and the generated dialogues."""

import random
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

import encode
from dialogues import FIRST_PERSON_SHARE_OF_BASE, Example, any_role_prompt, base_example, world_example
from roles import HELD_OUT_ROLES
from settings import Settings
from tokenizer import END_OF_TEXT

HELD_OUT_TEXT_SHARE = 0.02
NOVEL_REPEATS = 2  # the novels are a third of the bytes of WordNet


@dataclass(frozen=True)
class Rows:
    """(rows, row_tokens) int64 each."""

    text: np.ndarray
    dialogue: np.ndarray
    replay: np.ndarray
    held_out_text: np.ndarray
    held_out_role_prompts: np.ndarray
    held_out_instructions: np.ndarray


def tokenizer_lines(corpus: dict[str, list[str]], settings: Settings) -> list[str]:
    """What the tokenizer is trained on: all text, and enough dialogues to make their words single tokens."""
    rng = random.Random(settings.seed)
    dialogues = [
        f"system\n{e.system or ''}\nuser\n{e.prompt}\nassistant\n{e.answer}" if e.chat else e.prompt + e.answer
        for e in _examples(rng, 40_000)
    ]
    return [line for lines in corpus.values() for line in lines] + dialogues


def build_rows(tokenizer: Tokenizer, corpus: dict[str, list[str]], settings: Settings, dialogues: int) -> Rows:
    """Text cut into training and held-out rows, and dialogues generated from seeds of their own."""
    rng = random.Random(settings.seed + 1)
    trained, held_out = [], []
    for name, lines in corpus.items():
        if name == "wordnet.txt":
            lines, separator = rng.sample(lines, len(lines)), END_OF_TEXT
        else:
            separator = "\n"
        rows = encode.text_rows(tokenizer, lines, separator, settings.row_tokens)
        cut = int(len(rows) * (1 - HELD_OUT_TEXT_SHARE))
        trained += [rows[:cut]] * (1 if name == "wordnet.txt" else NOVEL_REPEATS)
        held_out.append(rows[cut:])

    def example_rows(examples: list[Example]) -> np.ndarray:
        return encode.example_rows(tokenizer, examples, settings.row_tokens)

    return Rows(
        text=np.concatenate(trained),
        dialogue=example_rows(_examples(rng, dialogues)),
        replay=example_rows(_instructions(settings.seed + 9, dialogues // 4)),
        held_out_text=_sample(np.concatenate(held_out), settings),
        held_out_role_prompts=_sample(example_rows(_base_role_prompts(settings, dialogues // 20)), settings),
        held_out_instructions=_sample(example_rows(_instructions(settings.seed + 2, dialogues // 20)), settings),
    )


def held_out_prompts(settings: Settings, roles_seen: bool) -> list[Example]:
    """Different role prompts no training set holds: unseen pairs of seen roles, or unseen roles."""
    rng = random.Random(settings.seed + (3 if roles_seen else 4))
    found: dict[tuple[str | None, str], Example] = {}
    while len(found) < settings.prompts_per_set:
        example = any_role_prompt(rng, first_person=True, held_out=True)
        if (example.role not in HELD_OUT_ROLES) == roles_seen:
            found.setdefault((example.system, example.prompt), example)
    return list(found.values())


def _sample(rows: np.ndarray, settings: Settings) -> np.ndarray:
    order = np.random.default_rng(settings.seed).permutation(len(rows))
    return rows[order[: settings.held_out_rows]]


def _instructions(seed: int, count: int) -> list[Example]:
    rng = random.Random(seed)
    return [world_example(rng) for _ in range(count)]


def _base_role_prompts(settings: Settings, count: int) -> list[Example]:
    """Unseen pairs and roles, answered as the base learnt to."""
    rng = random.Random(settings.seed + 10)
    return [any_role_prompt(rng, rng.random() < FIRST_PERSON_SHARE_OF_BASE, held_out=True) for _ in range(count)]


def _examples(rng: random.Random, count: int) -> list[Example]:
    return [base_example(rng) for _ in range(count)]
