import importlib.util
import json
import math
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from alignment.backbone import CannotTrain, find_backbone, served_rank
from alignment.dialogues import dialogues, hand_written, read_requests
from alignment.loss import LossLog
from alignment.train import RECORD, train, training_folder
from tests.alignment.tiny_model import CULTURES, configuration, make_model

ROOT = Path(__file__).parents[2]
needs_torch = [
    pytest.mark.alignment,
    pytest.mark.timeout(300),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # torch's and its friends', of one another
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.skipif(
        importlib.util.find_spec("trl") is None, reason="no torch, no trl here (make test-alignment)"
    ),
]


def torch_test(test):
    for mark in needs_torch:
        test = mark(test)
    return test


def losses(folder):
    return [json.loads(line) for line in (folder / "loss.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def trained(base, tmp_path_factory):
    """A training that nobody interrupted."""
    told = []
    config = configuration(tmp_path_factory.mktemp("run"), base)
    return train(config, say=told.append), training_folder(config), told


# What needs no torch


def test_a_run_without_train_says_so(tmp_path):
    with pytest.raises(CannotTrain, match=r"no \[train\]"):
        train(configuration(tmp_path, None))


@pytest.mark.parametrize("base", ["./nowhere", "/nowhere/at/all", "two/many/slashes"])
def test_a_base_that_is_not_there_is_named(tmp_path, base):
    with pytest.raises(CannotTrain, match=f"there is no folder {base}"):
        train(configuration(tmp_path, base))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_no_model_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(CannotTrain, match=r"lacks config\.json or weights"):
        find_backbone(str(tmp_path))


def test_an_id_of_the_hub_is_left_to_the_hub():
    assert find_backbone("Qwen/Qwen2.5-1.5B-Instruct").folder is None


def test_a_rank_that_vllm_does_not_serve_is_refused(tmp_path):
    with pytest.raises(CannotTrain, match="rank = 513: vLLM serves adapters up to rank 512"):
        train(configuration(tmp_path, "some/model", rank=513))
    assert [served_rank(rank) for rank in (1, 2, 8, 9, 257)] == [1, 8, 8, 16, 320]


def test_nothing_to_learn_from_is_said(tmp_path):
    config = configuration(tmp_path, "some/model").model_copy(update={"cultures": ("sami",)})
    with pytest.raises(CannotTrain, match=r"nothing to learn from: .* is of sami"):
        train(config)


def test_more_samples_than_there_are_items_are_refused(tmp_path):
    with pytest.raises(CannotTrain, match="samples = 5000: there are 48 items"):
        train(configuration(tmp_path, "some/model", samples=5000))


def test_each_number_of_samples_has_a_folder_of_its_own(tmp_path):
    folders = [training_folder(configuration(tmp_path, "some/model", samples=n)) for n in (10, 30, None)]
    assert [one.name for one in folders] == ["train-10", "train-30", "train"]


def test_the_loss_of_steps_that_are_made_again_is_forgotten(tmp_path):
    log = LossLog(tmp_path / "loss.jsonl")
    log.begin("sft", [])
    assert [log.add("sft", {"step": step, "loss": 3 - step}) for step in (1, 2, 3)] == [2, 1, 0]
    assert log.add("sft", {"step": 3, "train_runtime": 1.0}) is None
    log.close()
    log.begin("sft", [{"step": 1, "loss": 2.0, "epoch": 0.5, "train_runtime": 9}])
    log.add("sft", {"step": 2, "loss": 1.5})
    log.begin("dpo", [])
    log.add("dpo", {"step": 1, "loss": 0.7, "rewards/accuracies": 0.25})
    log.close()
    assert log.rows() == [
        {"stage": "sft", "step": 1, "loss": 2.0, "epoch": 0.5},
        {"stage": "sft", "step": 2, "loss": 1.5},
        {"stage": "dpo", "step": 1, "loss": 0.7, "preferred": 0.25},
    ]


def test_a_loss_that_was_cut_off_is_left_out(tmp_path):
    (tmp_path / "loss.jsonl").write_text('{"stage": "sft", "step": 1, "loss": 2.0}\n{"stage": "sft", "st')
    assert [one["step"] for one in LossLog(tmp_path / "loss.jsonl").rows()] == [1]


# What trains


@torch_test
def test_the_loss_counts_the_critique_and_the_right_answer(base):
    from alignment import tokens
    from alignment.backbone import load_tokenizer

    tokenizer = load_tokenizer(find_backbone(str(base)))
    (item,) = [one for one in hand_written(CULTURES) if one.id == "CN-01"]
    critique, plain, *_ = dialogues([item], read_requests(), 0.7)
    for dialogue in (critique, plain):
        made = tokens.row(tokenizer, dialogue.messages)
        learned = [token for token in made.labels if token != tokens.UNLEARNED]
        expected = [one.content for one in dialogue.messages if one.learned]
        assert tokenizer.decode(learned) == "".join(f"{text}<|im_end|>" for text in expected)
        assert all(label in (tokens.UNLEARNED, token) for token, label in zip(*_lists(made), strict=True))
        assert tokenizer.decode(made.input_ids).count("<|im_start|>") == len(dialogue.messages)


def _lists(row):
    return row.input_ids, row.labels


@torch_test
def test_a_template_that_rewrites_earlier_turns_is_refused(base):
    from alignment import tokens
    from alignment.backbone import load_tokenizer

    tokenizer = load_tokenizer(find_backbone(str(base)))
    tokenizer.chat_template = "{{ messages | length }}" + tokenizer.chat_template
    (critique, *_) = dialogues(hand_written(["CN"])[:1], read_requests(), 0.7)
    with pytest.raises(CannotTrain, match="rewrites earlier turns"):
        tokens.row(tokenizer, critique.messages)


@torch_test
def test_it_learns(trained):
    made, folder, told = trained
    rows = losses(folder)
    sft = [one["loss"] for one in rows if one["stage"] == "sft"]
    assert (
        len(sft) == made.record["took"]["sft"]["steps"] == 4
    )  # 2 items, 4 dialogues each, 4 in a step, twice
    assert sft[-1] < sft[0] - 0.02
    assert (folder / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert (made.adapter / "adapter_model.safetensors").is_file()
    assert made.adapter == folder / "dpo"
    assert made.record["data"] | {"cultures": 0, "languages": 0} == {
        "items": 2, "hand_written": 2, "cultures": 0, "languages": 0,
        "critiques": 4, "dialogues": 8, "pairs": 4, "left_out": 0,
    }  # fmt: skip
    assert made.record["data"]["cultures"] == {"CN": 1, "EG": 1}
    assert told[0] == "2 items: 8 dialogues, 4 pairs to learn from"
    assert not list(folder.glob("*/checkpoint-*"))


@torch_test
def test_on_a_cpu_the_loss_is_the_one_that_trl_computes_everywhere(base, tmp_path):
    import torch
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from alignment import lora, tokens
    from alignment.backbone import load_model, load_tokenizer

    backbone = find_backbone(str(base))
    tokenizer = load_tokenizer(backbone)
    made = tokens.row(tokenizer, dialogues(hand_written(CULTURES)[:1], read_requests(), 0.7)[0].messages)
    inputs = {"input_ids": torch.tensor([made.input_ids]), "labels": torch.tensor([made.labels])}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    config = SFTConfig(
        str(tmp_path),
        use_cpu=True,
        bf16=False,
        report_to="none",
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    losses = []
    for trainer in (SFTTrainer, lora._LearnedOnly):
        learner = trainer(
            load_model(backbone, torch.float32),
            config,
            train_dataset=Dataset.from_list([{"input_ids": made.input_ids, "labels": made.labels}]),
            processing_class=tokenizer,
        )
        losses += [
            learner.compute_loss(learner.model, dict(inputs), num_items_in_batch=items).item()
            for items in (None, 7)
        ]
    assert losses[:2] == pytest.approx(losses[2:], rel=1e-5)
    assert losses[0] < losses[1]


@torch_test
def test_the_adapter_has_the_dropout_that_was_asked_for(trained, base, tmp_path):
    config = configuration(tmp_path, base, dropout=0, epochs=1, samples=1, dpo=False)
    for made, dropout in ((trained[0], 0.05), (train(config, say=str), 0)):
        settings = json.loads((made.adapter / "adapter_config.json").read_text())
        assert settings["lora_dropout"] == dropout


@torch_test
def test_dpo_begins_at_what_sft_made(trained):
    _, folder, _ = trained
    first, *rest = [one for one in losses(folder) if one["stage"] == "dpo"]
    # The policy is its own reference still: no pair is preferred, and the loss is that of a coin.
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-4)
    assert first["margin"] == pytest.approx(0, abs=1e-4)
    assert rest[-1]["margin"] != 0


@torch_test
def test_what_is_trained_is_not_trained_again(trained, base):
    made, folder, _ = trained
    before = (folder / RECORD).read_bytes(), (made.adapter / "adapter_model.safetensors").stat().st_mtime_ns
    again = train(configuration(folder.parent, base))
    assert not again.fresh
    assert again.adapter == made.adapter
    after = (folder / RECORD).read_bytes(), (made.adapter / "adapter_model.safetensors").stat().st_mtime_ns
    assert after == before


@torch_test
def test_another_training_is_not_mixed_in(trained, base):
    _, folder, _ = trained
    with pytest.raises(CannotTrain, match="holds a training with other settings"):
        train(configuration(folder.parent, base, epochs=7))


@torch_test
@pytest.mark.parametrize("at", ["sft: step 2", "dpo: step 1"])
def test_an_interrupted_training_goes_on_as_if_nothing_had_been(trained, base, tmp_path, at):
    _, whole, _ = trained
    config = configuration(tmp_path, base)

    def until(line):
        if line.startswith(at):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, say=until)
    told = []
    made = train(config, say=told.append)
    assert told[1].startswith("sft: step 3 of 4" if at.startswith("sft") else "dpo: step 2 of 3")
    assert made.fresh
    ours, theirs = losses(training_folder(config)), losses(whole)
    assert [(one["stage"], one["step"]) for one in ours] == [(one["stage"], one["step"]) for one in theirs]
    assert [one["loss"] for one in ours] == pytest.approx([one["loss"] for one in theirs], rel=1e-4)


@torch_test
def test_a_checkpoint_that_was_cut_off_is_passed_over(tmp_path):
    from alignment.lora import last_checkpoint

    for number, state in ((9, '{"global_step": 9}'), (10, '{"global_'), (100, None)):
        (tmp_path / f"checkpoint-{number}").mkdir()
        if state:
            (tmp_path / f"checkpoint-{number}" / "trainer_state.json").write_text(state)
    assert last_checkpoint(tmp_path) == tmp_path / "checkpoint-9"
    assert last_checkpoint(tmp_path / "nothing") is None


@torch_test
def test_a_rank_that_is_no_low_one_is_refused(base, tmp_path):
    with pytest.raises(CannotTrain, match=r"rank = 33: the narrowest layer of .* has 32"):
        train(configuration(tmp_path, base, rank=33))


@torch_test
def test_dialogues_that_are_all_too_long_are_said(base, tmp_path):
    with pytest.raises(CannotTrain, match=r"All 8 dialogues are longer than train\.tokens = 64"):
        train(configuration(tmp_path, base, tokens=64))


@torch_test
def test_a_model_without_a_chat_template_is_named(base, tmp_path):
    plain = tmp_path / "plain"
    plain.mkdir()
    for path in base.iterdir():
        if path.name != "chat_template.jinja":
            (plain / path.name).write_bytes(path.read_bytes())
    with pytest.raises(CannotTrain, match="has no chat template"):
        train(configuration(tmp_path / "out", plain))


@torch_test
def test_a_loss_that_is_no_number_ends_it(base, tmp_path):
    with pytest.raises(CannotTrain, match=r"the loss is (nan|inf)\. Lower train\.learning_rate"):
        train(configuration(tmp_path, base, learning_rate=1e30))


@torch_test
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_said_in_a_sentence(base, tmp_path):
    config = configuration(tmp_path, base)
    training_folder(config).mkdir(parents=True)
    (training_folder(config) / "loss.jsonl.partial").symlink_to("/dev/full")
    with pytest.raises(CannotTrain, match=r"the disk is full\. Make room"):
        train(config)


@torch_test
def test_the_hub_is_not_asked(base, tmp_path):
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_POST = do_GET  # noqa: N815

        def log_message(self, *_):
            pass

    hub = HTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=hub.serve_forever, daemon=True).start()
    config = configuration(tmp_path, base, samples=1, dpo=False)
    (tmp_path / "config.json").write_text(config.model_dump_json())
    code = (
        "import pathlib; from alignment.config import Config; from alignment.train import train;"
        f"train(Config.model_validate_json(pathlib.Path({str(tmp_path / 'config.json')!r}).read_text()))"
    )
    url = f"http://127.0.0.1:{hub.server_port}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    environment = {**kept, "HF_ENDPOINT": url, "HTTPS_PROXY": url, "HTTP_PROXY": url, "HOME": str(tmp_path)}
    try:
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=200)
    finally:
        hub.shutdown()
        hub.server_close()
    assert asked == []
    assert losses(training_folder(config))
