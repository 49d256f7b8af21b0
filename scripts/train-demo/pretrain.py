"""Trains the base model from scratch on text and dialogues."""

import math
import time

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_
from transformers import Qwen3MoeConfig, Qwen3MoeForCausalLM

from data import Rows
from routing import RouterRecorder, balance_loss
from settings import Settings


def model_config(settings: Settings, end_of_text: int, message_end: int) -> Qwen3MoeConfig:
    """The base's architecture; the ids are those of the tokens that end a text and a message."""
    return Qwen3MoeConfig(
        vocab_size=settings.vocabulary,
        hidden_size=settings.hidden,
        intermediate_size=settings.hidden * 4,  # of dense layers; there are none
        moe_intermediate_size=settings.expert_hidden,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.kv_heads,
        head_dim=settings.head_dim,
        num_experts=settings.experts,
        num_experts_per_tok=settings.experts_per_token,
        norm_topk_prob=True,
        tie_word_embeddings=False,
        max_position_embeddings=settings.row_tokens,
        router_aux_loss_coef=settings.balance_weight,
        pad_token_id=end_of_text,
        eos_token_id=[message_end, end_of_text],
    )


def experts_implementation(device: str) -> str:
    """transformers' grouped matrix product where there is a GPU, the plain loop elsewhere."""
    return "grouped_mm" if device == "cuda" else "eager"


def pretrain(config: Qwen3MoeConfig, rows: Rows, settings: Settings, device: str) -> tuple[Qwen3MoeForCausalLM, list[dict]]:
    """Half of each batch is text, half dialogues. Weights f32, arithmetic bf16 on a GPU. Returns the model and its log."""
    torch.manual_seed(settings.seed)
    model = Qwen3MoeForCausalLM._from_config(config, experts_implementation=experts_implementation(device)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.95), weight_decay=0.1)
    order = np.random.default_rng(settings.seed)
    text, dialogue = (torch.from_numpy(part).to(device) for part in (rows.text, rows.dialogue))
    half, log, start = settings.batch_rows // 2, [], time.monotonic()
    with RouterRecorder(model) as routers:
        for step in range(settings.steps):
            picks = (order.integers(len(text), size=half), order.integers(len(dialogue), size=half))
            batch = torch.cat([text[picks[0]], dialogue[picks[1]]])
            set_learning_rate(optimizer, settings.learning_rate, step, settings.steps)
            with torch.autocast(device, torch.bfloat16, enabled=device == "cuda"):
                loss = model(input_ids=batch, labels=batch).loss
            balance = balance_loss(routers.logits, settings.experts_per_token)
            (loss + settings.balance_weight * balance).backward()
            clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if step % 100 == 0 or step == settings.steps - 1:
                seconds = time.monotonic() - start
                log.append({"step": step, "loss": loss.item(), "balance": balance.item(), "seconds": round(seconds, 1)})
                print("pretrain", log[-1])
    return model, log


def set_learning_rate(optimizer: torch.optim.Optimizer, peak: float, step: int, steps: int) -> None:
    """Linear warm-up over the first twentieth, then a cosine to a twentieth of the peak."""
    warm = max(1, steps // 20)
    progress = max(0.0, (step - warm) / max(1, steps - warm))
    rate = peak * min(1.0, (step + 1) / warm) * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * progress)))
    for group in optimizer.param_groups:
        group["lr"] = rate
