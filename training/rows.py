"""The labelled texts that detection is trained and measured on: our own, and public ones where they lie.

Ours are in `data/` (hand-written; CC BY 4.0; the data card is `data/README.md`). The public ones are not part
of the project: `Sources` reads them from a folder that is named. Rows of BLEnD are never for training.
"""

import hashlib
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OWN = Path(__file__).parent / "data"
SEED = 5
CONTROLS = {
    "gsm8k_test": 250, "humaneval": 81, "ifeval": 289, "mmlu_stem_subset": 295, "mt_bench": 35,
    "arena_hard_v01": 249, "mgsm_11lang": 330, "xcopa_11lang": 533,
}  # fmt: skip
NUMBER = re.compile(r"\d+")
GENERAL = 700  # instructions of OMGEval that were not localised
PUBLIC = 4.0  # weight of the mix and of native questions: they are few beside ours


@dataclass(frozen=True, slots=True)
class Row:
    """A text and its label. Rows of one `group` say the same and stay on one side of every split.

    `cue` is the source's word for why; `cultures` are those it is about, if known; `weight`: in training.
    """

    text: str
    language: str
    cultural: bool
    source: str
    group: str
    cue: str = ""
    cultures: tuple[str, ...] = ()
    domain: str = ""
    weight: float = 1.0

    @property
    def teaches(self) -> bool:
        """Whether it may be trained on."""
        return "blend" not in self.source and self.weight > 0


def own_rows() -> list[Row]:
    """`gate`: prompts. `pairs`, `twins`, `siblings`: minimal pairs, the last two for training alone. `cues`:
    implicit cues, for testing alone.
    """
    rows = []
    for kind in ("gate", "pairs", "twins", "siblings", "cues"):
        for path in sorted((OWN / kind).glob("*.jsonl")):
            rows += [row for one in lines(path) for row in _own(kind, one)]
    return rows


def public_rows(data: Path) -> list[Row]:
    """The development data under `data`. FileNotFoundError names what is missing."""
    questions = list(lines(data / "calmqa/calmqa_questions.jsonl"))
    english = {one["question_local"]: one["question_en"] or one["question_local"] for one in questions}
    mix = [_mixed(one, english) for one in lines(data / "detection_mix/detection_mix.jsonl")]
    seen = {row.text for row in mix}
    rest = [*_calmqa(questions), *_omgeval(data), *_cultural(data), *_controls(data)]
    return [*mix, *(row for row in rest if row.text not in seen)]


def half_of(text: str) -> int:
    """0 or 1, by a hash of the text: which half of the data it is in."""
    return int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), 16) % 2


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as opened:
        yield from (json.loads(line) for line in opened if line.strip())


def _own(kind: str, one: dict[str, Any]) -> Iterator[Row]:
    cultures, group = tuple(one["cultures"]), f"{kind}:{one['id']}"
    if kind == "gate":
        yield Row(
            one["text"],
            one["lang"],
            one["cultural"],
            "own gate",
            group,
            one["cue"],
            cultures,
            one["domain"] or "",
        )
    elif kind in ("pairs", "twins", "siblings"):
        weight = 1.0 - half_of(group) if kind == "pairs" else 1.0  # the other half is for testing alone
        domain = one.get("domain", "")
        yield Row(one["cultural"], one["lang"], True, f"own {kind}", group, "", cultures, domain, weight)
        yield Row(one["agnostic"], one["lang"], False, f"own {kind}", group, weight=weight)
    else:
        yield Row(one["text"], one["lang"], True, "own cues", group, "implicit", cultures, weight=0.0)


def _mixed(one: dict[str, Any], english: dict[str, str]) -> Row:
    same = f"mgsm {NUMBER.findall(one['id'])[-1]}" if one["source"] == "mgsm" else one["id"]
    group = english.get(one["text"], same)
    culture = one["expected_culture"]
    return Row(
        one["text"], one["lang"], one["expected_cultural"], f"mix {one['source']}", group, one["cue"],
        (culture,) if culture else (), weight=PUBLIC,
    )  # fmt: skip


def _calmqa(questions: Iterable[dict[str, Any]]) -> Iterator[Row]:
    for one in questions:
        text, specific = one["question_local"], one["culture_specific"]
        cue = "native_language_question" if specific else "none_non_english"
        yield Row(text, one["lang"], specific, "calmqa", one["question_en"] or text, cue, weight=PUBLIC)


def _omgeval(data: Path) -> Iterator[Row]:
    rows = list(lines(data / "omgeval/omgeval.jsonl"))
    for one in rows:
        if one["localized"]:
            yield Row(
                one["prompt"],
                one["lang"],
                True,
                "omgeval",
                f"omgeval {one['parallel_idx']}",
                "native_language_question",
            )
    general = [one for one in rows if not one["localized"]]
    for one in random.Random(SEED).sample(general, GENERAL):  # noqa: S311  # a sample
        # Many of them would be answered otherwise elsewhere: a weak label.
        yield Row(
            one["prompt"], one["lang"], False, "omgeval general", f"omgeval {one['parallel_idx']}", weight=0.3
        )


def _cultural(data: Path) -> Iterator[Row]:
    for one in lines(data / "care/care_test.jsonl"):
        yield Row(one["question"], one["lang"], True, "care", one["id"])
    for one in list(lines(data / "culturalbench/culturalbench_easy.jsonl"))[:200]:
        yield Row(
            one["question"], "en", True, "culturalbench", one["id"], "explicit_country", (one["country"],)
        )


def _controls(data: Path) -> Iterator[Row]:
    chance = random.Random(SEED)  # noqa: S311  # a sample
    for name, most in CONTROLS.items():
        rows = list(lines(data / f"controls/{name}.jsonl"))
        for one in chance.sample(rows, min(most, len(rows))):
            same = one["id"].rpartition("-")[2] if name.endswith("lang") else one["id"]
            yield Row(one["prompt"], one.get("lang", "en"), False, f"controls {name}", f"{name[:4]} {same}")
