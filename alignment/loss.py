"""The loss as it falls: loss.jsonl, a line a step, and loss.png."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

NAMES = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "epoch": "epoch",
    "rewards/accuracies": "preferred",
    "rewards/margins": "margin",
}
"""The trainer's words, and ours. `preferred`: the share of pairs whose better answer has gained more than the
other; `margin`: by how much more its log-probability grew, times beta."""


class LossLog:
    """The file of one training; it is kept open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def begin(self, stage: str, history: Sequence[dict[str, Any]]) -> None:
        """Start, or go on with, a stage after `history`, what the checkpoint remembers: steps that were
        made after it are made again, and their lines go.
        """
        kept = [one for one in self.rows() if one["stage"] != stage]
        kept += [told for one in history if (told := _told(stage, one))]
        self.close()
        partial = self._path.with_name(f"{self._path.name}.partial")
        partial.write_text("".join(_line(one) for one in kept), "utf-8")
        partial.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def add(self, stage: str, entry: dict[str, Any]) -> float | None:
        """Write one of the trainer's entries down: its loss; None where it tells none, as the last one."""
        told = _told(stage, entry)
        if told is None or self._file is None:
            return None
        self._file.write(_line(told))
        self._file.flush()
        return float(told["loss"])

    def rows(self) -> list[dict[str, Any]]:
        """What is written so far."""
        if not self._path.exists():
            return []
        lines = self._path.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]  # the last may have been cut off

    def close(self) -> None:
        """No more will come."""
        if self._file:
            self._file.close()
            self._file = None


def plot(rows: Sequence[dict[str, Any]], path: Path, title: str) -> None:
    """Draw the loss over the steps, a panel for each stage."""
    from matplotlib.figure import Figure

    stages = list(dict.fromkeys(one["stage"] for one in rows))
    if not stages:
        return
    figure = Figure(figsize=(4.5 * len(stages), 3.2), layout="constrained")
    panels = figure.subplots(1, len(stages), squeeze=False)[0]
    for panel, stage in zip(panels, stages, strict=True):
        of_it = [one for one in rows if one["stage"] == stage]
        panel.plot([one["step"] for one in of_it], [one["loss"] for one in of_it], linewidth=1.2)
        panel.set(title=stage.upper(), xlabel="step", ylabel="loss")
        panel.grid(alpha=0.3)
    figure.suptitle(title)
    figure.savefig(path, dpi=150)


def _told(stage: str, entry: dict[str, Any]) -> dict[str, Any] | None:
    if "loss" not in entry or "step" not in entry:
        return None
    numbers = {ours: float(entry[theirs]) for theirs, ours in NAMES.items() if theirs in entry}
    return {"stage": stage, "step": int(entry["step"]), **numbers}


def _line(told: dict[str, Any]) -> str:
    return json.dumps(told) + "\n"
