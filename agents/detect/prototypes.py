"""What each custom is, as a vector: `data/customs.npz`, the embedded descriptions of `data/customs.tsv`.

By itself the nearest prototype is too seldom the right one, for the embedding model is small; it decides
which of the customs that a text nearly tells is meant, if any. `training/customs.py` makes the file.
"""

from collections.abc import Mapping

import numpy as np

from agents.detect.heads import unpacked
from agents.detect.situations import Guess
from agents.detect.tables import DATA
from agents.knowledge.embed import Vector

NEAREST = {2: 1, 3: 20}
"""Of which a text has two words, three or more: it is meant if so few others at most are nearer."""


class Prototypes:
    """Thread-safe. FileNotFoundError without the file.

    `numbers` of the customs. `nearness`: from a vector to its cosine to each custom's description, less the
    one that native questions of all kinds have to it on average.
    """

    def __init__(self) -> None:
        with (DATA / "customs.npz").open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
            self.numbers = tuple(map(str, stored["numbers"]))
            self.nearness = unpacked(stored, "customs")
        self._places = {number: place for place, number in enumerate(self.numbers)}

    def meant(self, vector: Vector, among: Mapping[str, Guess]) -> str | None:
        """The number of the custom among these that a text with this vector resembles most.

        None if it resembles too many others more (`NEAREST`).
        """
        nearness = self.nearness(vector)
        likely = {}
        for number, guess in among.items():
            near = nearness[self._places[number]]
            if (nearness > near).sum() < NEAREST[min(guess.words, 3)]:
                likely[number] = near
        return max(likely, key=lambda number: likely[number], default=None)
