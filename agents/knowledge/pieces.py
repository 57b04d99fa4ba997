"""Texts as pieces of words: SentencePiece's unigram model (Kudo, arXiv 1804.10959) of XLM-RoBERTa.

The likeliest way to cut a text, by Viterbi's algorithm. Texts that come here are short (`gist`), so that a
table of the pieces is enough; `tokenizers` takes seven times the memory for this vocabulary.
"""

import re
from array import array

from agents.knowledge.wheel import Wheel

SPACES = re.compile(" {2,}")
SPACE = "\u2581"  # stands for a space, and before the first word
UNKNOWN = 10.0  # by how much a letter without a piece is less likely than any piece
NEVER = float("-inf")


class Pieces:
    """Cuts texts. Thread-safe."""

    def __init__(self, wheel: Wheel) -> None:
        self._normalised = wheel.normalised
        self._begin, self._end, self._unknown = wheel.begin, wheel.end, wheel.unknown
        self._scores = array("f", wheel.scores.tobytes())
        self._index = {piece: index for index, piece in enumerate(wheel.pieces)}
        self._longest = max(map(len, wheel.pieces))
        self._worst = min(self._scores) - UNKNOWN

    def cut(self, text: str) -> list[int]:
        """The pieces of `text` by their place in the vocabulary, with those of its begin and its end."""
        text = SPACES.sub(" ", text.translate(self._normalised))
        text = (text if text.startswith(" ") else f" {text}").replace(" ", SPACE)
        size = len(text)
        best, cuts = [0.0] + [NEVER] * size, [(0, 0)] * (size + 1)  # of a cut: where it begins, its piece
        for start in range(size):
            so_far = best[start]
            for end in range(start + 1, min(size, start + self._longest) + 1):
                piece = self._index.get(text[start:end])
                if piece is not None and (score := so_far + self._scores[piece]) > best[end]:
                    best[end], cuts[end] = score, (start, piece)
            if (score := so_far + self._worst) > best[start + 1]:
                best[start + 1], cuts[start + 1] = score, (start, self._unknown)
        found, end = [self._end], size
        while end:
            end, piece = cuts[end]
            found.append(piece)
        return [self._begin, *reversed(found)]
