"""Measures what 4-bit rounding does to the held-out answers: the evaluation's prompts, on dequantized exports.

ft-lens dequantize models/ft-int4 --out ft && python3 measure_exports.py ft=ft > ../../models/eval-int4.json
"""

import json
import sys
from pathlib import Path

import torch
from transformers import Qwen3MoeForCausalLM

import tokenizer as bpe
from data import held_out_prompts
from evaluate import judge_answers
from settings import Settings


def main() -> None:
    settings, report = Settings(), {}
    for argument in sys.argv[1:]:
        name, folder = argument.split("=", 1)
        model = Qwen3MoeForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        tokenizer = bpe.load(Path(folder))
        report[name] = {
            prompts: judge_answers(model, tokenizer, held_out_prompts(settings, roles_seen), settings)
            for prompts, roles_seen in (("unseen pairs", True), ("unseen roles", False))
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
