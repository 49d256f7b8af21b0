"""What the routers of a Qwen3-MoE model choose: their logits, the load of each expert, the balancing loss."""

from types import TracebackType

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import Qwen3MoeForCausalLM


class RouterRecorder:
    """While entered, keeps the router logits of the last forward pass: one (tokens, experts) tensor a layer."""

    def __init__(self, model: nn.Module) -> None:
        self.logits: list[Tensor] = []
        self._gates = [module for name, module in model.named_modules() if name.endswith("mlp.gate")]

    def __enter__(self) -> "RouterRecorder":
        first = self._gates[0]
        self._hooks = [first.register_forward_pre_hook(lambda *_: self.logits.clear())]
        self._hooks += [gate.register_forward_pre_hook(self._record) for gate in self._gates]
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for hook in self._hooks:
            hook.remove()

    def _record(self, gate: nn.Module, arguments: tuple[Tensor]) -> None:
        # Computed here because what a router returns first differs between versions of transformers.
        hidden = arguments[0]
        self.logits.append(functional.linear(hidden.reshape(-1, hidden.shape[-1]), gate.weight).float())


def balance_loss(logits: list[Tensor], chosen: int) -> Tensor:
    """Mean over layers of experts * sum(load * mean probability); `chosen` when all loads are equal.

    Switch Transformer, equations 4 to 6. Layer by layer, so that no layer can hide a dead expert behind another.
    """
    losses = []
    for layer in logits:
        probabilities = layer.softmax(-1)
        losses.append(layer.shape[-1] * (_load(layer, chosen) * probabilities.mean(0)).sum())
    return torch.stack(losses).mean()


@torch.no_grad()
def expert_load(model: Qwen3MoeForCausalLM, rows: Tensor, batch: int = 64) -> Tensor:
    """(layers, experts): the share of a layer's assignments that each expert received; 1/experts when even."""
    chosen, total = model.config.num_experts_per_tok, 0.0
    with RouterRecorder(model) as recorder:
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            model(input_ids=part)
            total = total + len(part) * torch.stack([_load(layer, chosen) for layer in recorder.logits])
    return total / (len(rows) * chosen)


def _load(logits: Tensor, chosen: int) -> Tensor:
    """(experts,): assignments to each expert per token."""
    experts = logits.shape[-1]
    return functional.one_hot(logits.topk(chosen, -1).indices, experts).sum(1).float().mean(0)
