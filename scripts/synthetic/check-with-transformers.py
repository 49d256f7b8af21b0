"""Opens a generated checkpoint, and an adapter of it, with transformers and PEFT, and says how it behaves.

    check-with-transformers.py DIR      what `npm run synthetic -- --write-checkpoint --out DIR` wrote

Fails when a tensor is missing or unknown to either of them, when states are not finite, when the adapter changes
nothing, or when an expert is never chosen.
"""

import sys
from pathlib import Path

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

TOKENS = 512


@torch.inference_mode()
def main(folder: Path) -> None:
    model, report = AutoModelForCausalLM.from_pretrained(
        folder / "model", dtype=torch.bfloat16, attn_implementation="eager", output_loading_info=True
    )
    assert not any(report.values()), report
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    assert tokenizer.decode(tokenizer("the fox 🦊 says").input_ids) == "the fox 🦊 says"

    ids = (torch.arange(TOKENS) * 7919 + 31).remainder(model.config.vocab_size // 2)[None]
    chosen: list[torch.Tensor] = []
    for layer in model.model.layers:
        layer.mlp.gate.register_forward_hook(lambda _, __, output: chosen.append(output[-1].clone()))
    output = model(ids, output_hidden_states=True)
    lengths = [state[0].float().pow(2).mean().sqrt().item() for state in output.hidden_states[:-1]]
    uses = torch.stack([experts.flatten().bincount(minlength=model.config.num_experts) for experts in chosen])
    logits = torch.log_softmax(output.logits[0].float(), dim=-1)
    entropy = -(logits.exp() * logits).sum(dim=-1)
    print(f"residual stream: root mean square {lengths[0]:.3f} behind the embedding, {lengths[-1]:.3f} before the last layer")
    print(f"experts: chosen {uses.min()} to {uses.max()} times by {TOKENS} tokens, on average {uses.float().mean():.0f}")
    print(f"entropy: {entropy.min():.2f} to {entropy.max():.2f} nats, {len(logits.argmax(dim=-1).unique())} different predictions")
    assert torch.isfinite(logits).all() and uses.min() > 0

    adapter = folder / "adapter"
    if adapter.exists():
        merged = PeftModel.from_pretrained(model, adapter).merge_and_unload()
        changed = torch.log_softmax(merged(ids).logits[0].float(), dim=-1)
        divergence = (changed.exp() * (changed - logits)).sum(dim=-1)
        print(f"adapter: KL to the base {divergence.mean():.3f} nats on average")
        assert divergence.mean() > 1e-4


if __name__ == "__main__":
    main(Path(sys.argv[1]))
