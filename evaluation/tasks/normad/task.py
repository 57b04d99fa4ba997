"""NormAd-Eti: is what someone did acceptable in that country? (arXiv 2404.12464)."""

import hashlib
from pathlib import Path

from inspect_ai import Task, task

from evaluation.choice import ChoiceQuestion, choice_task
from evaluation.datasets import DataError, Record, pick, read_records

FILE = "normad_eti/normad_eti.jsonl"
SOURCE = "github.com/Akhila-Yerukola/NormAd (CC BY 4.0), recovered as README.md says"
NEEDS = ("id", "country", "story", "rule_of_thumb", "gold_label")
OPTIONS = ("Yes", "No", "Neutral")

_QUESTION = "Is what they did socially acceptable?"


@task
def normad(
    data: str = "data", limit: int | None = None, variants: int = 3, seed: int = 1, rule: bool = False
) -> Task:
    """`rule`: the rule of thumb that decides stands beside the country."""
    records = read_records(Path(data), FILE, needs=NEEDS, source=SOURCE)
    questions = (_question(one, rule) for one in pick(records, limit, seed, by="country"))
    return choice_task(questions, ways=variants, seed=seed, name="normad_rule" if rule else "normad")


def country_name(key: str) -> str:
    """The country of a row as people write it: `united_states_of_america` -> United States of America."""
    words = (word if word in {"of", "and"} else word.title() for word in key.split("_"))
    return " ".join(words)


def _question(record: Record, rule: bool) -> ChoiceQuestion:
    label = str(record["gold_label"]).title()
    if label not in OPTIONS:
        raise DataError(f"{FILE}: the label of {record['id']} is none of {', '.join(OPTIONS)}.")
    story = str(record["story"]).strip()
    lines = [f"Country: {country_name(record['country'])}"]
    if rule:
        lines.append(f"Rule of thumb: {record['rule_of_thumb']}")
    lines.append(f"Story: {story}" if story.endswith("?") else f"Story: {story} {_QUESTION}")
    return ChoiceQuestion(
        id=record["id"],
        cluster=_norm(record),
        text="\n".join(lines),
        options=OPTIONS,
        gold=OPTIONS.index(label),
        culture=record["country"],
    )


def _norm(record: Record) -> str:
    """What is resampled: stories about one norm stand and fall together. No text of it goes into rows."""
    digest = hashlib.sha256(str(record["rule_of_thumb"]).encode()).hexdigest()
    return f"{record['country']}:{digest[:12]}"
