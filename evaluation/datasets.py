"""Evaluation data: tidy JSONL in one folder, read strictly, chosen fairly, never committed."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

Record = dict[str, Any]


class DataError(Exception):
    """The data of a task cannot be used as they are: says where they belong and where they come from."""


def read_records(folder: Path, name: str, *, needs: Sequence[str], source: str) -> list[Record]:
    """The JSON objects of `folder/name`, one a line.

    Args:
        folder: where evaluation data are kept.
        name: the file's path inside it.
        needs: fields without which a record is useless.
        source: where the data come from, for whoever has to fetch them.

    Raises:
        DataError: no such file, a line that is not a JSON object, or one that lacks a field.
    """
    path = folder / name
    if not path.is_file():
        fields = ", ".join(needs)
        raise DataError(
            f"There is no {path}. It should hold one JSON object a line with the fields {fields}. "
            f"Source: {source}. Name another folder with --data (or DATA=… of `make eval`)."
        )
    records = list(_parse(path, needs))
    if not records:
        raise DataError(f"{path} is empty. Source: {source}.")
    return records


def _parse(path: Path, needs: Sequence[str]) -> Iterator[Record]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}:{number} is not JSON: {error}.") from error
            if missing := [field for field in needs if field not in record]:
                raise DataError(f"{path}:{number} lacks {', '.join(missing)}.")
            yield record


def pick(records: Sequence[Record], limit: int | None, seed: int, *, by: str) -> list[Record]:
    """At most `limit` records in an order that the seed decides, every group of field `by` in turn.

    So the first n are the same whatever the limit, and spread over the groups as evenly as the data allow.
    """
    groups: dict[Any, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda one: fraction(seed, str(one["id"]))):
        groups[record.get(by)].append(record)
    turns = sorted(groups.values(), key=lambda group: fraction(seed, str(group[0].get(by))))
    drawn = [one for one in chain.from_iterable(zip_longest(*turns)) if one is not None]
    return drawn[:limit]


def fraction(seed: int, text: str) -> float:
    """A number from 0 to 1 that seed and text decide, on every machine."""
    digest = hashlib.sha256(f"{seed}:{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
