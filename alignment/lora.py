"""LoRA with TRL and PEFT: SFT, then DPO against what SFT made. The one file here that needs torch to be read.

Of the answers in a dialogue only those that are right are learned (`alignment.tokens`). DPO goes on with
SFT's adapter and holds it against a frozen copy of it: its reference is the tuned model, not the base.
"""

import math
import os
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from transformers import PrinterCallback, TrainerCallback
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from alignment.backbone import Backbone, CannotTrain, load_model, read_json
from alignment.config import TrainConfig
from alignment.loss import LossLog
from alignment.tokens import UNLEARNED, Row

_STATE = "trainer_state.json"  # written last: a checkpoint that has it is whole
SAVES = 10  # checkpoints of a stage
_AT_ONCE = 4  # rows in one pass of a GPU; a CPU gains nothing by more than one


@dataclass(frozen=True, slots=True)
class Job:
    """A training: its settings, its folder, and who is told of it."""

    settings: TrainConfig
    backbone: Backbone
    folder: Path
    seed: int
    log: LossLog
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Spent:
    """`steps` of the stage; `seconds` a step took, of those made in this go; `peak_mib`: the most memory so
    far, of the GPU where there is one, else of the process.
    """

    steps: int
    seconds: float
    peak_mib: int


def sft(job: Job, rows: Sequence[Row], tokenizer: Any) -> Spent:
    """Learn the dialogues; the adapter goes to `folder`/sft.

    Raises:
        CannotTrain: see `_model`; or the loss is no number any more.
    """
    settings = job.settings
    config = SFTConfig(
        **_arguments(job, "sft"),
        learning_rate=settings.learning_rate,
        num_train_epochs=settings.epochs,
        dataset_kwargs={"skip_prepare_dataset": True},  # they are tokens already, and none is too long
    )
    lora = LoraConfig(
        r=settings.rank,
        lora_alpha=2 * settings.rank,
        lora_dropout=settings.dropout,
        target_modules="all-linear",  # without the output layer
        task_type="CAUSAL_LM",
    )
    data = Dataset.from_list([{"input_ids": one.input_ids, "labels": one.labels} for one in rows])
    trainer = (SFTTrainer if torch.cuda.is_available() else _LearnedOnly)(
        model=_model(job),
        args=config,
        train_dataset=data,
        processing_class=tokenizer,
        peft_config=lora,
        callbacks=[_Told(job, "sft")],
    )
    return _run(trainer, job, "sft")


class _LearnedOnly(SFTTrainer):  # type: ignore[misc]  # untyped where torch is not installed
    """SFT on a CPU, a row at a time: the output layer is asked only where a token is learned.

    Without Triton TRL asks it everywhere, and works out its gradient in float32.
    """

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        following = inputs["labels"][0, 1:]
        learned = (following != UNLEARNED).nonzero()[:, 0]
        logits = model(input_ids=inputs["input_ids"], use_cache=False, logits_to_keep=learned).logits[0]
        loss = torch.nn.functional.cross_entropy(logits.float(), following[learned], reduction="sum")
        if num_items_in_batch is None:
            return loss / len(learned)
        if self.args.average_tokens_across_devices:  # of all processes, averaged by DDP
            loss = loss * self.accelerator.num_processes
        return loss / num_items_in_batch


def dpo(job: Job, pairs: Sequence[dict[str, Any]], tokenizer: Any) -> Spent:
    """Go on from `folder`/sft with the pairs; the adapter goes to `folder`/dpo.

    Raises:
        CannotTrain: see `_model`; or the loss is no number any more.
    """
    settings = job.settings
    config = DPOConfig(
        **_arguments(job, "dpo"),
        learning_rate=settings.dpo_learning_rate,
        num_train_epochs=settings.dpo_epochs,
        beta=settings.dpo_beta,
        max_length=None,  # none is too long
    )
    tuned = PeftModel.from_pretrained(_model(job), str(job.folder / "sft"), is_trainable=True)
    trainer = DPOTrainer(
        model=tuned,
        args=config,
        train_dataset=Dataset.from_list(list(pairs)),
        processing_class=tokenizer,
        callbacks=[_Told(job, "dpo")],
    )
    return _run(trainer, job, "dpo")


def _model(job: Job) -> Any:
    """The base, in bfloat16 where the GPU or the CPU computes in it, else in float32.

    Raises:
        CannotTrain: it cannot be loaded, the rank is no low one for it, or several GPUs wait for a launcher.
    """
    if (gpus := torch.cuda.device_count()) > 1 and _processes() == 1:
        raise CannotTrain(
            f"There are {gpus} GPUs: start `accelerate launch --num_processes {gpus} -m alignment train …`, "
            f"or name one with CUDA_VISIBLE_DEVICES."
        )
    model = load_model(job.backbone, torch.bfloat16 if _bf16() else torch.float32)
    narrowest = min(
        min(layer.in_features, layer.out_features)
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and layer is not model.get_output_embeddings()
    )
    if job.settings.rank > narrowest:
        raise CannotTrain(
            f"train.rank = {job.settings.rank}: the narrowest layer of {job.backbone.name} has {narrowest}, "
            f"and a low rank is far below. Take 8, 16 or 32."
        )
    return model


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    found = sorted(
        folder.glob("checkpoint-*"), key=lambda one: int(one.name.rpartition("-")[2]), reverse=True
    )
    return next((one for one in found if read_json(one / _STATE)), None)


class _Told(TrainerCallback):  # type: ignore[misc]  # untyped where torch is not installed
    """Writes the loss down; says how far it is whenever a checkpoint is kept."""

    def __init__(self, job: Job, stage: str) -> None:
        self._job, self._stage = job, stage
        self._loss = math.nan
        self._began, self._first = 0.0, 0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._began, self._first = time.monotonic(), state.global_step
        if state.is_world_process_zero:
            self._job.log.begin(self._stage, state.log_history)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        loss = (logs or {}).get("loss")
        if loss is not None and not math.isfinite(float(loss)):
            raise CannotTrain(
                f"{self._stage}, step {state.global_step}: the loss is {loss}. Lower train.learning_rate "
                f"(or train.dpo_learning_rate), delete {self._job.folder}, and start again."
            )
        if state.is_world_process_zero:
            written = self._job.log.add(self._stage, {**(logs or {}), "step": state.global_step})
            self._loss = self._loss if written is None else written

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            seconds = (time.monotonic() - self._began) / max(state.global_step - self._first, 1)
            done = f"{self._stage}: step {state.global_step} of {state.max_steps}"
            self._job.say(f"{done}, loss {self._loss:.3f}, {seconds:.2g} s a step")


def _run(trainer: Any, job: Job, stage: str) -> Spent:
    folder = job.folder / stage
    trainer.remove_callback(PrinterCallback)  # `say` and the log tell it
    checkpoint = last_checkpoint(folder)
    before = int((read_json(checkpoint / _STATE) or {})["global_step"]) if checkpoint else 0
    began = time.monotonic()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    made = trainer.state.global_step - before
    seconds = (time.monotonic() - began) / made if made else 0.0
    if trainer.is_world_process_zero():
        tuned = trainer.accelerator.unwrap_model(trainer.model)
        tuned.save_pretrained(folder, selected_adapters=["default"])
    trainer.accelerator.wait_for_everyone()
    return Spent(trainer.state.global_step, round(seconds, 3), _peak_mib())


def _arguments(job: Job, stage: str) -> dict[str, Any]:
    gpu = torch.cuda.is_available()
    at_once, passes = _shared(job.settings.batch, gpu)
    return {
        "output_dir": str(job.folder / stage),
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": passes,
        "activation_checkpointing": gpu,
        "bf16": _bf16(),
        "use_cpu": not gpu,
        "seed": job.seed,
        "data_seed": job.seed,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.1,
        "save_strategy": "steps",
        "save_steps": 1 / SAVES,
        "save_total_limit": 2,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # a loss that is no number ends the training
        "disable_tqdm": True,
        "dataloader_pin_memory": gpu,
        "report_to": "none",
        "push_to_hub": False,
    }


def _shared(batch: int, gpu: bool) -> tuple[int, int]:
    """Rows in one pass of each process, and how many passes make a step of `batch` rows."""
    processes = _processes()
    if batch % processes:
        raise CannotTrain(
            f"train.batch = {batch} cannot be shared by {processes} processes. Take a multiple of that."
        )
    each = batch // processes
    at_once = max(one for one in range(1, _AT_ONCE + 1) if each % one == 0) if gpu else 1
    return at_once, each // at_once


def _processes() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))  # Accelerate and torchrun say so


def _bf16() -> bool:
    """A CPU's matrix units (AMX) compute in it; without them it is emulated."""
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu.get_capabilities().get("amx_bf16"))


def _peak_mib() -> int:
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated()) >> 20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
