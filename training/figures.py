"""Prints every figure of detection on the development data: `make eval-detection`.

The heads are judged by five-fold cross-validation over groups (translations and pairs stay together), and on
the half of our minimal pairs that they are never trained on; with one source left out at a time beside it.
What was not trained here (names, languages) is judged as shipped. Nothing of it is timed but the last table.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import Pool
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from agents.cultures.cultures import Cultures
from agents.detect.context import CULTURAL, ContextDetector, load_detector
from agents.detect.mentions import Mentions
from agents.detect.sensitivity import HEARD, LEANING, WORDED
from training.heads import CACHE, train_gate, train_lexical, train_wording
from training.language import known_as, served
from training.rows import Row, half_of, lines, own_rows, public_rows
from training.vectors import PROCESSES, Inputs

FOLDS = 5
Truth = NDArray[np.bool_]
CONTROLS = ("gsm8k", "mgsm", "mmlu_stem", "humaneval", "ifeval", "xcopa")
NATIVE = ("mix calmqa_specific", "calmqa", "mix omgeval_localized")


def figures(
    data: Annotated[Path, typer.Option(help="The folder of development data.")],
    cache: Annotated[Path, typer.Option(help="Where embeddings are kept.")] = CACHE,
    out: Annotated[Path | None, typer.Option(help="Where the plot of calibration goes.")] = None,
) -> None:
    """Print them all."""
    console = Console()
    rows = [*own_rows(), *public_rows(data)]
    inputs = Inputs.of(rows, cache)
    judged = Judged(rows, cross_validated(inputs, rows))
    console.print(_table("Gate, cross-validated", judged.figures()))
    console.print(_table("Gate, one source left out", left_out(inputs, rows)))
    detector = load_detector(names=Cultures.load().area_names())
    console.print(_table("Whose culture", subjects(detector, rows)))
    console.print(_table("Language", languages(detector, data, rows)))
    console.print(_table("Time, this machine", times(detector, rows)))
    for title, counts in judged.confusions():
        console.print(_confusion(title, counts))
    if out:
        plot_calibration(judged, out)


class Judged:
    """Rows and the probability (0..1) that each was given by a model that had not seen it."""

    def __init__(self, rows: Sequence[Row], chances: NDArray[np.float64]) -> None:
        self.rows = rows
        self.chances = chances
        self.truth: Truth = np.array([row.cultural for row in rows])
        self.said: Truth = chances >= CULTURAL

    def where(self, test: Callable[[Row], bool]) -> Truth:
        """Which rows pass the test."""
        return np.array([test(row) for row in self.rows])

    def figures(self) -> list[tuple[str, str, str]]:
        """(name, value, goal) of each."""
        mix = self.where(lambda row: row.source.startswith("mix"))
        controls = self.where(lambda row: not row.cultural and any(name in row.source for name in CONTROLS))
        native = self.where(lambda row: row.source in NATIVE and row.cultural)
        foreign = self.where(lambda row: "calmqa" in row.source and not row.cultural)
        placed = self.where(lambda row: row.cue in ("place_distractor", "distractor"))
        pairs = self.where(lambda row: row.source == "own pairs" and half_of(row.group) == 1)
        own = self.where(lambda row: row.source == "own gate")
        return [
            ("F1 on the mix", f"{f1_score(self.truth[mix], self.said[mix]):.3f}", "0.97"),
            ("controls steered", _share(self.said[controls]), "at most 1 %"),
            ("native cultural questions found", _share(self.said[native]), "92 %"),
            ("native agnostic questions steered", _share(self.said[foreign]), "at most 8 %"),
            ("place distractors steered", _share(self.said[placed]), "at most 20 %"),
            ("minimal pairs, unseen half", _share((self.said == self.truth)[pairs]), "90 %"),
            ("our own prompts, 60 languages", _share((self.said == self.truth)[own]), ""),
        ]

    def confusions(self) -> list[tuple[str, dict[str, tuple[int, int, int, int]]]]:
        """By source and by language of our own prompts: (found, missed, rightly left, wrongly steered)."""
        by_source = self._counted(lambda row: row.source)
        by_language = self._counted(lambda row: row.language if row.source == "own gate" else "")
        return [("By source", by_source), ("By language, our own prompts", by_language)]

    def _counted(self, name: Callable[[Row], str]) -> dict[str, tuple[int, int, int, int]]:
        counts: dict[str, Counter[tuple[bool, bool]]] = defaultdict(Counter)
        for row, said in zip(self.rows, self.said, strict=True):
            if name(row):
                counts[name(row)][row.cultural, bool(said)] += 1
        order = ((True, True), (True, False), (False, False), (False, True))
        return {one: tuple(counts[one][cell] for cell in order) for one in sorted(counts)}  # type: ignore[misc]


def cross_validated(inputs: Inputs, rows: Sequence[Row]) -> NDArray[np.float64]:
    """The gate's probability for each row, by a gate trained on other groups."""
    chances = np.zeros(len(rows))
    groups = [row.group for row in rows]
    teaches = np.array([row.teaches for row in rows])
    folds = [(seen[teaches[seen]], unseen) for seen, unseen in GroupKFold(FOLDS).split(rows, groups=groups)]
    for (_, unseen), said in zip(folds, _chances(inputs, rows, folds), strict=True):
        chances[unseen] = said
    return chances


def chance(
    inputs: Inputs, rows: Sequence[Row], taught: Sequence[int], asked: Sequence[int]
) -> NDArray[np.float64]:
    """What a gate taught on some rows says of others: as `Sensitivity` does, all heads together."""
    those, seen, unseen = [rows[index] for index in taught], inputs.at(taught), inputs.at(asked)
    gate, plain = train_gate(seen, those), train_lexical(seen.lexical, those)
    wording = train_wording(seen.wordings, those)
    pairs = zip(unseen.means, unseen.lexical, strict=True)
    logits = np.array([gate(means, lexical) + HEARD * float(plain(lexical)[0]) for means, lexical in pairs])
    logits += WORDED * (unseen.wordings @ wording.weights + wording.bias)[:, 0] + LEANING
    chances: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-logits))
    return chances


def left_out(inputs: Inputs, rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """F1 on the mix when a gate has seen nothing of a row's source, source by source."""
    mix = [index for index, row in enumerate(rows) if row.source.startswith("mix")]
    said, found = np.zeros(len(rows), bool), []
    families = sorted({_family(rows[index]) for index in mix})
    parts = [
        (
            [index for index, row in enumerate(rows) if row.teaches and _family(row) != family],
            [index for index in mix if _family(rows[index]) == family],
        )
        for family in families
    ]
    judged = _chances(inputs, rows, parts)
    for family, (_, own), chances in zip(families, parts, judged, strict=True):
        said[own] = chances >= CULTURAL
        right = np.mean([said[index] == rows[index].cultural for index in own])
        found.append((f"accuracy on {family} ({len(own)})", f"{right:.2f}", ""))
    truth = [rows[index].cultural for index in mix]
    return [("F1, all sources together", f"{f1_score(truth, said[mix]):.3f}", "0.90"), *found]


def subjects(detector: ContextDetector, rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """How often the heaviest culture is right: named, native without a name (it, or one in whose language the
    question is), and implied: by whatever tells it, and without those that the language alone tells.
    """
    known = Cultures.load()
    names = Mentions(known.area_names())
    named = [
        row
        for row in rows
        if row.cue in ("explicit_country", "native_language+country") and "mix" in row.source
    ]
    hits = [
        _first(detector, row.text) in names.lookup(row.cultures[0].replace("_", " ").partition(" (")[0])
        for row in named
    ]
    own = [row for row in rows if row.source == "own gate"]
    asked = {cue: [row for row in own if row.cue == cue] for cue in ("mention", "native", "implicit")}
    asked["unseen implicit"] = [row for row in rows if row.source == "own cues"]
    found = [("named, in the mix", _share(hits), "98 %")]
    for cue, those in asked.items():
        contexts = [(detector.detect(row.text), row) for row in those]
        firsts = [(one.cultures[0].id if one.cultures else "", row) for one, row in contexts]
        found += _told(cue, firsts)
        if cue == "native":
            area = [
                first in row.cultures or speaks(known, first, row.language) for first, row in firsts if first
            ]
            found.append(("native: right, or of its language area", _share(area), "90 %"))
        if cue == "unseen implicit":
            told = [
                (first if one.cue == "implicit" else "", row)
                for (one, _), (first, row) in zip(contexts, firsts, strict=True)
            ]
            found += _told(f"{cue}, by cues and meaning", told)
    return found


def _told(name: str, firsts: Sequence[tuple[str, Row]]) -> list[tuple[str, str, str]]:
    """How many have an answer ("" is none), and how many of these are right."""
    goals = ("85 %", "50 %") if "unseen" in name else ("", "")
    return [
        (
            f"{name}: right of those answered",
            _share([one in row.cultures for one, row in firsts if one]),
            goals[0],
        ),
        (f"{name}: answered", _share([bool(one) for one, _ in firsts]), goals[1]),
    ]


def speaks(known: Cultures, culture: str, language: str) -> bool:
    """Whether the culture is of the language's area: it is the first of its own. English has no area."""
    own = {one.id: one.languages for one in known}.get(culture) or ("",)
    return language != "en" and own[0].partition("-")[0] == language.partition("-")[0]


def languages(detector: ContextDetector, data: Path, rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    """Tatoeba's short sentences, our own prompts and CaLMQA's questions, the half of each that did not teach;
    and what is not covered.
    """

    def tags(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """(found, true) of each (text, language) of the half."""
        half = ((text, code) for text, code in texts if half_of(text) == 1)
        return [(_tag(detector, text), known_as(code).partition("-")[0]) for text, code in half]

    short = tags((one["text"], one["lang"]) for one in lines(data / "langid/tatoeba_short.jsonl"))
    asked = tags(
        (one["question_local"], one["lang"]) for one in lines(data / "calmqa/calmqa_questions.jsonl")
    )
    ours = (row for row in rows if row.source in {"own gate", "own twins"} and "-Latn" not in row.language)
    own = tags((row.text, row.language) for row in ours)
    article = [
        one for one in lines(data / "langid/udhr_article1.jsonl") if known_as(one["lang"]) not in served()
    ]
    unknown = [not _tag(detector, one["text"]) for one in article]
    return [
        (f"113 languages, {len(short)} short sentences", _share([a == b for a, b in short]), "72 %"),
        ("our own prompts", _share([a == b for a, b in own]), ""),
        ("our own prompts: unknown", _share([not found for found, _ in own]), ""),
        ("CaLMQA's questions", _share([a == b for a, b in asked]), ""),
        (f"unknown, of {len(article)} texts in languages not covered", _share(unknown), "60 %"),
    ]


def times(detector: ContextDetector, rows: Sequence[Row], sample: int = 200) -> list[tuple[str, str, str]]:
    """Milliseconds, median, one text after the other."""
    texts = [row.text for row in rows if row.source.startswith("mix")][:: max(1, len(rows) // (4 * sample))]
    return [
        ("lexical path", f"{_median(lambda text: detector.detect(text, quick=True), texts):.2f} ms", "1 ms"),
        ("with embedding where undecided", f"{_median(detector.detect, texts):.1f} ms", "25 ms"),
        (
            "200,000 characters",
            f"{_median(detector.detect, ['What do people eat in Peru? ' * 7_200]):.1f} ms",
            "50 ms",
        ),
    ]


def plot_calibration(judged: Judged, out: Path) -> None:
    """Said against true, in ten bins, for the gate."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    bins = np.minimum((judged.chances * 10).astype(int), 9)
    filled = [one for one in range(10) if (bins == one).any()]
    said = [judged.chances[bins == one].mean() for one in filled]
    true = [judged.truth[bins == one].mean() for one in filled]
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot(said, true, marker="o", color="#1f5fa8")
    axes.set(
        xlabel="said to be cultural (mean of the bin)",
        ylabel="labelled cultural",
        title="The gate's calibration",
    )
    figure.savefig(out, bbox_inches="tight")


def _chances(
    inputs: Inputs, rows: Sequence[Row], parts: Sequence[tuple[Sequence[int], Sequence[int]]]
) -> list[NDArray[np.float64]]:
    """`chance` of each (taught, asked), as many at once as `PROCESSES` says, each on one core."""
    with threadpool_limits(1), Pool(PROCESSES) as pool:
        return pool.starmap(chance, [(inputs, rows, taught, asked) for taught, asked in parts], chunksize=1)


def _first(detector: ContextDetector, text: str) -> str:
    context = detector.detect(text)
    return context.cultures[0].id if context.cultures else ""


def _tag(detector: ContextDetector, text: str) -> str:
    best = detector.detect(text, quick=True).language
    return best.tag.partition("-")[0] if best else ""


def _family(row: Row) -> str:
    """The source without the set that it came through: no row of it may teach when it is left out."""
    return row.source.removeprefix("mix ").removeprefix("controls ").partition("_")[0]


def _median(call: Callable[[str], Any], texts: Iterable[str]) -> float:
    spent = []
    for text in texts:
        begun = time.perf_counter()
        call(text)
        spent.append(1_000 * (time.perf_counter() - begun))
    return median(spent)


def _share(hits: Iterable[Any]) -> str:
    found = [bool(hit) for hit in hits]
    return f"{100 * np.mean(found):.1f} % of {len(found)}" if found else "none"


def _table(title: str, rows: Iterable[tuple[str, str, str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("figure", "measured", "goal"):
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    return table


def _confusion(title: str, counts: dict[str, tuple[int, int, int, int]]) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("", "found", "missed", "rightly left", "wrongly steered"):
        table.add_column(column, justify="left" if not column else "right")
    for name, cells in counts.items():
        table.add_row(name, *map(str, cells))
    return table


if __name__ == "__main__":
    typer.run(figures)
