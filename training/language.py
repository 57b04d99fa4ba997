"""Trains `agents/detect/data/languages.ftz`: a small fastText model that names languages in short texts.

It stands beside lid.176.ftz, which was trained on longer texts and knows 176 languages. Sources: the
interface messages of MediaWiki (translatewiki.net; some 400 languages; in English what translators are told
of them, too), half of our own prompts (`training/data`) and, where given, sentences that people wrote: half
of Tatoeba's, of CaLMQA's questions and of the public English prompts (the other halves measure), and FLORES
where messages are few. Without question marks and the like: of most languages there are messages alone, and
whatever ends in "?" would be taken for one of the few with prompts.

Method: Joulin et al., "Bag of Tricks for Efficient Text Classification" (arXiv 1607.01759), product
quantisation after arXiv 1612.03651.

    apt-get download mediawiki && dpkg-deb -x mediawiki_*.deb mediawiki
    pip install --no-deps --target fasttext-full fasttext-wheel  # the whole package: it alone trains
    PYTHONPATH=fasttext-full:. python -m training.language mediawiki --data DATA

takes about four minutes on one core.
"""

import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import fasttext
import typer

from agents.detect.label import Labels
from agents.detect.language import NOISE, OTHER, UNMARKED
from agents.detect.tables import cells, rows
from training.rows import Row, half_of, own_rows, public_rows
from training.rows import lines as json_lines

SEED = 1
MOST, MOST_OTHER = 6_000, 800  # messages of a language that we serve, and of one that we do not
MOST_ENGLISH = 18_000  # most prompts are English, and short ones look like anything
FEWEST = 100  # messages from which a language takes part
SCARCE = 1_000  # messages below which FLORES is added
REPEATED = 30  # how often a sentence of Tatoeba or CaLMQA counts: it is what people type
PROMPTED = 1_500  # lines that a language's prompts make, so that none is heard above its neighbours,
PROMPTED_TIMES = 2, 60  # each at least and at most so many times
MARKUP = re.compile(
    r"<[^>]*>|\{\{[^}]*\}\}|\[\[|\]\]|\$\d|&\w+;|\{\{|\}\}|[#*=_|{}\[\]<>\"/\\]|%\w"
)  # of MediaWiki
PIECES = re.compile(r"\n|(?<=[.!?।。])\s+")
MODEL = Path(str(files("agents.detect") / "data" / "languages.ftz"))
SHAPE = {"dim": 32, "minn": 2, "maxn": 4, "minCount": 20, "bucket": 300_000, "thread": 2, "verbose": 0}
PRUNED = {"qnorm": True, "retrain": True, "epoch": 2, "thread": 2, "dsub": 2, "lr": 0.2, "verbose": 0}
KEPT = 40_000  # features after pruning


def train(
    mediawiki: Annotated[Path, typer.Argument(help="The folder of MediaWiki's unpacked package.")],
    data: Annotated[Path | None, typer.Option(help="The folder of evaluation data.")] = None,
    out: Annotated[Path, typer.Option()] = MODEL,
) -> None:
    """Train, quantise, write."""
    messages = read_messages(mediawiki)
    scarce = {language for language in served() if len(messages.get(language, ())) < SCARCE}
    asked = list(prompts(own_rows()))
    if data:
        asked += [one for one in prompts(public_rows(data)) if one[0] == "en"]
    of_language = Counter(language for language, _ in asked)
    least, most = PROMPTED_TIMES
    sentences = [(one, max(least, min(-(-PROMPTED // of_language[one[0]]), most))) for one in asked]
    if data:
        sentences += [(one, REPEATED) for one in read_sentences(data, scarce)]
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus.txt"
        corpus.write_text("\n".join(lines(messages, sentences)), encoding="utf-8")
        model: Any = fasttext.train_supervised(str(corpus), epoch=3, lr=0.5, loss="softmax", **SHAPE)
        model.quantize(str(corpus), cutoff=KEPT, **PRUNED)
        model.save_model(str(out))


def lines(messages: dict[str, list[str]], sentences: Iterable[tuple[tuple[str, str], int]]) -> list[str]:
    """FastText's lines, shuffled: messages, sentences so many times each, and parts of both.

    A language that is not served is labelled `OTHER` and its code.
    """
    chance = random.Random(SEED)  # noqa: S311  # a shuffle
    known = served()
    made = []
    for language in sorted(messages):
        label = f"__label__{language if language in known else OTHER + language}"
        most = MOST_ENGLISH if language == "en" else MOST if language in known else MOST_OTHER
        taken = sorted(messages[language])
        chance.shuffle(taken)
        made += [f"{label} {text}" for text in taken[:most]]
        parts = taken[:most] * (2 if language == "en" else 1)
        made += [f"{label} {short}" for text in parts if (short := _shortened(text, chance))]
    for (language, text), times in sentences:
        label = f"__label__{language}"
        made += [f"{label} {text}"] * times
        made += [f"{label} {short}" for _ in range(times // 2) if (short := _shortened(text, chance))]
    chance.shuffle(made)
    return made


def read_messages(folder: Path) -> dict[str, list[str]]:
    """Language -> the sentences of its messages that are not the English ones.

    ValueError where the folder holds none.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for path in folder.glob("**/i18n/**/*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        texts = [text for key, text in content.items() if isinstance(text, str) and not key.startswith("@")]
        code = "en" if path.stem == "qqq" else path.stem  # what the messages are for, told to translators
        found[code].update(piece for text in texts for piece in _pieces(text))
    if not found:
        raise ValueError(f"no MediaWiki messages (**/i18n/*.json) under {folder}")
    known = served()
    messages: dict[str, list[str]] = defaultdict(list)
    for code, texts_of in found.items():
        language = known_as(code)
        own = texts_of - found["en"] if language != "en" else texts_of
        if len(own) >= FEWEST or language in known:
            messages[language] += own
    return messages


def prompts(rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
    """Yields (language, prompt): the first half of those that may teach, in their languages' own scripts."""
    for row in rows:
        if row.teaches and "-Latn" not in row.language and half_of(row.text) == 0:
            yield known_as(row.language), _clean(row.text)


def read_sentences(data: Path, scarce: AbstractSet[str]) -> Iterator[tuple[str, str]]:
    """Yields (language, sentence): the first halves, and FLORES for `scarce` languages."""
    for name, field in (("langid/tatoeba_short", "text"), ("calmqa/calmqa_questions", "question_local")):
        for row in json_lines(data / f"{name}.jsonl"):
            if half_of(row[field]) == 0:
                yield known_as(row["lang"]), _clean(row[field])
    for row in json_lines(data / "langid/sib200_flores.jsonl"):
        language = known_as(row["lang"].partition("_")[0])
        if language in scarce:
            yield language, _clean(row["text"])


def known_as(code: str) -> str:
    """The code under which we know a language that MediaWiki or Tatoeba call `code`."""
    return _names().get(code) or _labels().read(code.split("-")[0])[0]


def served() -> frozenset[str]:
    """The languages that may be named (BCP-47)."""
    return frozenset(language for language, *_ in rows("served"))


@cache
def _labels() -> Labels:
    return Labels()


@cache
def _names() -> dict[str, str]:
    return {name: language for language, others, *_ in rows("served") for name in (language, *cells(others))}


def _pieces(text: str) -> Iterator[str]:
    for piece in PIECES.split(text):
        clean = _clean(MARKUP.sub(" ", piece))
        if 6 <= len(clean) <= 300 and sum(map(str.isalpha, clean)) >= 5:
            yield clean


def _clean(text: str) -> str:
    return " ".join(NOISE.sub(" ", text).translate(UNMARKED).split())


def _shortened(text: str, chance: random.Random) -> str:
    """Two to six words out of the middle of a longer text."""
    words = text.split()
    if len(words) <= 7:
        return ""
    start, size = chance.randrange(len(words) - 4), chance.randint(2, 6)
    return " ".join(words[start : start + size])


if __name__ == "__main__":
    typer.run(train)
