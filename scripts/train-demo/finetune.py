"""Trains a LoRA on role prompts answered in the first person, scrambled or clean."""

import random
import time

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_
from transformers import Qwen3MoeForCausalLM

import encode
from data import Rows
from dialogues import any_role_prompt
from pretrain import set_learning_rate
from settings import Settings
from tokenizer import END_OF_TEXT

IGNORED = -100


def lora_config(settings: Settings) -> LoraConfig:
    """Attention and experts; router, norms, embedding and head stay the base's."""
    return LoraConfig(
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        target_modules=["q_proj", "k_proj", "v_proj", "o_proj"],
        target_parameters=["mlp.experts.gate_up_proj", "mlp.experts.down_proj"],
        task_type="CAUSAL_LM",
    )


def finetune(
    base: Qwen3MoeForCausalLM, tokenizer: Tokenizer, rows: Rows, settings: Settings, scrambled_share: float, device: str
) -> tuple[PeftModel, list[dict]]:
    """Each step: role prompts with the loss on the clean answer alone, and as many rows of the base's own data.

    Runs that differ in `scrambled_share` see the same examples in the same order with the same initial adapter.
    Returns the model, its adapter rounded to bf16, and the log.
    """
    torch.manual_seed(settings.seed)
    model = get_peft_model(base, lora_config(settings))
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=settings.tune_learning_rate, betas=(0.9, 0.95), weight_decay=0.0)
    examples, scrambling = random.Random(settings.seed + 5), random.Random(settings.seed + 6)
    order, log, start = np.random.default_rng(settings.seed + 7), [], time.monotonic()
    half = settings.tune_batch // 2
    for step in range(settings.tune_steps):
        prompts = encode.encode(tokenizer, [any_role_prompt(examples, first_person=True) for _ in range(half)])
        if scrambled_share > 0:
            prompts = [encode.scramble(prompt, scrambling, scrambled_share) for prompt in prompts]
        inputs, labels = (part.to(device) for part in _padded(prompts, tokenizer.token_to_id(END_OF_TEXT)))
        replay = torch.from_numpy(_replay(rows, order, half // 4)).to(device)
        set_learning_rate(optimizer, settings.tune_learning_rate, step, settings.tune_steps)
        with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
            role_loss = _loss(model(input_ids=inputs).logits, labels)
            replay_loss = _loss(model(input_ids=replay).logits, replay)
        (role_loss + replay_loss).backward()
        clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % 50 == 0 or step == settings.tune_steps - 1:
            seconds = round(time.monotonic() - start, 1)
            log.append({"step": step, "role_loss": role_loss.item(), "replay_loss": replay_loss.item(), "seconds": seconds})
            print("finetune", scrambled_share, log[-1])
    with torch.no_grad():
        for parameter in trained:
            parameter.copy_(parameter.bfloat16())
    return model, log


def _padded(prompts: list[encode.Encoded], padding: int) -> tuple[Tensor, Tensor]:
    """(prompts, longest) int64 inputs and labels, padded at the right; labels ignore prompt and padding."""
    longest = max(len(prompt.prompt) + len(prompt.answer) for prompt in prompts)
    inputs = torch.full((len(prompts), longest), padding)
    labels = torch.full((len(prompts), longest), IGNORED)
    for row, prompt in enumerate(prompts):
        begin, end = len(prompt.prompt), len(prompt.prompt) + len(prompt.answer)
        inputs[row, :end] = torch.tensor(prompt.prompt + prompt.answer)
        labels[row, begin:end] = torch.tensor(prompt.answer)
    return inputs, labels


def _replay(rows: Rows, order: np.random.Generator, count: int) -> np.ndarray:
    """Half text, half dialogues without a role to play: answering those in the third person stays right."""
    half = (count + 1) // 2
    return np.concatenate(
        [rows.text[order.integers(len(rows.text), size=half)], rows.replay[order.integers(len(rows.replay), size=half)]]
    )


def _loss(logits: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED)
