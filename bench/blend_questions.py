"""BLEnD's multiple choice, written as `polylect profile` reads questions.

    python bench/blend_questions.py --data data --cultures CN,DZ,ES,MX,ID > questions.jsonl
    polylect profile --questions questions.jsonl --languages zh,ar,es,id --out maps/m.json

Only rows with a clear majority, and only the development half of the templates: a map that is fitted here may
be judged on the other half. The group is the template (`template_id`): the same question about another
country, or with other options, is never on the other side of a split. West Java counts as Indonesia.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from evaluation.datasets import pick, read_records
from training.rows import half_of

CULTURES = {
    "Algeria": "DZ", "Assam": "IN", "Azerbaijan": "AZ", "China": "CN", "Ethiopia": "ET", "Greece": "GR",
    "Indonesia": "ID", "Iran": "IR", "Mexico": "MX", "North_Korea": "KP", "Northern_Nigeria": "NG",
    "South_Korea": "KR", "Spain": "ES", "UK": "GB", "US": "US", "West_Java": "ID",
}  # fmt: skip
FILE = "blend_mcq/blend_mcq_derived_16regions.jsonl"
SOURCE = "github.com/nlee0212/BLEnD (short answers, CC BY-SA 4.0), derived as evaluation/README.md says"
NEEDS = ("id", "template_id", "region_key", "question_en", "choices", "answer", "strict")
DEVELOPMENT = 0  # the half of BLEnD that may be fitted on


def questions(data: Path, cultures: Sequence[str], seed: int = 1) -> Iterator[dict[str, Any]]:
    """The questions about these cultures, each region in turn, so that the first n are spread over all.

    Raises:
        DataError: BLEnD is not in `data`.
    """
    wanted = [
        one
        for one in read_records(data, FILE, needs=NEEDS, source=SOURCE)
        if one["strict"]
        and half_of(one["template_id"]) == DEVELOPMENT
        and CULTURES[one["region_key"]] in cultures
    ]
    for one in pick(wanted, None, seed, by="region_key"):
        letters = sorted(one["choices"])
        yield {
            "id": one["id"],
            "question": one["question_en"],
            "options": [one["choices"][letter] for letter in letters],
            "answer": letters.index(one["answer"]),
            "group": one["template_id"],
            "culture": CULTURES[one["region_key"]],
        }


def main() -> None:
    """Print them, one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--cultures", default=",".join(dict.fromkeys(CULTURES.values())), help="ids")
    options = parser.parse_args()
    for one in questions(options.data, options.cultures.split(",")):
        print(json.dumps(one, ensure_ascii=False))


if __name__ == "__main__":
    main()
