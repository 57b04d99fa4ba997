"""The hand-written items: whole, balanced, in the languages they claim, and of no evaluation set."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from agents import Cultures, load_detector
from alignment.config import SelectConfig
from alignment.dialogues import ITEMS
from alignment.journal import read_rows
from alignment.plan import read_facets
from alignment.select import fingerprint, leaks, near_duplicates

FORMS = {"why", "how", "when", "what_if", "compare", "advice", "correct_me", "story", "list", "define"}
KINDS = {"encyclopaedia", "museum", "unesco", "news", "scholarly", "official", "blog", "book"}
FIELDS = (
    "id", "culture", "language", "domain", "form", "statement", "source", "question", "answer", "wrong",
    "critique", "units",
)  # fmt: skip
NEAR = SelectConfig().near  # as the pipeline compares
FILES = sorted(ITEMS.glob("*.jsonl"))
DATA = Path(os.environ.get("DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="module")
def items():
    return [row for path in FILES for row in read_rows(path, needs=FIELDS)]


def test_there_are_enough_of_them(items):
    assert len(items) >= 300
    assert len({one["culture"] for one in items}) >= 10
    domains = Counter(one["domain"] for one in items)
    assert set(domains) == set(read_facets())
    assert max(domains.values()) <= 0.1 * len(items)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_whole(path):
    rows = read_rows(path, needs=FIELDS)
    culture = Cultures.load().get(path.stem)
    assert {(row["culture"], row["language"]) for row in rows} == {(path.stem, culture.languages[0])}
    assert [row["id"] for row in rows] == [f"{path.stem}-{at:02}" for at in range(1, len(rows) + 1)]
    assert set(Counter(row["domain"] for row in rows).values()) == {2}
    for row in rows:
        assert tuple(row) == FIELDS, row["id"]
        assert row["form"] in FORMS, row["id"]
        assert row["source"]["kind"] in KINDS, row["id"]
        assert row["source"]["address"].startswith(("https://", "http://")), row["id"]
        assert 2 <= len(row["units"]) <= 5, row["id"]
        for field in ("question", "answer", "wrong", "critique"):
            assert set(row[field]) == {"en", "local"}, row["id"]
            assert row[field]["en"].strip() != row[field]["local"].strip(), row["id"]


@pytest.fixture(scope="module")
def languages():
    return load_detector().languages


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_in_the_language_it_claims(path, languages):
    """Quotations of the culture may sway an English answer; Indonesian and Malay are near."""
    near = {"id": {"id", "ms"}}
    for row in read_rows(path):
        for field in ("answer", "critique"):
            for key, tag in (("en", "en"), ("local", row["language"])):
                best = languages.detect(row[field][key]).best
                swayed = best and key == "en" and best.tag == row["language"] and best.probability < 0.8
                assert best is None or swayed or best.tag in near.get(tag, {tag}), (row["id"], field, key)


def test_no_question_comes_twice(items):
    for language in ("en", "local"):
        rows = [{"id": one["id"], "culture": "all", "question": one["question"][language]} for one in items]
        assert near_duplicates(rows, 3) == {}


def test_questions_do_not_begin_alike(items):
    for path in FILES:
        beginnings = Counter(
            " ".join(one["question"]["en"].split()[:2]) for one in items if one["culture"] == path.stem
        )
        assert max(beginnings.values()) <= 6, (path.stem, beginnings.most_common(1))


@pytest.mark.skipif(not DATA.is_dir(), reason="evaluation sets are not here: DATA=folder")
def test_nothing_is_of_an_evaluation_set(items):
    rows = [
        {"id": one["id"], "question": one["question"]["en"], "local": {"question": one["question"]["local"]}}
        for one in items
    ]
    folders = [
        DATA / name for name in ("blend_mcq", "blend_saq", "culturalbench", "normad_eti", "care", "calmqa")
    ]
    found = leaks(rows, [one for one in folders if one.is_dir()], NEAR)
    assert [(one.id, one.source) for one in found] == []


def test_planted_leakage_is_found(items, tmp_path):
    """The test above can fail."""
    (tmp_path / "set.jsonl").write_text(json.dumps({"question": items[5]["question"]["en"].upper()}))
    rows = [{"id": one["id"], "question": one["question"]["en"], "local": None} for one in items]
    assert [one.id for one in leaks(rows, [tmp_path], NEAR)] == [items[5]["id"]]
    assert fingerprint(items[5]["question"]["en"]).distance(fingerprint(items[6]["question"]["en"])) > NEAR
