"""What multiple choice would have chosen, had the model no favourite letter: one more score of each row.

Small models say "A" whatever is asked. Batch calibration (Zhou et al., arXiv 2309.17249) divides each
letter's probability by its mean over all questions that the contender was asked, and takes the largest: a
favourite that is the same everywhere is gone, and what is left depends on the question. It sees no label.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from evaluation.report.rows import Row

CALIBRATED = "calibrated"  # the name of the score
FEWEST = 20  # questions whose mean is a letter's prior


def calibrated(rows: Iterable[Row]) -> list[Row]:
    """The rows; those with letters get one more score: 1 where the right letter is likeliest, calibrated.

    Each contender of each task is calibrated by itself, and so is each number of options; where fewer than
    `FEWEST` questions have one number the score is None.
    """
    found = list(rows)
    batches: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for index, row in enumerate(found):
        if row.letters:
            batches[row.task, row.arm, len(row.letters)].append(index)
    for batch in batches.values():
        scores = _scores([found[index] for index in batch])
        for index, score in zip(batch, scores, strict=True):
            found[index] = replace(found[index], scores={**found[index].scores, CALIBRATED: score})
    tasks = {task for task, _, _ in batches}
    return [
        replace(row, scores={**row.scores, CALIBRATED: None})
        if row.task in tasks and not row.letters
        else row
        for row in found
    ]


def _scores(rows: Sequence[Row]) -> list[float | None]:
    if len({row.question for row in rows}) < FEWEST:
        return [None] * len(rows)
    shares = np.array([row.letters for row in rows])
    chosen = (shares / np.maximum(shares.mean(axis=0), 1e-12)).argmax(axis=1)
    return [float(one == row.right) for one, row in zip(chosen.tolist(), rows, strict=True)]
