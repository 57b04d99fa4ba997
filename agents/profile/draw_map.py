"""From trials to a knowledge map: cluster the questions, weigh the evidence, choose the languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from agents.cultures.cultures import Cultures
from agents.errors import UnknownCulture
from agents.knowledge.knowledge_map import Cluster, Evidence, KnowledgeMap, MapFile, Place, Provenance
from agents.profile.clusters import Clustering, TooLittle, cluster
from agents.profile.evidence import Answers, choose, weigh
from agents.profile.questions import Calibration
from agents.profile.trial import Trial

NOBODY = "none"  # where a question is about no culture


@dataclass(frozen=True, slots=True)
class Ways:
    """How the map is drawn: see `Provenance`; `clusters`: how many, None: as many as the data suggest."""

    alpha: float = 0.05
    minimum: int = 30
    clusters: int | None = None
    seed: int = 1


def draw_map(
    questions: Sequence[Calibration],
    trials: Mapping[tuple[str, str], Trial],
    vectors: NDArray[np.float32],
    told: Mapping[str, object],
    *,
    languages: Sequence[str],
    cultures: Cultures,
    ways: Ways,
) -> KnowledgeMap:
    """The map. `vectors`: one row a question; `told`: the provenance that the measurement knows.

    Questions that were not asked in every language are left out: what is compared must be the same.

    Raises:
        TooLittle: no question was asked in every language, or fewer than there are to be clusters.
    """
    whole = [
        at for at, one in enumerate(questions) if all((one.id, language) in trials for language in languages)
    ]
    if not whole:
        raise TooLittle(f"No question has an answer in each of {', '.join(languages)} yet.")
    asked = [questions[at] for at in whole]
    found = cluster(vectors[whole], number=ways.clusters, seed=ways.seed)
    answers = _answers(asked, trials, languages, found, cultures)
    weighed = weigh(answers, alpha=ways.alpha, minimum=ways.minimum)
    drawn = _Drawing(asked, trials, languages, weighed)
    made = Provenance.model_validate(
        {
            **told,
            "made": datetime.now(UTC).date().isoformat(),
            "languages": tuple(languages),
            "dimensions": vectors.shape[1],
            "alpha": ways.alpha,
            "minimum": ways.minimum,
            "seed": ways.seed,
        }
    )
    named = sorted({one.culture for one in asked if one.culture})
    return KnowledgeMap(
        MapFile(
            version=1,
            provenance=made,
            clusters=tuple(drawn.cluster(found, vectors[whole], one) for one in range(len(found.centres))),
            cultures={name: drawn.place(name, [one.culture == name for one in asked]) for name in named},
            overall=drawn.place("overall", [True] * len(asked)),
        )
    )


def _answers(
    asked: Sequence[Calibration],
    trials: Mapping[tuple[str, str], Trial],
    languages: Sequence[str],
    found: Clustering,
    cultures: Cultures,
) -> Answers:
    return Answers(
        {language: [float(trials[one.id, language].right) for one in asked] for language in languages},
        [one.group for one in asked],
        found.labels,
        [one.culture for one in asked],
        [own_language(cultures, one.culture, languages) for one in asked],
    )


def own_language(cultures: Cultures, culture: str | None, tried: Sequence[str]) -> str | None:
    """The first of a culture's languages that was tried; None for no culture, or one that we do not know."""
    try:
        spoken = cultures.get(culture).languages if culture else ()
    except UnknownCulture:
        return None
    return next((one for one in spoken if one in tried), None)


@dataclass(frozen=True, slots=True)
class _Drawing:
    asked: Sequence[Calibration]
    trials: Mapping[tuple[str, str], Trial]
    languages: Sequence[str]
    weighed: Mapping[str | int, tuple[Evidence, ...]]

    def place(self, name: str | int, members: Sequence[bool]) -> Place:
        here = [one for one, inside in zip(self.asked, members, strict=True) if inside]
        choice, why = choose(self.weighed[name], len({one.group for one in here}))
        return Place(
            questions=len(here),
            counts=self._counts(here),
            evidence=self.weighed[name],
            choice=choice,
            why=why,
        )

    def cluster(self, found: Clustering, vectors: NDArray[np.float32], number: int) -> Cluster:
        place = self.place(number, [label == number for label in found.labels])
        return Cluster(
            **place.model_dump(),
            centroid=tuple(round(float(one), 5) for one in found.centres[number]),
            typical=tuple(self.asked[at].id for at in found.typical(vectors, number)),
        )

    def _counts(self, here: Sequence[Calibration]) -> dict[str, dict[str, tuple[int, int]]]:
        counted: dict[str, dict[str, tuple[int, int]]] = {}
        for one in here:
            row = counted.setdefault(one.culture or NOBODY, {})
            for language in self.languages:
                right, asked = row.get(language, (0, 0))
                row[language] = (right + self.trials[one.id, language].right, asked + 1)
        return dict(sorted(counted.items()))
