"""Writes the first held-out prompts of the evaluation as token ids, clean and scrambled, for `npm run demo:claims`.

python3 held_out.py > ../../models/held-out-prompts.json      (from this folder; reads the tokenizer of models/base)
"""

import json
from pathlib import Path

import tokenizer as bpe
from data import held_out_prompts
from evaluate import clean_and_scrambled
from settings import Settings

PROMPTS_PER_SET = 30
BASE = Path(__file__).parent / "../../models/base"


def main() -> None:
    settings, tokenizer = Settings(), bpe.load(BASE)
    prompts = []
    for name, roles_seen in (("unseen pairs", True), ("unseen roles", False)):
        examples = held_out_prompts(settings, roles_seen)
        clean, scrambled = clean_and_scrambled(tokenizer, examples, settings)
        for example, a, b in list(zip(examples, clean, scrambled, strict=True))[:PROMPTS_PER_SET]:
            text = tokenizer.decode(a.prompt, skip_special_tokens=False)
            prompts.append({"set": name, "chat": example.chat, "text": text, "clean": a.prompt, "scrambled": b.prompt})
    lines = ",\n".join(f"  {json.dumps(prompt, ensure_ascii=False)}" for prompt in prompts)
    print(f"[\n{lines}\n]")


if __name__ == "__main__":
    main()
