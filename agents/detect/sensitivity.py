"""How cultural is a text? A lexical heuristic, until the trained gate comes: what it names, which words it
uses.

Evidence adds up as independent chances do (noisy-or). The strengths are set by hand so that one territory or
people named lies above 0.5, one language or city asked about in passing near it, and one strong word of
cultural life just above it; a sum, a program or a text to reword brings all of it down. After Global-MMLU
(arXiv 2412.03304), whose annotators call a question culturally sensitive when answering takes knowledge of a
culture, a region or a dialect.
"""

from collections.abc import Iterable, Mapping, Sequence

from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mention
from agents.detect.task import is_code, is_rewording, is_sum

BASE = 0.1  # any text
NAMED: Mapping[str, float] = {
    "people": 0.8, "area": 0.8, "territory": 0.7, "religion": 0.7, "holiday": 0.7,
    "city": 0.5, "subdivision": 0.5, "language": 0.3,
}  # fmt: skip
COMPARED = 0.3  # two cultures or more
STRONG, MILD = 0.5, 0.25  # one word of cultural life
COUNTED = 3  # words of each strength
PLAIN_TASK = 0.35  # what a sum, a program or a rewording leaves


class Sensitivity:
    """Scores how cultural a text is. Thread-safe."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def score(self, text: str, mentions: Sequence[Mention], *, language: str | None = None) -> float:
        """0..1; 0.5 and above is cultural.

        `mentions` are those in `text`, `language` (BCP-47) is the text's.
        """
        words = self._lexicon.find(text, language=language)
        chances = [BASE, *named(mentions)]
        chances += [STRONG] * min(COUNTED, len(words.get("strong", ())))
        chances += [MILD] * min(COUNTED, len(words.get("mild", ())))
        plain = is_code(text, words) or is_sum(text, words) or is_rewording(words)
        return either(chances) * (PLAIN_TASK if plain else 1.0)


def named(mentions: Iterable[Mention]) -> list[float]:
    """The chances that what is named makes a text cultural: the strongest mention, and that there are
    several.
    """
    by_span: dict[tuple[int, int], float] = {}
    for mention in mentions:
        span = (mention.start, mention.end)
        by_span[span] = by_span.get(span, 0.0) + NAMED[mention.kind] * mention.weight
    cultures = {
        mention.culture
        for mention in mentions
        if mention.culture and mention.kind != "language" and mention.weight > 0.5
    }
    return [min(1.0, max(by_span.values())), *([COMPARED] if len(cultures) > 1 else [])] if by_span else []


def either(chances: Iterable[float]) -> float:
    """The chance that at least one of independent chances (0..1 each) comes true."""
    none = 1.0
    for chance in chances:
        none *= 1.0 - chance
    return 1.0 - none
