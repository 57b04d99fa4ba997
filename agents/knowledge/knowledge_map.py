"""The knowledge map: in which language one model knows which subjects best, as it was measured.

After LSKExtractor (arXiv 2505.14990), with its known faults mended: a language is chosen only where the lower
confidence bound of its paired difference to English is above zero (`agents/profile/evidence.py`); everywhere
else the map says English. `agents/profile` makes maps; here they are read, checked and looked up.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.errors import PolylectError
from agents.knowledge.embed import Vector

OWN = "own"
"""Stands for a language in a choice: the one of the culture that is asked about, whichever that is."""
ENGLISH = "en"


class BadMap(PolylectError):
    """A knowledge map that cannot be used: the message names the file, the field and the cure."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Provenance(_Part):
    """What was measured, with what. Hashes are BLAKE2b, hexadecimal; `made` is a date, ISO 8601.

    `languages`: those that were tried, English first; `minimum`: groups of questions that a choice needs;
    `alpha`: how likely at most a model that knows nothing better in any language has any choice in its map.
    """

    model: str = Field(min_length=1)
    made: str
    questions: str
    prompts: str
    reasoned: bool
    tokens: int = Field(ge=0)
    languages: tuple[str, ...] = Field(min_length=1)
    embedder: str = Field(min_length=1)
    dimensions: int = Field(ge=1)
    alpha: float = Field(gt=0, lt=1)
    minimum: int = Field(ge=2)
    seed: int


class Evidence(_Part):
    """How a language did against English on the same questions.

    `difference`: of the shares that were right (-1..1), `low` and `high` its corrected bounds; `groups`: how
    many independent groups of questions it rests on, in effect; `from_here`: which part (0..1) of them lies
    in this place, the rest was lent by its cultures and by all questions; `p`: one-sided, uncorrected, 1
    where too few groups were found, or this place borrows though its own are below English: then `low` is -1.
    """

    language: str
    difference: float = Field(ge=-1, le=1)
    low: float
    high: float
    groups: float = Field(ge=0)
    from_here: float = Field(ge=0, le=1)
    p: float = Field(ge=0, le=1)


class Place(_Part):
    """A cluster of subjects, or a culture: what was counted there, and the language that follows from it.

    `counts`: for each culture and language how many answers were right, and how many were asked for.
    """

    questions: int = Field(ge=0)
    counts: dict[str, dict[str, tuple[int, int]]]
    evidence: tuple[Evidence, ...]
    choice: str
    why: str

    @model_validator(mode="after")
    def _counts_add_up(self) -> Self:
        for culture, by_language in self.counts.items():
            for language, (right, asked) in by_language.items():
                if not 0 <= right <= asked:
                    raise ValueError(f"counts.{culture}.{language}: {right} of {asked} cannot be right")
        return self


class Cluster(Place):
    """A cluster of subjects: its centre in the embedding's space, and its most typical questions' ids."""

    centroid: tuple[float, ...]
    typical: tuple[str, ...] = ()


class MapFile(_Part):
    """The file, as it is written."""

    version: Literal[1]
    provenance: Provenance
    clusters: tuple[Cluster, ...] = Field(min_length=1)
    cultures: dict[str, Place]
    overall: Place

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        made = self.provenance
        for number, cluster in enumerate(self.clusters):
            if len(cluster.centroid) != made.dimensions:
                found = len(cluster.centroid)
                raise ValueError(
                    f"clusters.{number}.centroid has {found} numbers, {made.embedder} {made.dimensions}"
                )
            if not np.isfinite(cluster.centroid).all():
                raise ValueError(f"clusters.{number}.centroid holds what is no number")
        known = {OWN, *made.languages}
        named = [(f"clusters.{number}", one) for number, one in enumerate(self.clusters)]
        for where, place in [*named, *self.cultures.items(), ("overall", self.overall)]:
            if place.choice not in known:
                raise ValueError(f"{where}.choice {place.choice!r} is none of the languages that were tried")
        return self


@dataclass(frozen=True, slots=True)
class Route:
    """In which language to reason, and why. `known`: it was measured; else it is a prior.

    `cluster`: the number of the cluster that was nearest, None where there is no map.
    """

    language: str
    why: str
    known: bool
    cluster: int | None = None


class KnowledgeMap:
    """One map, ready for look-ups: a product of a small matrix with a vector, some microseconds."""

    def __init__(self, file: MapFile) -> None:
        self.file = file
        centres = np.asarray([one.centroid for one in file.clusters], dtype=np.float32)
        # The nearest centre by Euclid, as k-means means it: |v - c|^2 = |v|^2 - 2 (v.c - |c|^2 / 2).
        self._centres = centres
        self._half = (centres * centres).sum(axis=1) / 2

    @classmethod
    def load(cls, path: Path) -> "KnowledgeMap":
        """Read and check a map.

        Raises:
            BadMap: it cannot be read, or is no map; the message names the field.
        """
        cure = "Make it anew with `polylect profile`."
        try:
            content = json.loads(path.read_text("utf-8"))
        except OSError as error:
            raise BadMap(f"{path}: it cannot be read: {error.strerror}. Check the path.") from error
        except ValueError as error:
            raise BadMap(f"{path}: not JSON ({error}). {cure}") from error
        try:
            return cls.of(content)
        except BadMap as error:
            raise BadMap(f"{path}: {error} {cure}") from error

    @classmethod
    def of(cls, content: object) -> "KnowledgeMap":
        """A map out of what its JSON holds.

        Raises:
            BadMap: it is none; the message names the field.
        """
        if isinstance(content, dict) and content.get("version") != 1:
            raise BadMap(f"version {content.get('version')!r}, but this program reads 1.")
        try:
            return cls(MapFile.model_validate(content))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(one) for one in first["loc"]) or "the file"
            raise BadMap(f"{where}: {first['msg'].removeprefix('Value error, ')}.") from error

    def save(self, path: Path) -> None:
        """Write it; whole or not at all, so that whoever reads meanwhile has the old one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.new")
        beside.write_text(json.dumps(self.file.model_dump(), ensure_ascii=False, indent=1) + "\n", "utf-8")
        beside.replace(path)

    def check(self, *, model: str | None = None, embedder: str | None = None) -> None:
        """Refuse to serve another model, or another embedder, than it was made with.

        Raises:
            BadMap: with both names and the cure.
        """
        made = self.file.provenance
        if model is not None and model != made.model:
            cure = "Profile this model: what one knows says nothing of another."
            raise BadMap(f"The knowledge map was made of {made.model!r}, not of {model!r}. {cure}")
        if embedder is not None and embedder != made.embedder:
            cure = f"Configure {made.embedder!r}, or profile again."
            raise BadMap(
                f"The knowledge map was made with the embedder {made.embedder!r}, not {embedder!r}. {cure}"
            )

    def nearest(self, vector: Vector) -> int:
        """The number of the cluster whose centre is nearest."""
        return int(np.argmax(self._centres @ vector - self._half))

    def route(self, vector: Vector, culture: str | None = None, own: str | None = None) -> Route:
        """The language to reason in about a question with this vector.

        `culture`: whom it asks about, `own`: that culture's own language, where known. The cluster decides;
        where it has nothing to say, the culture; a culture for which a language was measured to be worse
        than English keeps English.
        """
        number = self.nearest(vector)
        cluster = self.file.clusters[number]
        place, chosen, why = f"cluster {number}", cluster.choice, cluster.why
        there = self.file.cultures.get(culture or "")
        if chosen == ENGLISH and there is not None and there.choice != ENGLISH:
            place, chosen, why = str(culture), there.choice, there.why
        language = own if chosen == OWN else chosen
        if language is None:
            return Route(ENGLISH, f"{place}: the culture's own language, but none is known", True, number)
        if there is not None and any(one.language == language and one.high < 0 for one in there.evidence):
            why = f"{place}: {language}, but for {culture} it was measured to be worse than English"
            return Route(ENGLISH, why, True, number)
        return Route(language, f"{place}: {why}", True, number)
