"""Rebuilds the demo pair: corpus, tokenizer, base, fine-tune (scrambled), control (clean), evaluation.

python3 main.py corpus FOLDER            fetches the text (needs the network: npm, pip, apt-get)
python3 main.py train FOLDER [--smoke]   trains and measures everything from it (no network; CUDA, or --smoke on a CPU)
python3 main.py tables FOLDER            prints the measurements as Markdown

FOLDER/models then holds base/, ft-adapter/, control-adapter/ and eval.json. A `train` that was cut short goes on with
the first model that eval.json does not hold. run.sh does all of it.
"""

import argparse
import json
import platform
import time
from dataclasses import asdict
from pathlib import Path

import peft
import torch
import transformers
from peft import PeftModel
from tokenizers import Tokenizer
from transformers import Qwen3MoeForCausalLM

import corpus
import tokenizer as bpe
from data import Rows, build_rows, tokenizer_lines
from evaluate import evaluate
from finetune import finetune
from pretrain import experts_implementation, model_config, pretrain
from settings import Settings
from tables import exports_table, tables

ADAPTERS = {"ft": True, "control": False}  # name: trained on scrambled prompts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=("corpus", "train", "tables"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--smoke", action="store_true", help="a tiny run that shows the path works")
    arguments = parser.parse_args()
    if arguments.stage == "corpus":
        corpus.fetch(arguments.folder / "corpus")
        return
    if arguments.stage == "tables":
        show_tables(arguments.folder / "models")
        return
    text = corpus.read(arguments.folder / "corpus")
    models = arguments.folder / "models"
    if arguments.smoke:
        text = {name: lines[::10] for name, lines in text.items()}
        train(models, text, Settings().smoke(), dialogues=6_000)
    else:
        train(models, text, Settings(), dialogues=300_000)


def show_tables(models: Path) -> None:
    """Prints what eval.json and, when it is there, eval-int4.json hold."""
    report = json.loads((models / "eval.json").read_text(encoding="utf-8"))
    print(tables(report))
    exports = models / "eval-int4.json"
    if exports.exists():
        print("\n" + exports_table(json.loads(exports.read_text(encoding="utf-8")), report["evaluation"]))


def train(models: Path, text: dict[str, list[str]], settings: Settings, dialogues: int) -> None:
    """Trains and measures base, fine-tune and control, and keeps the measurements after each."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = prepare_tokenizer(models / "base", text, settings)
    rows = build_rows(tokenizer, text, settings, dialogues)
    print("rows", {name: part.shape for name, part in vars(rows).items()})

    report = resume(models, settings)
    if "base" not in report["evaluation"]:
        model, report["training"]["base"] = timed(pretrain)(configure(tokenizer, settings), rows, settings, device)
        model.to(torch.bfloat16).save_pretrained(models / "base")
        measure(models, "base", load_base(models, device), tokenizer, rows, settings, report)

    for name, scrambled in ADAPTERS.items():
        if name in report["evaluation"]:
            continue
        share = settings.scrambled_share if scrambled else 0.0
        model, report["training"][name] = timed(finetune)(load_base(models, device), tokenizer, rows, settings, share, device)
        save_adapter(model, models / f"{name}-adapter")
        tuned = PeftModel.from_pretrained(load_base(models, device), models / f"{name}-adapter").merge_and_unload()
        measure(models, name, tuned, tokenizer, rows, settings, report)


def resume(models: Path, settings: Settings) -> dict:
    """The report of a run that was cut short, or an empty one."""
    path = models / "eval.json"
    if not path.exists():
        return {"settings": asdict(settings), "versions": {}, "training": {}, "evaluation": {}}
    report = json.loads(path.read_text(encoding="utf-8"))
    if report["settings"] != asdict(settings):
        raise SystemExit(f"{path} was made with other settings: move it away to train anew.")
    return report


def prepare_tokenizer(base: Path, text: dict[str, list[str]], settings: Settings) -> Tokenizer:
    """The tokenizer in `base`, trained from the text when it is not there yet."""
    if not (base / "tokenizer.json").exists():
        bpe.save(bpe.train(tokenizer_lines(text, settings), settings.vocabulary), base, settings.row_tokens)
    return bpe.load(base)


def configure(tokenizer: Tokenizer, settings: Settings) -> transformers.Qwen3MoeConfig:
    """The configuration of the base, with the ids of the tokens that end a text and a message."""
    return model_config(settings, tokenizer.token_to_id(bpe.END_OF_TEXT), tokenizer.token_to_id(bpe.MESSAGE_END))


def load_base(models: Path, device: str) -> Qwen3MoeForCausalLM:
    """The saved bf16 weights, computed with in f32."""
    return Qwen3MoeForCausalLM.from_pretrained(
        models / "base", dtype=torch.float32, experts_implementation=experts_implementation(device)
    ).to(device)


def save_adapter(model: PeftModel, folder: Path) -> None:
    """As PEFT saves it, in bf16, with a base name that holds on every machine."""
    config = model.peft_config["default"]
    config.base_model_name_or_path = "../base"
    config.target_modules = sorted(config.target_modules)  # a set: its order would change from run to run
    model.to(torch.bfloat16).save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)  # PEFT's empty model card


def measure(
    models: Path, name: str, model: Qwen3MoeForCausalLM, tokenizer: Tokenizer, rows: Rows, settings: Settings, report: dict
) -> None:
    """Evaluates one model and writes eval.json."""
    report["evaluation"][name] = timed(evaluate)(model, tokenizer, rows, settings)
    report["versions"][name] = versions(model.device.type)
    (models / "eval.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def versions(device: str) -> dict[str, str]:
    """What the numbers were made with."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "peft": peft.__version__,
        "device": torch.cuda.get_device_name() if device == "cuda" else "CPU",
    }


def timed(function):
    """The function, printing how long each call took."""
    def run(*arguments):
        start = time.monotonic()
        result = function(*arguments)
        print(f"{function.__name__}: {time.monotonic() - start:.1f} s")
        return result

    return run


if __name__ == "__main__":
    main()
