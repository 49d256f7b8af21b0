"""The analysis of ft-lens, written with Hugging Face transformers as one would write it by hand.

    hf-analyze.py --checkpoint DIR [--adapter DIR] --tokens 10 --dtype bfloat16
    hf-analyze.py --checkpoint DIR --random-weights --device cuda --tokens 10,64,512 --repeats 10

Reads a prompt through a base and its fine-tune: every hidden state of the last position through the final norm and
the head, entropy, top tokens, KL to the last row, and KL and JS between the models. By default both models are in
memory, as when a script loads what it compares; with --in-place the base is loaded once, and the adapter is merged
into it after it was read, which is the least work. Prints the seconds of each phase, peak GPU memory, and the last
row's figures as JSON. With --random-weights only config.json is read and one model is made on the device.
"""

import argparse
import json
import math
import time

start = time.perf_counter()

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

TOP_K = 5
NATS_LN2 = math.log(2)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--adapter")
    parser.add_argument("--tokens", default="10", help="prompt lengths, joined by commas")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--repeats", type=int, default=0, help="more runs, whose times are the hot ones")
    parser.add_argument("--in-place", action="store_true")
    parser.add_argument("--random-weights", action="store_true")
    return parser.parse_args()


def load_base(options: argparse.Namespace):
    dtype = getattr(torch, options.dtype)
    if not options.random_weights:
        return AutoModelForCausalLM.from_pretrained(
            options.checkpoint, dtype=dtype, attn_implementation="eager", low_cpu_mem_usage=True
        ).to(options.device)
    config = AutoConfig.from_pretrained(options.checkpoint)
    with torch.device(options.device):
        return AutoModelForCausalLM.from_config(config, dtype=dtype, attn_implementation="eager")


def lens(model, hidden_states) -> tuple[torch.Tensor, list[dict]]:
    """Log-probabilities of every layer, (layers + 1, vocabulary) f32, and each layer's figures."""
    rows = []
    for layer, hidden in enumerate(hidden_states):
        state = hidden[0, -1]
        # transformers applies the final norm to the last of its hidden states.
        normed = state if layer == len(hidden_states) - 1 else model.model.norm(state)
        rows.append(torch.log_softmax(model.lm_head(normed).float(), dim=-1))
    log_probabilities = torch.stack(rows)
    final = rows[-1]
    figures = []
    for row in rows:
        probabilities = row.exp()
        top = probabilities.topk(TOP_K)
        figures.append(
            {
                "top": list(zip(top.indices.tolist(), top.values.tolist())),
                "entropy": -(probabilities * row).sum().item(),
                "active": int((probabilities > 0.01).sum()),
                "kl_to_final": (final.exp() * (final - row)).sum().item(),
            }
        )
    return log_probabilities, figures


def compare(base: torch.Tensor, ft: torch.Tensor) -> list[dict]:
    mixture = torch.logaddexp(base, ft) - NATS_LN2
    divergence = lambda p, q: (p.exp() * (p - q)).sum(dim=-1)
    kl, js = divergence(ft, base), (divergence(base, mixture) + divergence(ft, mixture)) / 2
    return [{"kl": a, "js": b} for a, b in zip(kl.tolist(), js.tolist())]


class Clock:
    """Seconds of each phase."""

    def __init__(self, device: str):
        self.phases: dict[str, float] = {}
        self._synchronise = torch.cuda.synchronize if device == "cuda" else lambda: None

    def time(self, phase: str, work):
        self._synchronise()
        began = time.perf_counter()
        result = work()
        self._synchronise()
        self.phases[phase] = time.perf_counter() - began
        return result


@torch.inference_mode()
def main() -> None:
    options = arguments()
    if options.threads:
        torch.set_num_threads(options.threads)
    clock = Clock(options.device)
    clock.phases["import"] = time.perf_counter() - start
    model = clock.time("load base", lambda: load_base(options)).eval()
    lengths = [int(length) for length in options.tokens.split(",")]
    vocabulary = model.config.vocab_size
    prompts = {n: torch.tensor([[(7919 * i + 31) % (vocabulary // 2) for i in range(n)]]).to(options.device) for n in lengths}

    def read(name: str, model) -> dict[int, tuple]:
        result = {}
        for n, ids in prompts.items():
            run = lambda: model(ids, output_hidden_states=True, use_cache=False, logits_to_keep=1).hidden_states
            states = clock.time(f"forward {name} {n}", run)
            result[n] = clock.time(f"lens {name} {n}", lambda: lens(model, states))
            for repeat in range(options.repeats):
                states = clock.time(f"hot forward {name} {n} {repeat}", run)
                clock.time(f"hot lens {name} {n} {repeat}", lambda: lens(model, states))
        return result

    base = read("base", model)
    ft = base
    if options.adapter:
        from peft import PeftModel

        other = model if options.in_place else clock.time("load base again", lambda: load_base(options)).eval()
        merge = lambda: PeftModel.from_pretrained(other, options.adapter).merge_and_unload()
        ft = read("ft", clock.time("load adapter", merge))
    pairs = {n: clock.time(f"compare {n}", lambda: compare(base[n][0], ft[n][0])) for n in lengths}
    clock.phases["total"] = time.perf_counter() - start
    report = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "threads": torch.get_num_threads(),
        "seconds": clock.phases,
        "peak_gpu_bytes": torch.cuda.max_memory_allocated() if options.device == "cuda" else None,
        "last_row": {n: {"base": base[n][1][-1], "ft": ft[n][1][-1], "pair": pairs[n][-1]} for n in lengths},
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
