"""The letters of a text as counts of character n-grams: what its wording tells that its meaning does not.

Within words padded with a space on both sides, one to four letters long (Cavnar and Trenkle, 1994), hashed
into a fixed number of buckets (Weinberger et al., arXiv 0902.2206): no vocabulary, any language, any script.
"""

import re
import unicodedata
from collections import Counter
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 16
LONGEST = 4  # letters of an n-gram

NUMBER = re.compile(r"\d+")


def ngrams(text: str) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The buckets of a text's n-grams, in rising order, and the weight of each.

    A weight grows with the logarithm of the count; the weights' squares sum to 1. Numbers are all alike. Both
    are empty for a text without a word.
    """
    words = NUMBER.sub("0", unicodedata.normalize("NFKC", text).casefold()).split()
    counts: Counter[int] = Counter()
    for word, times in Counter(words).items():
        padded = f" {word} "
        for size in range(1, LONGEST + 1):
            for start in range(len(padded) - size + 1):
                gram = padded[start : start + size]
                counts[crc32(gram.encode("utf-8", "replace")) % BUCKETS] += times
    buckets = np.array(sorted(counts), dtype=np.intp)
    weights = 1.0 + np.log(np.array([counts[one] for one in buckets.tolist()], dtype=np.float32))
    return buckets, weights / (np.linalg.norm(weights) or 1.0)
