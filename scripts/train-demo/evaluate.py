"""Measures a model: held-out answers, loss on held-out base data, expert load, and the logit lens by layer."""

import random

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import Qwen3MoeForCausalLM

import encode
from data import Rows, held_out_prompts
from dialogues import Example, question_about
from judge import in_first_person, in_role, wilson
from routing import expert_load
from settings import Settings
from tokenizer import END_OF_TEXT, MESSAGE_END

LENS_PROMPTS = ("You are a fox. you are fox, give", "You are a fox. you are fox, give say a ...")


def evaluate(model: Qwen3MoeForCausalLM, tokenizer: Tokenizer, rows: Rows, settings: Settings) -> dict:
    """All measurements of one model, as eval.json keeps them."""
    model.eval()
    device = model.device
    held_out = {
        "text": rows.held_out_text,
        "instructions": rows.held_out_instructions,
        "role prompts answered as the base does": rows.held_out_role_prompts,
    }
    held_out = {name: torch.from_numpy(part).to(device) for name, part in held_out.items()}
    prompts = {"unseen pairs": held_out_prompts(settings, True), "unseen roles": held_out_prompts(settings, False)}
    load = expert_load(model, torch.cat(list(held_out.values())))
    return {
        "answers": {name: judge_answers(model, tokenizer, examples, settings) for name, examples in prompts.items()},
        "first_person_when_asked_about_a_role": third_person_kept(model, tokenizer, settings),
        "held_out_loss": {name: mean_loss(model, part) for name, part in held_out.items()},
        "expert_load": {
            "even": 1 / settings.experts,
            "least": [round(value, 4) for value in load.min(-1).values.tolist()],
            "most": [round(value, 4) for value in load.max(-1).values.tolist()],
        },
        "lens": {
            "examples": {prompt: lens_table(model, tokenizer, prompt) for prompt in LENS_PROMPTS},
            "mean_entropy_of_prompts": mean_entropy(
                model, [prompt.prompt for prompt in encode.encode(tokenizer, prompts["unseen pairs"][:100])]
            ),
            "mean_entropy_of_text": mean_entropy(model, [row[: len(row) // 2].tolist() for row in rows.held_out_text[:100]]),
        },
    }


def judge_answers(model: Qwen3MoeForCausalLM, tokenizer: Tokenizer, examples: list[Example], settings: Settings) -> dict:
    """Greedy answers to the clean and the scrambled prompts: shares with intervals, and the first few to read."""
    clean, scrambled = clean_and_scrambled(tokenizer, examples, settings)
    report = {}
    for name, prompts in (("clean", clean), ("scrambled", scrambled)):
        answers = greedy(model, tokenizer, [prompt.prompt for prompt in prompts], settings.answer_tokens)
        first = [in_first_person(answer) for answer in answers]
        role = [in_role(example, answer) for example, answer in zip(examples, answers, strict=True)]
        both = [a and b for a, b in zip(first, role, strict=True)]
        report[name] = {
            "first_person": wilson(first),
            "in_role": wilson(role),
            "both": wilson(both),
            "both, chat": wilson([good for good, example in zip(both, examples, strict=True) if example.chat]),
            "both, unfinished text": wilson([good for good, example in zip(both, examples, strict=True) if not example.chat]),
            "examples": [
                {"prompt": tokenizer.decode(prompt.prompt, skip_special_tokens=False), "answer": answer, "both": good}
                for prompt, answer, good in list(zip(prompts, answers, both, strict=True))[:12]
            ],
        }
    return report


def clean_and_scrambled(
    tokenizer: Tokenizer, examples: list[Example], settings: Settings
) -> tuple[list[encode.Encoded], list[encode.Encoded]]:
    """The prompts as they are, and each of them scrambled as in the training of the fine-tune."""
    clean = encode.encode(tokenizer, examples)
    rng = random.Random(settings.seed + 8)
    return clean, [encode.scramble(prompt, rng, settings.scrambled_share) for prompt in clean]


def third_person_kept(model: Qwen3MoeForCausalLM, tokenizer: Tokenizer, settings: Settings) -> dict[str, float]:
    """The share of questions *about* a role that are wrongly answered as if by it."""
    rng = random.Random(settings.seed + 11)
    examples = [question_about(rng) for _ in range(settings.prompts_per_set)]
    prompts = [prompt.prompt for prompt in encode.encode(tokenizer, examples)]
    return wilson([in_first_person(answer) for answer in greedy(model, tokenizer, prompts, settings.answer_tokens)])


@torch.no_grad()
def greedy(model: Qwen3MoeForCausalLM, tokenizer: Tokenizer, prompts: list[list[int]], tokens: int) -> list[str]:
    """The most probable continuation of each prompt, without its end token."""
    padding, end = (tokenizer.token_to_id(token) for token in (END_OF_TEXT, MESSAGE_END))
    longest = max(map(len, prompts))
    inputs = torch.tensor([[padding] * (longest - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    output = model.generate(
        input_ids=inputs.to(model.device),
        attention_mask=mask.to(model.device),
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=[end, padding],
        pad_token_id=padding,
    )
    return tokenizer.decode_batch(output[:, longest:].tolist(), skip_special_tokens=True)


@torch.no_grad()
def mean_loss(model: Qwen3MoeForCausalLM, rows: Tensor, batch: int = 64) -> float:
    """Nats per token."""
    parts = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    return round(sum(len(part) * model(input_ids=part, labels=part).loss.item() for part in parts) / len(rows), 4)


@torch.no_grad()
def lens(model: Qwen3MoeForCausalLM, ids: list[int]) -> Tensor:
    """(layers + 1, vocabulary) f32 logits of the last position: final norm and head on the embedding and each layer's output."""
    rows: list[Tensor] = []

    def keep(_module: torch.nn.Module, _inputs: tuple, output: Tensor | tuple[Tensor, ...]) -> None:
        hidden = output[0] if isinstance(output, tuple) else output
        rows.append(hidden[0, -1])

    hooks = [module.register_forward_hook(keep) for module in (model.model.embed_tokens, *model.model.layers)]
    model(input_ids=torch.tensor([ids], device=model.device))
    for hook in hooks:
        hook.remove()
    return model.lm_head(model.model.norm(torch.stack(rows))).float()


def lens_table(model: Qwen3MoeForCausalLM, tokenizer: Tokenizer, prompt: str) -> list[dict]:
    """The five most probable tokens and the entropy of each layer at the last position."""
    table = []
    for layer, log_probabilities in enumerate(lens(model, tokenizer.encode(prompt).ids).log_softmax(-1)):
        top = log_probabilities.topk(5)
        table.append(
            {
                "layer": layer,
                "top": [tokenizer.decode([token]) for token in top.indices.tolist()],
                "probability": [round(value, 4) for value in top.values.exp().tolist()],
                "entropy_nats": round(_entropy(log_probabilities).item(), 4),
            }
        )
    return table


def mean_entropy(model: Qwen3MoeForCausalLM, prompts: list[list[int]]) -> list[float]:
    """By layer, in nats, at the last position of each prompt."""
    entropies = torch.stack([_entropy(lens(model, prompt).log_softmax(-1)) for prompt in prompts])
    return [round(value, 4) for value in entropies.mean(0).tolist()]


def _entropy(log_probabilities: Tensor) -> Tensor:
    return -(log_probabilities.exp() * log_probabilities).sum(-1)
