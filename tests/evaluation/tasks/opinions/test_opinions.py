"""Opinions: distances worked out by hand, codes read with care, and what sure models get."""

import math

import pytest

from evaluation.datasets import DataError
from evaluation.tasks.opinions import distances
from evaluation.tasks.opinions.surveys import MENA, STANCES, NotCoded, read_surveys, scale, stance
from evaluation.tasks.opinions.task import opinions

LISTED = "How good is it in (country)? 1: Very good, 2: Good, 3: Bad, 4: Terrible"


def mena(number=1, **changes):
    about = {"id": f"mena-{number}", "min": "1", "max": "4", "is_scale": "y", "question": LISTED}
    one = {"mean": 1.8, "dist": {"1.0": 0.4, "2.0": 0.4, "3.0": 0.2}}
    other = {"mean": 4.0, "dist": {"4": 1.0}}
    return {**about, "countries": {"Egypt": one, "Iran": other}, **changes}


def wvs(name="h010", **shares):
    return {"id": name, "stance_pro": "It is.", "stance_con": "It is not.", "pro_share_by_country": shares}


@pytest.fixture
def data(write):
    write(MENA, [mena()])
    return write(STANCES, [wvs(AU=0.25, NIR=0.75)])


def test_similarity_by_hand():
    """(1, 0) and (0, 1) are disjoint; (1, 0) and (½, ½): the divergence is ¾ log₂ 4/3 … = 0.3113 bits."""
    assert distances.similarity([1, 0], [0, 1]) == pytest.approx(0)
    assert distances.similarity([0.3, 0.7], [0.3, 0.7]) == pytest.approx(1)
    divergence = 0.5 * math.log2(4 / 3) + 0.5 * (0.5 * math.log2(2 / 3) + 0.5 * math.log2(2))
    assert divergence == pytest.approx(0.3113, abs=1e-4)
    assert distances.similarity([1, 0], [0.5, 0.5]) == pytest.approx(1 - math.sqrt(divergence))


def test_earth_mover_by_hand():
    """On four steps, all of the first to all of the last is 1; to the next is a third."""
    assert distances.earth_mover([1, 0, 0, 0], [0, 0, 0, 1]) == pytest.approx(0)
    assert distances.earth_mover([1, 0, 0, 0], [0, 1, 0, 0]) == pytest.approx(2 / 3)
    assert distances.earth_mover([0.5, 0, 0, 0.5], [0, 0.5, 0.5, 0]) == pytest.approx(2 / 3)


def test_a_list_of_answers_is_parted_from_its_question():
    survey = scale(mena())
    assert survey.text == "How good is it in (country)?"
    assert survey.options == ("Very good", "Good", "Bad", "Terrible")
    assert survey.shares["Egypt"] == pytest.approx((0.4, 0.4, 0.2, 0))
    assert survey.elsewhere("Iran") == survey.shares["Egypt"]


@pytest.mark.parametrize(
    ("question", "codes", "options"),
    [
        (
            "So? With '1' being 'Yes' and '3' being 'No'. Provide a number only.",
            (1, 3),
            ("1 (Yes)", "2", "3 (No)"),
        ),
        ("So? '0' being 'No' and '2' being 'Yes'.", (0, 2), ("0 (No)", "1", "2 (Yes)")),
        ("Which? 1) This one, or 2) That one. Provide a number only.", (1, 2), ("This one", "That one")),
        ("Which?\n1 - This\n2 - That", (1, 2), ("This", "That")),
        ("Which? 1. In 3 years, 2. In 9 (or more) years", (1, 2), ("In 3 years", "In 9 (or more) years")),
    ],
)
def test_codes(question, codes, options):
    low, high = map(str, codes)
    record = mena(question=question, min=low, max=high, countries={"Iran": {"dist": {low: 0.5, high: 0.5}}})
    assert scale(record).options == options


@pytest.mark.parametrize(
    "changes",
    [
        {"question": "So? 1: Yes, 2: No, 5: Neither", "max": "5"},
        {"question": "So? With '1' being 'Yes'. Provide a number only."},
        {"question": "So? 1: Yes, 2: No, 3: Yes, 4: Perhaps"},
        {"question": "So? 1: Yes, 2:, 3: No, 4: Perhaps"},
        {"question": "The second answer? 1: a, 2: b, 3: c, 4: d", "is_scale": "n"},
        {"question": "So? 1: Agree (with 1), 2: Agree (with 2), 3: Both, 4: None"},
        {"countries": {"Iran": {"dist": {"0.0": 0.5, "1.0": 0.5}}}},
        {"countries": {"Iran": {"dist": {"1": 0.5}}}},
        {"question": "Who? " + ", ".join(f"{one}: p{one}" for one in range(1, 22)), "max": "21"},
    ],
)
def test_what_is_not_certain_is_left_out(changes):
    with pytest.raises(NotCoded):
        scale(mena(**changes))


def test_neither_of_both_is_no_step_of_a_scale():
    question = (
        "Which? 1: This, 2: That, 3: Both of the statements, 4: I do not agree with either of the statements"
    )
    assert not scale(mena(question=question)).ordinal
    assert scale(mena()).ordinal


@pytest.mark.parametrize("record", [wvs("e028", AU=0.5), wvs(AU=1.5)])
def test_stances_left_out(record):
    with pytest.raises(NotCoded):
        stance(record)


def test_how_many_are_left_out_is_told(write):
    write(MENA, [mena(1), mena(2, question="So?"), mena(3, question="Well?")])
    data = write(STANCES, [wvs(AU=0.5), wvs("f028", AU=0.5)])
    left_out = opinions(data=data).metadata["left_out"]
    assert sorted(left_out.values()) == [1, 2]


def test_the_country_is_named(data):
    asked = [sample.input for sample in opinions(data=data, variants=3).dataset]
    assert any("How good is it in Egypt?" in text for text in asked)
    assert any("someone from Northern Ireland" in text for text in asked)
    assert not any("(country)" in text or "NIR" in text for text in asked)


def by_question(log, scorer):
    return {one.metadata["question"]: one.scores[scorer].as_float() for one in log}


def test_baselines_need_no_model(data, judge):
    log = judge(opinions(data=data, variants=1), lambda text: "nothing of use")
    uniform = by_question(log, "uniform")
    assert uniform["wvs-h010@AU"] == pytest.approx(distances.similarity([0.5, 0.5], [0.25, 0.75]))
    assert by_question(log, "elsewhere")["mena-1@Egypt"] == pytest.approx(
        distances.similarity([0, 0, 0, 1], [0.4, 0.4, 0.2, 0])
    )
    assert set(by_question(log, "similarity").values()) == {0}
    assert all(sample.scores["similarity"].metadata["unparsed"] for sample in log)


def test_a_model_that_knows_the_shares(data, run, means, likely):
    """Whatever the order, letters with the people's shares are the people's distribution."""
    people = {"Egypt": (0.4, 0.4, 0.2, 0), "Iran": (0, 0, 0, 1), "Australia": (0.25, 0.75)}
    people["Northern Ireland"] = (0.75, 0.25)
    places = {"Very good": 0, "Good": 1, "Bad": 2, "Terrible": 3, "It is.": 0, "It is not.": 1}

    def say(text):
        lines = [line.split(". ", 1) for line in text.splitlines() if line[1:3] == ". "]
        shares = next(shares for name, shares in people.items() if name in text)
        told = {letter: shares[places[option]] for letter, option in lines}
        return likely("A", **{letter: share for letter, share in told.items() if share})

    log = run(opinions(data=data, variants=1), say)
    assert means(log)["similarity"] == pytest.approx(1)
    assert means(log)["earth_mover"] == pytest.approx(1)
    assert not any(sample.scores["similarity"].metadata["point_mass"] for sample in log)


def test_a_letter_alone_counts_as_all_of_the_distribution(data, judge):
    log = judge(opinions(data=data, variants=9), lambda text: "A")
    for sample in log:
        score = sample.scores["similarity"]
        found = score.metadata["options"]
        assert score.metadata["point_mass"]
        assert sorted(found)[-1] == sum(found) == 1
        assert found[sample.metadata["options"][0]] == 1
        assert score.as_float() == pytest.approx(distances.similarity(found, sample.metadata["people"]))


def test_kinds_have_no_earth_mover(write, judge):
    write(MENA, [mena(is_scale="n")])
    log = judge(opinions(data=write(STANCES, [wvs("e028")]), variants=1), lambda text: "A")
    assert all(math.isnan(sample.scores["earth_mover"].as_float()) for sample in log)


def test_one_country_has_no_elsewhere(write, judge):
    write(MENA, [mena(countries={"Iran": {"dist": {"1": 1.0}}})])
    log = judge(opinions(data=write(STANCES, [wvs("e028")]), variants=1), lambda text: "A")
    assert all(math.isnan(sample.scores["elsewhere"].as_float()) for sample in log)


def test_a_record_of_another_shape(write, tmp_path):
    write(MENA, [mena(countries=["Iran"])])
    write(STANCES, [wvs(AU=0.5)])
    with pytest.raises(DataError, match="mena-1"):
        read_surveys(tmp_path / "data")


def test_no_data(tmp_path):
    with pytest.raises(DataError, match="MENAValues"):
        opinions(data=str(tmp_path))
