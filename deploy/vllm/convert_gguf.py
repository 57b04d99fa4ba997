#!/usr/bin/env python3
"""Turn a GGUF file into a folder that vLLM, transformers and peft load.

usage: convert_gguf.py [GGUF [FOLDER]]

Runs with the Python of vLLM's environment. Without arguments it converts the service's embedded model,
SmolLM2-135M-Instruct. Prints the folder. A folder that already holds this conversion is left as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_FOLDER = ROOT / ".models" / "smollm2-135m-instruct"
STAMP = "conversion.json"
PROBE = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "In 1998, who paid 12,345 yen?\n\n  茶道 — ٣٤"},
]


class ConversionError(Exception):
    """The file cannot be converted; the message says why and what to do."""


def embedded_gguf() -> Path:
    """Ask the service for the path of its embedded model, which it fetches when it is not there yet."""
    python = os.environ.get("POLYLECT_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
    command = [python, "-m", "service.embedded", "path"]
    try:
        done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
    except FileNotFoundError:
        raise ConversionError(f"no {python}: install the service first, or set POLYLECT_PYTHON") from None
    except subprocess.CalledProcessError as failure:
        raise ConversionError(f"`{' '.join(command)}` failed with status {failure.returncode}") from None
    return Path(done.stdout.strip())


def origin(gguf: Path, dtype: str) -> dict[str, str]:
    """Describe where a conversion comes from: equal descriptions mean equal folders."""
    with gguf.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ConversionError(f"{gguf} is not in the GGUF format")
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"gguf": gguf.name, "sha256": digest, "dtype": dtype}


def is_complete(folder: Path, wanted: dict[str, str]) -> bool:
    """Tell whether the folder already holds this conversion; raise where it holds anything else."""
    if not folder.exists():
        return False
    try:
        found = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ConversionError(f"{folder} is no conversion of ours: remove it, or name another") from None
    if found != wanted:
        raise ConversionError(f"{folder} holds another conversion ({found}): remove it, or name another")
    return True


def load_tokenizer(gguf: Path) -> PreTrainedTokenizerFast:
    """Read the tokenizer, its special tokens and its chat template out of the GGUF file."""
    from gguf import GGUFReader
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    splitter = GGUFReader(gguf).get_field("tokenizer.ggml.pre")
    if splitter is not None and splitter.contents() == "smollm":
        # transformers knows SmolLM's splitter as plain GPT-2, which leaves runs of digits together.
        digits_apart = Sequence([Digits(individual_digits=True), ByteLevel(add_prefix_space=False)])
        tokenizer.backend_tokenizer.pre_tokenizer = digits_apart
    if tokenizer.chat_template is None:
        raise ConversionError(f"{gguf.name} has no chat template: only chat models can serve as a backbone")
    return tokenizer


def load_model(gguf: Path, dtype: str) -> PreTrainedModel:
    """Read the weights, unpacked: a model that stays in GGUF's blocks refuses to be saved."""
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent,
        gguf_file=gguf.name,
        dtype=getattr(torch, dtype),
        quantization_config=GgufConfig(dequantize=True),
    )
    if hasattr(model.config, "quantization_config"):
        raise ConversionError(f"transformers left {gguf.name} quantised: vLLM could not load it")
    return model


def fingerprint(tokenizer: PreTrainedTokenizerFast) -> dict[str, Any]:
    """Collect what has to survive being saved: how a conversation is written, and what ends an answer."""
    return {
        "prompt": tokenizer.apply_chat_template(PROBE, tokenize=False, add_generation_prompt=True),
        "ids": tokenizer.apply_chat_template(PROBE, add_generation_prompt=True, return_dict=False),
        "eos": tokenizer.eos_token_id,
        "pad": tokenizer.pad_token_id,
    }


def write(gguf: Path, folder: Path, dtype: str) -> None:
    """Write model and tokenizer into the folder and read the tokenizer back."""
    from transformers import AutoTokenizer

    tokenizer = load_tokenizer(gguf)
    model = load_model(gguf, dtype)
    tokenizer.model_max_length = model.config.max_position_embeddings
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    before, after = fingerprint(tokenizer), fingerprint(AutoTokenizer.from_pretrained(folder))
    if before != after:
        raise ConversionError(f"the tokenizer did not survive being saved: {before} became {after}")


def convert(gguf: Path, folder: Path, dtype: str = "bfloat16") -> bool:
    """Convert the file; the folder appears complete or not at all. False where it was there already."""
    if not gguf.is_file():
        raise ConversionError(f"{gguf} is no file")
    wanted = origin(gguf, dtype)
    if is_complete(folder, wanted):
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        write(gguf, work, dtype)
        (work / STAMP).write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
        for path in (work, *work.iterdir()):  # private so far; a container's user has to read them
            path.chmod(0o755 if path.is_dir() else 0o644)
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return True


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Turn a GGUF file into a folder that vLLM loads.")
    parser.add_argument("gguf", nargs="?", type=Path, help="the file (default: the service's embedded model)")
    parser.add_argument("folder", nargs="?", type=Path, help="where to (default: .models/NAME-OF-THE-FILE)")
    parser.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float16", "float32"])
    return parser.parse_args(arguments)


def say(line: str) -> None:
    """Tell whoever watches; standard output is for the folder alone."""
    sys.stderr.write(f"convert_gguf: {line}\n")


def main() -> int:
    """Convert what the command line names; one line on standard error where that fails."""
    options = parse()
    try:
        gguf = (options.gguf or embedded_gguf()).resolve()
        default = ROOT / ".models" / gguf.stem.lower() if options.gguf else DEFAULT_FOLDER
        folder = (options.folder or default).resolve()
        # The hub is never needed: everything is in the file.
        os.environ["HF_HUB_OFFLINE"] = "1"
        if not sys.stderr.isatty():
            os.environ.setdefault("TQDM_DISABLE", "1")
        made = convert(gguf, folder, options.dtype)
    except (ConversionError, OSError) as problem:
        say(str(problem))
        return 1
    except ImportError as missing:
        say(f"{missing}: run it with the Python of deploy/vllm/install.sh")
        return 1
    say("converted" if made else "already converted")
    sys.stdout.write(f"{folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
