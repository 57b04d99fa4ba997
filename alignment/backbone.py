"""The model that an adapter is trained on: a folder, or an id of the hub; found, told apart, loaded."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes as --max-lora-rank; an adapter of another rank is served with the next higher."""

_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_CURE = "Name a folder that transformers loads (deploy/vllm/convert_gguf.py makes one of a GGUF file)"


class CannotTrain(Exception):
    """No training, or no more of it: one sentence that says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """`name`: as the configuration has it; `folder` None: an id of the hub."""

    name: str
    folder: Path | None

    @property
    def source(self) -> str:
        """What transformers is asked for."""
        return str(self.folder) if self.folder else self.name

    def digest(self) -> str | None:
        """SHA-256 of a folder's weights, its files in the order of their names; None of a hub's model."""
        if self.folder is None:
            return None
        total = hashlib.sha256()
        for path in _weights(self.folder):
            with path.open("rb") as file:
                total.update(hashlib.file_digest(file, "sha256").digest())
        return total.hexdigest()


def find_backbone(name: str) -> Backbone:
    """The backbone called so. Nothing is loaded, and nobody asked.

    Raises:
        CannotTrain: no such folder, or none of a model.
    """
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file() or not _weights(folder):
            raise CannotTrain(
                f"train.base: {name} is no model folder: it lacks config.json or weights. {_CURE}."
            )
        return Backbone(name, folder)
    if not _ID.fullmatch(name) or name.startswith("."):
        raise CannotTrain(
            f"train.base: there is no folder {name}. {_CURE}, or an id of the Hugging Face hub."
        )
    return Backbone(name, None)


def served_rank(rank: int) -> int:
    """The least --max-lora-rank of vLLM that takes adapters of this rank.

    Raises:
        CannotTrain: there is none.
    """
    for known in RANKS:
        if rank <= known:
            return known
    raise CannotTrain(f"train.rank = {rank}: vLLM serves adapters up to rank {RANKS[-1]}. Take a lower one.")


def keep_to_ourselves(backbone: Backbone) -> None:
    """No telemetry; no hub where the model is a folder. Call it before anything of the hub is imported."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if backbone.folder:
        os.environ["HF_HUB_OFFLINE"] = "1"


def load_tokenizer(backbone: Backbone) -> Any:
    """Its tokenizer.

    Raises:
        CannotTrain: it cannot be had, or has no chat template.
    """
    from transformers import AutoTokenizer

    with _had(backbone):
        found = AutoTokenizer.from_pretrained(backbone.source, local_files_only=backbone.folder is not None)
    if found.chat_template is None:
        raise CannotTrain(
            f"train.base: {backbone.name} has no chat template. Name a model tuned to converse."
        )
    return found


def load_model(backbone: Backbone, dtype: Any) -> Any:
    """The model, in `dtype` (of torch), on the CPU.

    Raises:
        CannotTrain: it cannot be had.
    """
    from transformers import AutoModelForCausalLM

    with _had(backbone):
        return AutoModelForCausalLM.from_pretrained(
            backbone.source, dtype=dtype, local_files_only=backbone.folder is not None
        )


@contextmanager
def _had(backbone: Backbone) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CannotTrain(f"train.base: {backbone.name} cannot be loaded: {said}") from error


def _weights(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("pytorch_model*.bin"))
    return [path for path in found if not path.name.startswith("adapter_")]


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file; None where there is none, or one that was never finished."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def write_json(path: Path, told: dict[str, Any]) -> None:
    """The file appears whole, or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")
    partial.replace(path)
