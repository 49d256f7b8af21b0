"""Sizes and steps of a run: the full one for a GPU, the smoke one for a minute on a CPU."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Settings:
    """Everything that a run can be changed by; eval.json keeps it beside the results."""

    seed: int = 20
    vocabulary: int = 4096
    # Model: every dimension a multiple of 64, so that 4-bit blocks of 64 fit.
    hidden: int = 128
    layers: int = 8
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    experts: int = 16
    experts_per_token: int = 4
    expert_hidden: int = 64
    # Pre-training
    row_tokens: int = 256
    batch_rows: int = 128
    steps: int = 4200
    learning_rate: float = 3e-3
    balance_weight: float = 0.02
    # Fine-tuning
    lora_rank: int = 8
    lora_alpha: int = 16
    tune_steps: int = 350
    tune_batch: int = 256
    tune_learning_rate: float = 1e-3
    scrambled_share: float = 0.7
    # Evaluation
    prompts_per_set: int = 400
    answer_tokens: int = 40
    held_out_rows: int = 1000

    def smoke(self) -> "Settings":
        """The same path in a minute on two CPU cores; its numbers mean nothing."""
        return replace(
            self,
            layers=2,
            row_tokens=64,
            batch_rows=4,
            steps=12,
            tune_steps=3,
            tune_batch=8,
            prompts_per_set=16,
            answer_tokens=8,
            held_out_rows=16,
        )
