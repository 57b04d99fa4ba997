"""GSM8K, MGSM and GSM8K in other words: what each asks, how it scores, and that pairs are pairs."""

import pytest

from evaluation.datasets import DataError
from evaluation.tasks.gsm8k.task import gsm8k
from evaluation.tasks.gsm8k_swapped.table import Table
from evaluation.tasks.gsm8k_swapped.task import gsm8k_swapped
from evaluation.tasks.mgsm.task import mgsm

GSM8K = "controls/gsm8k_test.jsonl"
MGSM = "controls/mgsm_11lang.jsonl"


def problems(count):
    names = ("Anna", "It")
    return [
        {"id": f"g{one}", "prompt": f"{names[one % 2]} has {one} and {one}. Sum?", "answer": str(2 * one)}
        for one in range(count)
    ]


def test_the_same_number_always_is_right_once(write, judge, means):
    log = judge(gsm8k(data=write(GSM8K, problems(8)), variants=1), lambda text: "So it is.\nAnswer: 6")
    assert means(log) == {"number": 1 / 8, "last_number": 1 / 8}
    assert not any(sample.scores["number"].metadata["unparsed"] for sample in log)


def test_without_the_form_only_the_lenient_reader_finds_it(write, judge, means):
    log = judge(gsm8k(data=write(GSM8K, problems(4)), variants=1), lambda text: "It must be 6, I think.")
    assert means(log) == {"number": 0, "last_number": 1 / 4}
    assert all(sample.scores["number"].metadata["unparsed"] for sample in log)


@pytest.mark.parametrize(("ways", "count"), [(1, 1), (3, 3), (9, 3)])
def test_only_the_phrasing_varies(write, ways, count):
    samples = list(gsm8k(data=write(GSM8K, problems(1)), variants=ways).dataset)
    assert len({sample.input for sample in samples}) == len(samples) == count
    assert {sample.metadata["order"] for sample in samples} == {0}


def test_no_number_for_gold(write):
    with pytest.raises(DataError, match="g0 is no number"):
        gsm8k(data=write(GSM8K, [{"id": "g0", "prompt": "?", "answer": "many"}]))


def test_no_file(tmp_path):
    with pytest.raises(DataError, match="grade-school-math"):
        gsm8k(data=str(tmp_path))


def test_mgsm_spreads_over_languages_and_reads_their_digits(write, judge, means):
    texts = {"en": "Answer: 12", "bn": "Answer: ১২", "th": "คำตอบ: ๑๒", "de": "Antwort: 12"}
    records = [
        {"id": f"mgsm-{lang}-{one}", "lang": lang, "prompt": f"({lang})", "answer": "12"}
        for lang in texts
        for one in range(3)
    ]
    data = write(MGSM, records)
    log = judge(mgsm(data=data, limit=4, variants=1), lambda text: texts[text.split("(")[1][:2]])
    assert means(log)["number"] == 1
    assert {sample.metadata["language"] for sample in log} == set(texts)
    assert {sample.metadata["language"] for sample in mgsm(data=data, language="th").dataset} == {"th"}
    assert {sample.metadata["cluster"] for sample in mgsm(data=data).dataset} == {
        "mgsm-0",
        "mgsm-1",
        "mgsm-2",
    }
    with pytest.raises(DataError, match=r"no problem in 'xx'.*bn, de, en, th"):
        mgsm(data=data, language="xx")


def test_swapped_problems_pair_with_the_originals(write):
    data = write(GSM8K, problems(24))
    original = {sample.id: sample for sample in gsm8k(data=data, limit=16).dataset}
    swapped = {sample.id: sample for sample in gsm8k_swapped(data=data, limit=16).dataset}
    assert swapped
    assert swapped.keys() < original.keys(), "what could not be swapped is left out"
    for name, sample in swapped.items():
        assert "Anna" in original[name].input
        assert "Anna" not in sample.input
        assert sample.target == original[name].target
        assert sample.metadata["cluster"] == original[name].metadata["cluster"]
    assert {sample.metadata["culture"] for sample in swapped.values()} <= set(Table.load().cultures)
    fewer = {sample.id: sample.input for sample in gsm8k_swapped(data=data, limit=8).dataset}
    assert fewer
    assert fewer.items() <= {name: sample.input for name, sample in swapped.items()}.items()
