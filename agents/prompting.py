"""The only reader of prompts/: words with $variables, by name and language, rendered strictly.

A prompt is a file `prompts/<name>/<language>.md`, or `prompts/<name>.md` where it exists in English alone. A
name may have two parts: `cultures/JP`.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from string import Template

from agents.cultures.tags import fallbacks
from agents.errors import PolylectError


class PromptError(PolylectError):
    """A prompt that does not exist, is not well-formed, or was given other variables than it has."""


class Prompts:
    """All prompts, read once. Built from texts by key (`perspective/ja`, `contextual`); `load()` reads files.

    Raises:
        PromptError: no texts; a `$` that starts no variable; a name with no English; a name given twice.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        if not texts:
            raise PromptError("There are no prompts here.")
        self._prompts: dict[str, dict[str, Template]] = {}
        for key, text in sorted(texts.items()):
            self._add(key, Template(text.rstrip("\n")))
        for name, written in self._prompts.items():
            if "en" not in written:
                raise PromptError(
                    f"The prompt {name!r} has no English, to which the other languages fall back."
                )
        self._texts = dict(texts)
        self.fingerprint = _fingerprint(texts)

    @classmethod
    def load(cls, folder: Path | None = None) -> "Prompts":
        """The prompts that ship beside this package, or those in `folder`. README.md is none."""
        folder = folder or Path(__file__).parents[1] / "prompts"
        files = (path for path in folder.rglob("*.md") if path.name != "README.md")
        return cls(
            {path.relative_to(folder).with_suffix("").as_posix(): path.read_text("utf-8") for path in files}
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all prompts, sorted."""
        return tuple(self._prompts)

    def fingerprint_of(self, *names: str) -> str:
        """That of some prompts alone, in all their languages, for what was measured with these alone."""
        wanted = {key: text for key, text in self._texts.items() if key.partition("/")[0] in names}
        return _fingerprint(wanted)

    def languages(self, name: str) -> tuple[str, ...]:
        """The languages in which a prompt is written, sorted; ("en",) for one that is English alone."""
        return tuple(sorted(self._named(name)))

    def page_languages(self, culture: str) -> tuple[str, ...]:
        """The languages in which a page about a culture is written, sorted; none for most."""
        page = f"cultures/{culture}"
        return self.languages(page) if page in self else ()

    def language_of(self, name: str, language: str) -> str:
        """The language whose words `render` takes: `pt-BR` -> pt, `zh-TW` -> zh-Hant, `qu` -> en."""
        written = self._named(name)
        return next((tag for tag in fallbacks(language) if tag in written), "en")

    def __contains__(self, name: object) -> bool:
        return name in self._prompts

    def variables(self, name: str, language: str = "en") -> frozenset[str]:
        """The variables of a prompt: `render` takes these, no fewer and no others."""
        return frozenset(self._words(name, language).get_identifiers())

    def size(self, name: str, language: str) -> int:
        """How many bytes of UTF-8 the words of a prompt have, without its values."""
        return len(self._words(name, language).template.encode())

    def render(self, name: str, language: str, /, **variables: str) -> str:
        """The words of a prompt in a language, in English where it is not written in it.

        Values are put in as they are: what looks like a variable in a value stays as it is.

        Raises:
            PromptError: no such prompt; a variable is missing; one was given that the prompt does not have.
        """
        words = self._words(name, language)
        wanted = set(words.get_identifiers())
        if wanted != variables.keys():
            missing, unused = sorted(wanted - variables.keys()), sorted(variables.keys() - wanted)
            raise PromptError(f"The prompt {name!r} ({language}): missing {missing}, unused {unused}.")
        return words.substitute(variables)

    def _add(self, key: str, words: Template) -> None:
        name, _, language = key.rpartition("/") if "/" in key else (key, "", "")
        if not words.is_valid():
            raise PromptError(f"The prompt {key!r} has a $ that starts no variable; write $$ for a dollar.")
        if (language or "en") in self._prompts.setdefault(name, {}):
            raise PromptError(
                f"The prompt {name!r} has English words twice, in {name}.md and in {name}/en.md."
            )
        self._prompts[name][language or "en"] = words

    def _words(self, name: str, language: str) -> Template:
        return self._named(name)[self.language_of(name, language)]

    def _named(self, name: str) -> dict[str, Template]:
        try:
            return self._prompts[name]
        except KeyError:
            raise PromptError(f"There is no prompt {name!r}, only {', '.join(self._prompts)}.") from None


def _fingerprint(texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for key, text in sorted(texts.items()):
        digest.update(f"{key}\0{text}\0".encode())
    return digest.hexdigest()[:12]
