"""Stage `train`: LoRA by SFT, then DPO, in the run's folder; an interrupted training goes on where it was.

`out`/train (`out`/train-N of N samples) holds sft/ and dpo/, an adapter each, loss.jsonl, loss.png, and
training.json: what was asked for, and what it took.
"""

import errno
import json
import os
import shutil
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from alignment.backbone import (
    Backbone,
    CannotTrain,
    find_backbone,
    keep_to_ourselves,
    load_tokenizer,
    read_json,
    served_rank,
    write_json,
)
from alignment.config import Config, TrainConfig
from alignment.dialogues import Dialogue, Item, dialogues, drawn, hand_written, made, pairs, read_requests
from alignment.loss import LossLog, plot

RECORD = "training.json"
Source = Literal["rows", "items", "both"]
"""Where items come from: the pipeline's rows (`out`/select.jsonl), the hand-written ones, or both."""

_LIBRARIES = ("torch", "transformers", "trl", "peft")
_FULL = ("No space left", "os error 28", "PytorchStreamWriter failed", "file write failed")
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


@dataclass(frozen=True, slots=True)
class Trained:
    """`adapter`: its folder; `record`: what `training.json` says; `fresh`: this call made it."""

    adapter: Path
    record: dict[str, Any]
    fresh: bool


def training_folder(config: Config) -> Path:
    """Where this training is kept: one for each number of samples, for the curve of gain against samples."""
    samples = config.train.samples if config.train else None
    return config.out / ("train" if samples is None else f"train-{samples}")


def material(config: Config, source: Source | None = None) -> list[Item]:
    """What can be learned from, of the configured cultures; `source` None: the pipeline's rows where there
    are any, else the hand-written items.

    Raises:
        BadFile: rows that cannot be used.
        CannotTrain: there are none.
    """
    rows = config.out / "select.jsonl"
    if source is None:
        source = "rows" if rows.exists() else "items"
    items = made(rows) if source in ("rows", "both") else []
    if source in ("items", "both"):
        items += hand_written(config.cultures)
    items = [one for one in items if one.culture in config.cultures]
    if not items:
        raise CannotTrain(
            f"There is nothing to learn from: no row in {rows} and no hand-written item is of "
            f"{', '.join(config.cultures)}. Run the stages before, or name other cultures."
        )
    return items


def train(config: Config, source: Source | None = None, say: Callable[[str], None] = print) -> Trained:
    """Train, or go on training. Where it is done already, nothing is.

    Raises:
        BadFile: rows that cannot be used.
        CannotTrain: in one sentence, why not, or why no further; what was made is kept.
    """
    settings = _settings(config)
    served_rank(settings.rank)
    items = _items(config, settings, source)
    backbone = find_backbone(settings.base)
    folder = training_folder(config)
    asked = _asked(config, settings, items, backbone)
    record = read_json(folder / RECORD) or {"asked": asked}
    if record["asked"] != asked:
        names = ", ".join(name for name in asked if record["asked"].get(name) != asked[name])
        raise CannotTrain(f"{folder} holds a training with other {names}. Delete it, or name another `out`.")
    fresh = "finished" not in record
    if fresh:
        with _sentences(folder):
            folder.mkdir(parents=True, exist_ok=True)
            record = _learn(
                _Run(config, settings, items, backbone, folder, record, say if _first() else _silent)
            )
    return Trained(folder / ("dpo" if "dpo" in record["took"] else "sft"), record, fresh)


@dataclass(frozen=True, slots=True)
class _Run:
    config: Config
    settings: TrainConfig
    items: Sequence[Item]
    backbone: Backbone
    folder: Path
    record: dict[str, Any]
    say: Callable[[str], None]

    def write(self, **more: Any) -> None:
        """Put more into the record, and the record on disk; of several processes one does."""
        self.record.update(more)
        if _first():
            write_json(self.folder / RECORD, self.record)


def _learn(run: _Run) -> dict[str, Any]:
    keep_to_ourselves(run.backbone)
    try:
        from alignment import lora, tokens
    except ImportError as error:
        raise CannotTrain(f"{error}: install the extra `alignment` (make alignment-install).") from error

    tokenizer = load_tokenizer(run.backbone)
    most = run.settings.tokens
    spoken = dialogues(run.items, read_requests(), run.settings.dpo_below)
    rows = tokens.rows(tokenizer, spoken, most)
    wanted = pairs(run.items, run.settings.dpo_below) if run.settings.dpo else []
    preferred = tokens.preferences(tokenizer, wanted, most)
    if not rows:
        raise CannotTrain(f"All {len(spoken)} dialogues are longer than train.tokens = {most}. Raise it.")
    long, long_pairs = len(spoken) - len(rows), len(wanted) - len(preferred)
    told = _told(run.items, [one for one, _ in rows], len(preferred), long + long_pairs)
    run.write(base=run.backbone.name, data=told)
    run.say(f"{len(run.items)} items: {len(rows)} dialogues, {len(preferred)} pairs to learn from")
    if long or long_pairs:
        run.say(f"left out, over {most} tokens: {long} dialogues, {long_pairs} pairs")
    took = dict(run.record.get("took", {}))
    with closing(LossLog(run.folder / "loss.jsonl")) as log, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # the libraries', of one another
        job = lora.Job(run.settings, run.backbone, run.folder, run.config.seed, log, run.say)
        if "sft" not in took:
            took["sft"] = asdict(lora.sft(job, [made for _, made in rows], tokenizer))
            run.write(took=took)
        if preferred and "dpo" not in took:
            took["dpo"] = asdict(lora.dpo(job, preferred, tokenizer))
    run.write(took=took, libraries={name: version(name) for name in _LIBRARIES})
    if _first():
        for checkpoint in run.folder.glob("*/checkpoint-*"):
            shutil.rmtree(checkpoint)
        plot(log.rows(), run.folder / "loss.png", run.config.name)
    run.write(finished=datetime.now(UTC).isoformat(timespec="seconds"))
    return run.record


def _silent(_: str) -> None:
    pass


def _first() -> bool:
    """Of several processes the one that writes and speaks."""
    return os.environ.get("RANK", "0") == "0"


def _settings(config: Config) -> TrainConfig:
    if config.train is None:
        raise CannotTrain("The configuration has no [train]: add it, with base = the model to be tuned.")
    return config.train


def _items(config: Config, settings: TrainConfig, source: Source | None) -> list[Item]:
    found = drawn(material(config, source), config.seed, settings.samples)
    if settings.samples and len(found) < settings.samples:
        raise CannotTrain(f"train.samples = {settings.samples}: there are {len(found)} items. Ask for fewer.")
    return found


def _asked(
    config: Config, settings: TrainConfig, items: Sequence[Item], backbone: Backbone
) -> dict[str, Any]:
    """What a training must have in common with one that it goes on with."""
    told = json.dumps([asdict(one) for one in items], ensure_ascii=False, sort_keys=True)
    return {
        "base": backbone.digest() or backbone.name,
        "settings": settings.model_dump(exclude={"base"}),
        "seed": config.seed,
        "items": sha256(told.encode()).hexdigest(),
    }


def _told(
    items: Sequence[Item], learned: Sequence[Dialogue], preferred: int, left_out: int
) -> dict[str, Any]:
    """What it learns from, for the model card."""
    return {
        "items": len(items),
        "hand_written": sum(one.score is None for one in items),
        "cultures": dict(sorted(Counter(one.culture for one in items).items())),
        "languages": dict(Counter(one.language for one in learned).most_common()),
        "critiques": sum(one.form == "critique" for one in learned),
        "dialogues": len(learned),
        "pairs": preferred,
        "left_out": left_out,
    }


@contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    """A full disk and a lack of memory, in words; everything else as it is."""
    kept = f"What is in {folder} is kept: start the same command again"
    try:
        yield
    except Exception as error:
        said = str(error)
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(one in said for one in _FULL):
            raise CannotTrain(f"{folder}: the disk is full. Make room. {kept}.") from error
        if isinstance(error, MemoryError) or any(one in said for one in _NO_MEMORY):
            cure = "Lower train.tokens or train.batch, or take a smaller base"
            raise CannotTrain(f"There is too little memory. {cure}, and delete {folder}.") from error
        raise
