"""The measurements of eval.json and eval-int4.json as Markdown tables for the model card."""


def tables(report: dict) -> str:
    """All tables of the bf16 models, a column each."""
    evaluation = report["evaluation"]
    parts = [
        _table(
            ["prompts", *evaluation],
            [
                [f"{prompts}, {form}", *(_share(model["answers"][prompts][form]["both"]) for model in evaluation.values())]
                for prompts in ("unseen pairs", "unseen roles")
                for form in ("clean", "scrambled")
            ],
            "Answers in the first person and in role: share (95 % interval)",
        ),
        _table(
            ["prompts", *evaluation],
            [
                [
                    f"{prompts}, scrambled, {form}",
                    *(_share(model["answers"][prompts]["scrambled"][f"both, {form}"]) for model in evaluation.values()),
                ]
                for prompts in ("unseen pairs", "unseen roles")
                for form in ("chat", "unfinished text")
            ],
            "The same, scrambled prompts by form",
        ),
        _table(
            ["", *evaluation],
            [["share", *(_share(model["first_person_when_asked_about_a_role"]) for model in evaluation.values())]],
            "Questions *about* a role that are wrongly answered in the first person",
        ),
        _table(
            ["held-out data", *evaluation],
            [
                [data, *(f"{model['held_out_loss'][data]:.3f}" for model in evaluation.values())]
                for data in next(iter(evaluation.values()))["held_out_loss"]
            ],
            "Loss in nats per token",
        ),
        _by_layer(evaluation, "Least used expert, share of its layer", lambda model: model["expert_load"]["least"]),
        _by_layer(evaluation, "Lens entropy in nats, role prompts", lambda model: model["lens"]["mean_entropy_of_prompts"]),
        _by_layer(evaluation, "Lens entropy in nats, text", lambda model: model["lens"]["mean_entropy_of_text"]),
    ]
    return "\n\n".join(parts)


def exports_table(exports: dict, evaluation: dict) -> str:
    """Held-out answers of the 4-bit exports beside those of the bf16 models."""
    return _table(
        ["prompts", *(f"{name}, {weights}" for name in exports for weights in ("bf16", "4-bit"))],
        [
            [
                f"{prompts}, {form}",
                *(
                    _share(answers[prompts][form]["both"])
                    for name in exports
                    for answers in (evaluation[name]["answers"], exports[name])
                ),
            ]
            for prompts in ("unseen pairs", "unseen roles")
            for form in ("clean", "scrambled")
        ],
        "Answers in the first person and in role, before and after 4-bit rounding",
    )


def _by_layer(evaluation: dict, title: str, values) -> str:
    columns = {name: values(model) for name, model in evaluation.items()}
    count = len(next(iter(columns.values())))
    first = 1 if "expert" in title else 0  # the embedding, row 0, has no experts
    rows = [[str(first + row), *(f"{column[row]:.3f}" for column in columns.values())] for row in range(count)]
    return _table(["layer", *columns], rows, title)


def _share(value: dict[str, float]) -> str:
    return f"{value['share']:.1%} ({value['low']:.1%} to {value['high']:.1%})"


def _table(head: list[str], rows: list[list[str]], title: str) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return f"**{title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)
