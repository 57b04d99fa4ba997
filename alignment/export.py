"""Stage `export`: the trained adapter as a folder to serve or share, with its card, checked first."""

import re
import shlex
import shutil
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from alignment.backbone import (
    Backbone,
    find_backbone,
    keep_to_ourselves,
    load_model,
    read_json,
    served_rank,
    write_json,
)
from alignment.config import Config
from alignment.train import RECORD, training_folder

CARD = Path(__file__).parent / "card.md"
_WEIGHTS, _CONFIG = "adapter_model.safetensors", "adapter_config.json"
_NAME = re.compile(r"[\w.-]+")


class CannotExport(Exception):
    """No adapter, or none that should be served: one sentence that says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Exported:
    """`folder`: the adapter; `flags`: those of vLLM that serve it beside its base."""

    folder: Path
    flags: str


def export(config: Config) -> Exported:
    """Put the adapter of a finished training, with its card, into `out`/adapter (adapter-N of N samples).

    The tokenizer stays out: nothing is added to it, and vLLM takes the base's. What was there is replaced.

    Raises:
        CannotExport: there is no finished training, its base is not the configured one, or PEFT does not load
            what it made.
        CannotTrain: the base cannot be had.
    """
    if config.train is None:
        raise CannotExport("The configuration has no [train]: there is no adapter to export.")
    if not _NAME.fullmatch(config.name):
        raise CannotExport(
            f"name = {config.name!r} cannot be a model's id: take letters, digits, '.', '-', '_'."
        )
    trained = training_folder(config)
    record = read_json(trained / RECORD) or {}
    if "finished" not in record:
        raise CannotExport(f"{trained} holds no finished training. Run the stage train first.")
    backbone = find_backbone(config.train.base)
    if (backbone.digest() or backbone.name) != record["asked"]["base"]:
        raise CannotExport(
            f"{trained} was trained on {record['base']}, and train.base = {backbone.name} is another model. "
            f"Name the one it was trained on: an adapter means nothing on another."
        )
    folder = config.out / trained.name.replace("train", "adapter", 1)
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        made = trained / ("dpo" if "dpo" in record["took"] else "sft")
        rank = _copy(made, partial, backbone)
        check(partial, backbone)
        flags = _flags(rank, config.name, folder)
        scores = read_scores(config.out / "scores.json")
        (partial / "README.md").write_text(card(config, backbone.name, record, rank, flags, scores), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Exported(folder, flags)


def check(folder: Path, backbone: Backbone) -> None:
    """Load the adapter in PEFT on its base: every tensor has its place, is finite, and says something.

    Raises:
        CannotExport: it is not so.
        CannotTrain: the base cannot be had.
    """
    keep_to_ourselves(backbone)
    try:
        import torch
        from peft import PeftModel, get_peft_model_state_dict
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise CannotExport(f"{error}: install the extra `alignment` (make alignment-install).") from error
    try:
        written = load_file(folder / _WEIGHTS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tensors that are missing: they are counted below
            model = PeftModel.from_pretrained(load_model(backbone, "auto"), str(folder))
    except (SafetensorError, RuntimeError, ValueError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CannotExport(f"{folder} does not load on {backbone.name}: {said}") from error
    loaded = get_peft_model_state_dict(model)
    if strange := set(written) ^ set(loaded):
        raise CannotExport(
            f"{folder} does not fit {backbone.name}: {len(strange)} tensors, as {min(strange)}."
        )
    if any(not torch.isfinite(one).all() for one in written.values()):
        raise CannotExport(f"{folder} holds numbers that are none. Train again, with a lower learning rate.")
    if not any(tensor.any() for name, tensor in written.items() if "lora_B" in name):
        raise CannotExport(f"{folder} changes nothing: it was not trained. Raise train.epochs.")


def read_scores(path: Path) -> dict[str, float]:
    """Every number in the file, by the way to it ("normad / accuracy / adapter"); empty where there is none.

    Raises:
        CannotExport: the file is no JSON object.
    """
    if not path.exists():
        return {}
    scores = read_json(path)
    if scores is None:
        raise CannotExport(f"{path} is no JSON object. Mend it, or move it away.")
    return dict(_numbers(scores, ()))


def card(
    config: Config, base: str, record: Mapping[str, Any], rank: int, flags: str, scores: Mapping[str, float]
) -> str:
    """The model card: what was asked for, what it took, and what is not known of it."""
    data, took, asked = record["data"], record["took"], record["asked"]["settings"]
    dpo = took.get("dpo")
    words = {
        **{name: data[name] for name in ("items", "dialogues", "critiques", "pairs", "left_out")},
        **{name: asked[name] for name in ("epochs", "learning_rate", "batch", "tokens")},
        "name": config.name,
        "base": base,
        "base_model": Path(base).name if Path(base).is_dir() else base,
        "rank": rank,
        "alpha": 2 * rank,
        "served": served_rank(rank),
        "serve": f"VLLM_MODEL={shlex.quote(base)} deploy/vllm/serve.sh {flags}",
        "date": record["finished"][:10],
        "seed": record["asked"]["seed"],
        "number": len(data["cultures"]),
        "cultures": _counts(data["cultures"]),
        "languages": ", ".join(data["languages"]),
        "spoken": _counts(data["languages"]),
        "source": _source(config, data),
        "licence": "cc-by-4.0" if data["hand_written"] == data["items"] else "other",
        "terms": _terms(data),
        "steps": took["sft"]["steps"],
        "seconds": took["sft"]["seconds"],
        "peak": max(one["peak_mib"] for one in took.values()),
        "dpo_tag": ", dpo" if dpo else "",
        "dpo_epochs": asked["dpo_epochs"] if dpo else "–",
        "dpo_learning_rate": asked["dpo_learning_rate"] if dpo else "–",
        "dpo_steps": dpo["steps"] if dpo else "–",
        "dpo_seconds": dpo["seconds"] if dpo else "–",
        "beta": f", DPO's beta {asked['dpo_beta']}" if dpo else "",
        "libraries": ", ".join(f"{name} {number}" for name, number in record["libraries"].items()),
        "scores": _table(scores),
    }
    return Template(CARD.read_text("utf-8")).substitute(words)


def _copy(made: Path, folder: Path, backbone: Backbone) -> int:
    told = read_json(made / _CONFIG)
    if told is None or not (made / _WEIGHTS).is_file():
        raise CannotExport(f"{made} holds no adapter. Delete {made.parent}, and train again.")
    told["base_model_name_or_path"] = backbone.name
    told["target_modules"] = sorted(told["target_modules"])  # a set: else no two exports are alike
    write_json(folder / _CONFIG, told)
    shutil.copyfile(made / _WEIGHTS, folder / _WEIGHTS)
    return int(told["r"])


def _flags(rank: int, name: str, folder: Path) -> str:
    at = shlex.quote(f"{name}={folder}")
    return f"--enable-lora --max-lora-rank {served_rank(rank)} --lora-modules {at}"


def _numbers(found: Any, way: tuple[str, ...]) -> Iterator[tuple[str, float]]:
    if isinstance(found, dict):
        for name, one in found.items():
            yield from _numbers(one, (*way, str(name)))
    elif isinstance(found, int | float) and not isinstance(found, bool):
        yield " / ".join(way), float(found)


def _table(scores: Mapping[str, float]) -> str:
    if not scores:
        return (
            "None: nobody has measured this adapter yet. Measure it against its base before you rely on it."
        )
    rows = [f"| {name} | {number:.4g} |" for name, number in scores.items()]
    return "\n".join(["| measured | |", "| --- | --- |", *rows])


def _source(config: Config, data: Mapping[str, Any]) -> str:
    written, drawn_up = data["hand_written"], data["items"] - data["hand_written"]
    told = []
    if written:
        told.append(f"{written} hand-written items, each on a verified statement (CC BY 4.0).")
    if drawn_up:
        told.append(
            f"{drawn_up} items written by `{config.teacher.model}` and graded by `{config.judge.model}`; no "
            f"person has checked them. The terms of these models apply too."
        )
    return " ".join(told)


def _terms(data: Mapping[str, Any]) -> str:
    if data["hand_written"] == data["items"]:
        return "The adapter: CC BY 4.0, like the items."
    return (
        "The adapter: as the terms of the model that wrote its items allow; what is hand-written, CC BY 4.0."
    )


def _counts(found: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items())
