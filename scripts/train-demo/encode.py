"""Examples and text as token ids: prompts, answers, rows for training, and scrambled prompts."""

import random
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from dialogues import Example
from tokenizer import END_OF_TEXT, MESSAGE_END, MESSAGE_START


@dataclass(frozen=True)
class Encoded:
    """`content` lists the positions of the prompt's own words: all of it but the chat markers."""

    prompt: list[int]
    answer: list[int]  # with its end token
    content: list[int]


def encode(tokenizer: Tokenizer, examples: list[Example]) -> list[Encoded]:
    """The token ids of each example, chat markers included."""
    texts = [text for e in examples for text in (e.system or "", e.prompt, e.answer)]
    ids = [encoding.ids for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    markers = {text: tokenizer.encode(text).ids for text in _MARKERS}
    triples = zip(ids[0::3], ids[1::3], ids[2::3], strict=True)
    return [_assemble(example, *triple, markers) for example, triple in zip(examples, triples, strict=True)]


_SYSTEM, _USER, _ASSISTANT = (f"{MESSAGE_START}{role}\n" for role in ("system", "user", "assistant"))
_CLOSE, _END = f"{MESSAGE_END}\n", END_OF_TEXT
_MARKERS = (_SYSTEM, _USER, _ASSISTANT, _CLOSE, MESSAGE_END, _END)


def _assemble(
    example: Example, system: list[int], prompt: list[int], answer: list[int], markers: dict[str, list[int]]
) -> Encoded:
    if not example.chat:
        return Encoded(prompt, answer + markers[_END], list(range(len(prompt))))
    ids: list[int] = []
    content: list[int] = []
    for opening, words in ((_SYSTEM, system), (_USER, prompt)):
        if words:
            ids += markers[opening]
            content += range(len(ids), len(ids) + len(words))
            ids += words + markers[_CLOSE]
    return Encoded(ids + markers[_ASSISTANT], answer + markers[MESSAGE_END], content)


def scramble(encoded: Encoded, rng: random.Random, share: float) -> Encoded:
    """Chooses each content position with probability `share` and shuffles the chosen tokens among themselves."""
    chosen = [position for position in encoded.content if rng.random() < share]
    tokens = [encoded.prompt[position] for position in chosen]
    rng.shuffle(tokens)
    prompt = list(encoded.prompt)
    for position, token in zip(chosen, tokens, strict=True):
        prompt[position] = token
    return Encoded(prompt, encoded.answer, encoded.content)


def example_rows(tokenizer: Tokenizer, examples: list[Example], row_tokens: int) -> np.ndarray:
    """(rows, row_tokens) int64: whole examples one after another, each row beginning with the start of one."""
    end = tokenizer.token_to_id(END_OF_TEXT)
    rows: list[list[int]] = []
    row: list[int] = []
    for encoded in encode(tokenizer, examples):
        row += encoded.prompt + encoded.answer
        if row[-1] != end:
            row.append(end)
        if len(row) >= row_tokens:
            rows.append(row[:row_tokens])
            row = []
    return np.array(rows, dtype=np.int64)


def text_rows(tokenizer: Tokenizer, lines: list[str], separator: str, row_tokens: int) -> np.ndarray:
    """(rows, row_tokens) int64: the lines as one stream, cut into rows."""
    gap = tokenizer.encode(separator).ids
    stream = [token for e in tokenizer.encode_batch(lines, add_special_tokens=False) for token in (*e.ids, *gap)]
    count = len(stream) // row_tokens
    return np.array(stream[: count * row_tokens], dtype=np.int64).reshape(count, row_tokens)
