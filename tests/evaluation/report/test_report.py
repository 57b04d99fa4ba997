"""The report of made-up answers: its table against numbers counted here, its words, its figures."""

import itertools
import random
import re

import pytest
from matplotlib.text import Text
from typer.testing import CliRunner

from alignment.export import read_scores
from evaluation.report.__main__ import app
from evaluation.report.canvas import drawable, figure
from evaluation.report.card import write_card
from evaluation.report.findings import findings
from evaluation.report.labels import place
from evaluation.report.numerals import number, percent, signed
from evaluation.report.rows import Row, write_rows
from evaluation.report.runs import Run, read, write_runs
from evaluation.report.summary import Options, summarise

CULTURES = ("Spain", "Kenya", "Japan")
# the arm, its chance to be right in Spain and Kenya, and in Japan
ARMS = {"plain": (0.5, 0.5), "good": (0.9, 0.9), "biased": (0.75, 0.05)}


def row(arm, question, *, task="facts", scores, **about):
    order = about.get("order")
    known = {"cluster": question, "culture": None, "language": "en", "order": None, "phrasing": None}
    return Row(
        task=task,
        arm=arm,
        sample=f"{question}#{order}",
        question=question,
        scores=scores,
        **{**known, **about},
    )


def facts():
    rng = random.Random(1)
    for (arm, chances), culture, n, order in itertools.product(ARMS.items(), CULTURES, range(40), range(3)):
        failed = "APIError" if arm == "good" and n % 10 == 9 else None
        right = float(rng.random() < chances[culture == "Japan"])
        cost = (
            {}
            if arm == "biased"
            else {"calls": 2, "prompt_tokens": 90, "completion_tokens": 10 + n, "seconds": 1.5}
        )
        yield row(
            arm,
            f"{culture}{n}",
            culture=culture,
            order=order,
            phrasing=0,
            cluster=f"template{n}",
            scores={"chosen": None if failed else right, "longer|shorter": float(n)},
            unparsed=not failed and n == 0,
            error=failed,
            **cost,
        )


def views():
    for arm, n in itertools.product(("plain", "good"), range(12)):
        wide = 0.9 if arm == "good" else 0.2
        yield row(
            arm,
            f"w{n}",
            task="views",
            scores={"entropy": wide + n % 3 / 100, "words": 100.0 + n, "none": None},
        )


@pytest.fixture(scope="module")
def rows():
    return [*facts(), *views()]


@pytest.fixture(scope="module")
def made(rows, tmp_path_factory):
    """The folder of the report, by the command."""
    folder = tmp_path_factory.mktemp("report")
    write_rows(rows, folder / "scores.jsonl")
    runs = [Run("facts", arm, "m", headline="chosen", seed=n // 2) for n, arm in enumerate(ARMS)]
    write_runs([*runs, Run("views", "plain", "m", headline="entropy")], folder / "runs.json")
    told = CliRunner().invoke(
        app, [str(folder), "--out", str(folder / "out"), "--resamples", "499", "--title", "T"]
    )
    assert told.exit_code == 0, told.output
    return folder / "out"


@pytest.fixture(scope="module")
def text(made):
    return (made / "report.md").read_text("utf-8")


def cells(text):
    """The first table: rows by task and arm, cells by head."""
    lines = itertools.takewhile(lambda line: line.startswith("|"), text.splitlines()[2:])
    head, _, *body = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return {(line[0], line[1]): dict(zip(head, line, strict=True)) for line in body}


def numbers(cell):
    return [float(found.replace("−", "-").replace(",", "")) for found in re.findall(r"[−+]?[\d.,]+", cell)]


@pytest.mark.parametrize("arm", ARMS)
def test_the_table_says_what_was_counted(rows, text, arm):
    of = {name: [one for one in rows if one.task == "facts" and one.arm == name] for name in ARMS}
    answered = [one for one in of[arm] if one.error is None]
    right = [one.scores["chosen"] for one in answered]
    found = cells(text)["facts (chosen)", arm]
    score, low, high = numbers(found["score"])
    assert score == pytest.approx(sum(right) / len(right), abs=5e-4)
    assert low < score < high
    assert found["errors"] == str(len(of[arm]) - len(answered))
    assert found["unparsed"] == "9", "one question in each culture, in three orders"
    assert found["questions"] == str(len({one.question for one in answered}))
    means = [
        sum(of_order) / len(of_order)
        for order in range(3)
        for of_order in [[one.scores["chosen"] for one in answered if one.order == order]]
    ]
    assert numbers(found["order spread"]) == [pytest.approx(max(means) - min(means), abs=5e-4)]
    assert found["phrasing spread"] == "–"
    if arm == "plain":
        assert found["difference"] == "–"
        return
    plain = {one.sample: one.scores["chosen"] for one in of["plain"]}
    gaps = [one.scores["chosen"] - plain[one.sample] for one in answered]
    gap, low, high = numbers(found["difference"])
    assert gap == pytest.approx(sum(gaps) / len(gaps), abs=5e-4)
    assert low < gap < high


def test_costs_are_per_answer_and_never_a_zero_that_was_not_measured(text):
    found = cells(text)
    assert [found["facts (chosen)", "plain"][name] for name in ("calls", "tokens", "seconds")] == [
        "2.0",
        "120",
        "1.5",
    ]
    assert found["facts (chosen)", "good"]["tokens"] == "119", "its failed answers are not answers"
    assert [found["facts (chosen)", "biased"][name] for name in ("calls", "tokens", "seconds")] == ["–"] * 3


def test_an_arm_that_fails_one_culture_is_told_of(rows, text):
    paragraph = text.partition("## facts")[2].partition("**What this")[0]
    assert "**Better than plain**: good by +0." in paragraph
    assert re.search(r"worse by the whole interval: biased in Japan \(−0\.\d+\)\. Of 6 such", paragraph)
    assert (
        "10.0 % of good's answers failed and are in no mean; were they wrong, its chosen would be"
        in paragraph
    )
    right = sum(one.scores["chosen"] or 0 for one in rows if (one.task, one.arm) == ("facts", "good"))
    assert f"its chosen would be {right / 360:.3f}." in paragraph
    worst = next(line for line in text.splitlines() if line.startswith("| biased | Japan"))
    assert numbers(worst)[-1] < 0.2, "parity"
    assert "**Not alike**: the runs of facts differ in seed: 0, 1." in text


def test_the_better_arm_as_the_reference_makes_the_others_worse(rows):
    options = Options(reference="good", minimum=41, resamples=199)
    told = findings(*summarise([one for one in rows if one.task == "facts"], [], options), "good")
    worse = told.partition("**Worse than good**: ")[2].partition(". ")[0]
    assert sorted(re.findall(r"(\w+) by −0", worse)) == ["biased", "plain"]
    assert "No arm is better than good" in told
    assert "single cultures" not in told, "none was asked 41 questions"


def test_any_scorer_has_a_column_and_only_the_headline_a_verdict(text):
    view = text.partition("## views")[2]
    assert "| arm | none | words |" in view
    assert "| good | – | 105.5 (" in view
    assert "**Better than plain**: good by +0.700 (all 12 clusters alike)" in view
    assert "longer\\|shorter" in text
    assert "By culture" not in view


def test_what_was_written_can_be_read_again(rows, made):
    again, runs = read([made])
    assert again == sorted(rows, key=lambda one: one.key)
    assert len(runs) == 4


def test_figures_are_there_and_named_in_the_text(made, text):
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert shown == ["scores.png", "cultures-facts.png", "cost-tokens.png", "cost-seconds.png"]
    for name in shown:
        assert (made / name).read_bytes().startswith(b"\x89PNG")
        assert (made / name).with_suffix(".svg").read_text("utf-8").rstrip().endswith("</svg>")


def test_names_lie_beside_their_points_and_on_nothing_else():
    rng = random.Random(2)
    points = [(10 ** rng.uniform(2.4, 2.9), rng.uniform(0.48, 0.56)) for _ in range(10)]
    names = [f"an arm {n}" for n in range(10)]
    with figure(5, 3.6) as made:
        axes = made.add_subplot()
        axes.set_xscale("log")
        axes.set_xlim(100, 3000)
        axes.set_ylim(0.3, 0.7)
        made.canvas.draw()
        labels = place(axes, points, names)
        boxes = [Text.get_window_extent(label) for label in labels]
        spots = axes.transData.transform(points)
    assert sorted(label.get_text() for label in labels) == sorted(names)
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert not any(box.contains(*spot) for box in boxes for spot in spots)


def test_what_a_font_lacks_is_a_box_and_no_warning():
    assert drawable("Türkiye, Ελλάδα, 日本, $a_b$") == "Türkiye, Ελλάδα, □□, $a_b$"


def test_without_the_reference_nothing_is_compared(tmp_path):
    write_rows(
        [row("good", f"q{n}", scores={"chosen": float(n % 2)}) for n in range(4)], tmp_path / "scores.jsonl"
    )
    arguments = [str(tmp_path / "scores.jsonl"), "--out", str(tmp_path / "out"), "--resamples", "199"]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0
    assert "Nobody is called plain: nothing is compared. Name one with --reference: good" in told.output
    text = (tmp_path / "out" / "report.md").read_text("utf-8")
    assert "No arm was asked what the reference (plain) was asked" in text
    assert "Nothing is known of the runs" in text


def test_a_card_has_scores_differences_and_what_failed(rows, tmp_path):
    tasks = summarise(rows, [Run("facts", "plain", "m", headline="chosen")], Options("plain", resamples=199))
    write_card(tasks, "plain", tmp_path / "deep" / "scores.json")
    told = read_scores(tmp_path / "deep" / "scores.json")
    facts = {arm.name: arm for arm in tasks[0].arms}
    for name, arm in facts.items():
        assert told[f"facts / {name} / chosen"] == arm.headline.mean.value
        assert (
            told[f"facts / {name} / 95 % from"] < arm.headline.mean.value < told[f"facts / {name} / 95 % to"]
        )
    assert told["facts / good / failed answers"] == 36
    assert told["facts / good / questions"] == 108
    assert "facts / plain / failed answers" not in told
    found = facts["good"].headline.difference
    assert told["facts / good against plain / difference"] == found.value
    assert told["facts / good against plain / 95 % from"] == found.interval.low
    assert not [name for name in told if "plain against" in name]
    assert "views / good against plain / 95 % from" not in told, "all clusters alike: no interval"


def test_a_run_that_failed_as_a_whole_is_reported_as_that():
    failed = [row("good", f"q{n}", scores={}, error="APIError") for n in range(4)]
    (task,) = summarise(failed, [Run("facts", "good", "m", headline="chosen")], Options(reference="plain"))
    told = findings(task, "plain")
    assert (
        "100.0 % of good's answers failed and are in no mean; were they wrong, its chosen would be 0.000."
        in told
    )
    assert task.arms[0].headline.mean.reason == "no data"


@pytest.mark.parametrize(
    ("source", "said"), [("absent", "there is nothing at"), (".", "neither a log of Inspect")]
)
def test_a_source_without_scores_ends_with_what_is_wrong(tmp_path, source, said):
    told = CliRunner().invoke(app, [str(tmp_path / source), "--out", str(tmp_path / "out")])
    assert told.exit_code == 2
    assert said in told.output
    assert not (tmp_path / "out").exists()


def test_numerals():
    assert (number(None), percent(None), signed(None)) == ("–", "–", "–")
    assert [number(value) for value in (0.0, -0.1234, 12.34, 12345.6)] == [
        "0.000",
        "−0.123",
        "12.3",
        "12,346",
    ]
    assert (signed(0.5), signed(-0.5), percent(0.125)) == ("+0.500", "−0.500", "12.5 %")
