"""In which language to reason where nothing was measured: a prior, and reported as one.

Reasoning in a culture's language was seen to help for middle- and high-resource languages and to hurt
low-resource ones (arXiv 2505.14990, 2503.05846). So a culture reasons in the first of its languages of which
there is enough text, and in English where there is none.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from agents.knowledge.knowledge_map import ENGLISH, Route


class Prior:
    """Knows how much text there is of a language: resources.toml."""

    def __init__(self, able: Iterable[str]) -> None:
        self._able = frozenset(able)

    @classmethod
    def load(cls) -> "Prior":
        """The classes that ship with this package."""
        facts = tomllib.loads((Path(__file__).parent / "resources.toml").read_text("utf-8"))
        return cls([*facts["high"], *facts["middle"]])

    def has_enough(self, language: str) -> bool:
        """Whether it is a middle- or high-resource language, whatever its region or script."""
        return language.split("-")[0] in self._able

    def route(self, languages: Iterable[str]) -> Route:
        """For a culture with these languages, the main one first."""
        languages = tuple(languages)
        for language in languages:
            if self.has_enough(language):
                return Route(language, "a prior: no knowledge map", known=False)
        why = f"a prior: no knowledge map, and too little text in {', '.join(languages)}"
        return Route(ENGLISH, why, known=False)
