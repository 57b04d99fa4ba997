import json
import shutil

import pytest

from alignment.backbone import find_backbone
from alignment.export import CannotExport, card, export, read_scores
from alignment.train import train, training_folder
from tests.alignment.test_train import torch_test
from tests.alignment.tiny_model import configuration, make_model


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def run(base, tmp_path_factory):
    config = configuration(tmp_path_factory.mktemp("run"), base)
    train(config, say=lambda _: None)
    return config


def test_a_run_that_was_not_trained_says_so(tmp_path):
    with pytest.raises(CannotExport, match="holds no finished training"):
        export(configuration(tmp_path, "some/model"))
    with pytest.raises(CannotExport, match=r"no \[train\]"):
        export(configuration(tmp_path, None))


def test_a_name_that_is_no_models_id_is_refused(tmp_path):
    with pytest.raises(CannotExport, match="cannot be a model's id"):
        export(configuration(tmp_path, "some/model", name="two words"))


def test_scores_are_read_however_deep_they_lie(tmp_path):
    path = tmp_path / "scores.json"
    assert read_scores(path) == {}
    path.write_text(json.dumps({"normad": {"base": 0.5, "adapter": 1, "n": "12"}, "ok": True}))
    assert read_scores(path) == {"normad / base": 0.5, "normad / adapter": 1.0}
    path.write_text("[1, 2]")
    with pytest.raises(CannotExport, match="no JSON object"):
        read_scores(path)


@torch_test
def test_the_adapter_is_whole_and_says_how_it_is_served(run, base):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    made = export(run)
    assert made.folder == run.out / "adapter-2"
    assert made.flags == f"--enable-lora --max-lora-rank 8 --lora-modules aligned={made.folder}"
    names = {"README.md", "adapter_config.json", "adapter_model.safetensors"}
    assert {path.name for path in made.folder.iterdir()} == names
    told = json.loads((made.folder / "adapter_config.json").read_text())
    assert (told["base_model_name_or_path"], told["r"], told["lora_alpha"]) == (str(base), 6, 12)
    assert "lm_head" not in told["target_modules"]
    model = AutoModelForCausalLM.from_pretrained(base)
    ids = model.dummy_inputs["input_ids"]
    before = model(input_ids=ids).logits.detach()
    after = PeftModel.from_pretrained(model, str(made.folder))(input_ids=ids).logits
    assert (after - before).abs().max() > 0.01
    assert not list(run.out.glob(".*"))


@torch_test
def test_the_card_tells_what_it_is_and_what_is_not_known(run, base):
    (run.out / "scores.json").unlink(missing_ok=True)
    text = (export(run).folder / "README.md").read_text()
    assert f"base_model: {base.name}\n" in text
    assert "rank 6, for" in text
    assert "2 hand-written items" in text
    assert "nobody has measured this adapter yet" in text
    assert "CN 1, EG 1" in text
    assert "$" not in text
    (run.out / "scores.json").write_text(json.dumps({"normad": {"base": 0.25, "adapter": 0.5}}))
    assert "| normad / adapter | 0.5 |" in (export(run).folder / "README.md").read_text()


@torch_test
def test_an_adapter_of_another_base_is_refused(run, base, tmp_path):
    other = make_model(tmp_path / "other", seed=2)
    assert find_backbone(str(other)).digest() != find_backbone(str(base)).digest()
    settings = run.train.model_copy(update={"base": str(other)})
    with pytest.raises(
        CannotExport, match=f"was trained on {base}, and train.base = {other} is another model"
    ):
        export(run.model_copy(update={"train": settings}))


@torch_test
def test_a_base_that_was_moved_is_the_same_base(run, base, tmp_path):
    moved = shutil.copytree(base, tmp_path / "moved")
    settings = run.train.model_copy(update={"base": str(moved)})
    made = export(run.model_copy(update={"train": settings}))
    told = json.loads((made.folder / "adapter_config.json").read_text())
    assert told["base_model_name_or_path"] == str(moved)


@torch_test
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda name, one: one * 0 if "lora_B" in name else one, "changes nothing"),
        (lambda name, one: one / 0, "numbers that are none"),
        (lambda name, one: one[:-1].contiguous(), "does not load on"),
        (lambda name, one: None if "layers.1." in name else one, "does not fit"),
    ],
)
def test_a_spoilt_adapter_is_refused_and_the_good_one_stays(run, tmp_path, spoil, said):
    from safetensors.torch import load_file, save_file

    out = shutil.copytree(run.out, tmp_path / "run")
    config = run.model_copy(update={"out": out})
    good = export(config).folder
    path = training_folder(config) / "dpo" / "adapter_model.safetensors"
    spoilt = {name: spoil(name, one) for name, one in load_file(path).items()}
    save_file({name: one for name, one in spoilt.items() if one is not None}, path, {"format": "pt"})
    with pytest.raises(CannotExport, match=said):
        export(config)
    assert (good / "README.md").is_file()
    assert not list(out.glob(".*"))


@pytest.mark.parametrize(("hand_written", "licence"), [(2, "cc-by-4.0"), (1, "other"), (0, "other")])
def test_what_a_model_wrote_is_not_ours_to_license(tmp_path, hand_written, licence):
    config = configuration(tmp_path, "some/model")
    spent = {"steps": 1, "seconds": 1.0, "peak_mib": 1}
    counts = {"dialogues": 4, "critiques": 2, "pairs": 2, "left_out": 0, "cultures": {"CN": 2}}
    record = {
        "asked": {"settings": config.train.model_dump(), "seed": 1},
        "data": {"items": 2, "hand_written": hand_written, "languages": {"en": 4}, **counts},
        "took": {"sft": spent},
        "finished": "2026-11-21T00:00:00",
        "libraries": {},
    }
    told = card(config, "some/model", record, 8, "--enable-lora", {})
    assert f"\nlicense: {licence}\n" in told
    assert ("The adapter: CC BY 4.0" in told) == (licence == "cc-by-4.0")
    assert ("written by `teacher-7b`" in told) == (licence == "other")
