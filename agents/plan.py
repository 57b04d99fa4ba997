"""Context and requested mode -> the mode in fact, who speaks, and in which language.

| asked for | what happens |
| --- | --- |
| explicit `cultures` | obeyed, in every steering mode |
| `multiplex` | always convenes: the relevant cultures first, then one per sector up to `max_agents` |
| a background chore of the client, in any mode | `direct` |
| `auto`, not cultural, or tools without cultural context | `direct` |
| `auto`, one subject culture | `contextual` |
| `auto`, several cultures, or cultural with no culture known | `multiplex` |
| `debate` | convenes as `multiplex` does; its voices then hear each other, and speak a second time |
| `expert` | two candidates think about one culture's question, in the expert language and in English |
| `contextual`, `direct` | as asked |

The language of a voice comes from the backbone's knowledge map, or from a prior (`knowledge/routes.py`),
unless the asker names one.

In a council that nobody chose, the asker's own culture has a seat beside those that are named, where it is
known and a seat is free.
"""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from babel import Locale, UnknownLocaleError

from agents.conversation import system_text, user_texts
from agents.cultures.cultures import Culture, Cultures
from agents.cultures.tags import fallbacks
from agents.detect.context import CULTURAL, Context
from agents.detect.mentions import Mentions
from agents.errors import UnknownCulture, UnknownLanguage, UnsupportedOption
from agents.events import Role
from agents.knowledge.knowledge_map import ENGLISH, Route
from agents.knowledge.routes import Routes
from agents.language_requests import LanguageRequests
from agents.prompting import Prompts
from agents.question import MODES, Limits, Mode, Question
from agents.seats import Relevant, seats

_TOLD = {
    "explicit": "named in the question",
    "implicit": "what the question tells of",
    "native_language": "whose own the question's language is",
}
KNOWN = 0.5  # weight from which the asker's own culture is known

_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Voice:
    """One seat in the council: whose, in which language it reasons, and why it was given.

    `page` is the language of the page about its culture that it reads, None where none is written; `route`
    how its language was found, None where the asker named it; `role` what it is asked for. A candidate of
    mode `expert` may be about no culture: then that is "".
    """

    culture: str
    language: str
    why: str
    page: str | None = None
    route: Route | None = None
    role: Role = "perspective"


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done, and why.

    `cultures` are the ids that the answer is about (the voices' own in a multiplex); `answer_language` is the
    asker's, None when it could not be told, or another one was asked for; `rounds` is how often the voices
    speak.
    """

    mode: Mode
    context: Context
    why: str
    cultures: tuple[str, ...] = ()
    voices: tuple[Voice, ...] = ()
    answer_language: str | None = None
    rounds: int = 1

    def calls(self, choices: int) -> int:
        """How many calls of a backbone: one a voice and round, and one for each choice of the answer."""
        return len(self.voices) * self.rounds + (1 if self.mode == "direct" else choices)


@dataclass(frozen=True, slots=True)
class Planner:
    """Decides deterministically: the same question, context and limits give the same plan."""

    cultures: Cultures
    mentions: Mentions
    prompts: Prompts
    limits: Limits
    routes: Routes
    requests: LanguageRequests

    def plan(self, question: Question, context: Context) -> Plan:
        """The plan for one question.

        Raises:
            UnknownCulture: a requested culture has no such id, name or language.
            UnknownLanguage: no locale knows the reasoning language.
            UnsupportedOption: a number out of bounds, or options that exclude each other.
        """
        self._check(question)
        requested = tuple(dict.fromkeys(self.resolve(value).id for value in question.cultures))
        self._check_number(question, requested)
        detected = self._detected(context)
        relevant = requested or detected
        mode, why = _mode(question, context, relevant)
        asked_in = context.language.tag if context.language else None
        if mode == "direct":
            return Plan(mode, context, why, relevant, (), asked_in)
        language = self._answer_language(question, asked_in)
        if mode == "contextual":
            return Plan(mode, context, why, relevant[: self.limits.max_agents], (), language)
        if mode == "expert":
            return Plan(
                mode, context, why, relevant[:1], self._candidates(question, relevant, asked_in), language
            )
        voices = self._voices(question, requested, context, self._own(context))
        rounds = question.rounds or self.limits.max_rounds if mode == "debate" else 1
        heard = tuple(voice.culture for voice in voices)
        return Plan(mode, context, why, heard, voices, language, rounds)

    def resolve(self, value: str) -> Culture:
        """The culture with this id, language tag, or name in any language.

        Raises:
            UnknownCulture: there is none; near matches are in the message.
        """
        value = value.strip()
        if value in self.cultures:
            return self.cultures.get(value)
        named = [one for one in self.mentions.lookup(value) if one in self.cultures] if value else []
        if named:
            return self.cultures.get(named[0])
        if spoken := self.cultures.of_language(value):
            return spoken
        if value.upper() in self.cultures:
            return self.cultures.get(value.upper())
        raise UnknownCulture(value, self._near(value))

    def resolve_audience(self, value: str) -> str | None:
        """The id of the culture that a stated audience names.

        None where none is stated, and for a language that is at home in several countries (`en`, `es`): who
        speaks it has not said where from.

        Raises:
            UnknownCulture: there is none; near matches are in the message.
        """
        value = value.strip()
        homeless = value.islower() and _is_language(value) and not self.cultures.of_language(value)
        if not value or homeless:
            return None
        try:
            return self.resolve(value).id
        except UnknownCulture as unknown:
            raise UnknownCulture(value, unknown.near, param="polylect.audience") from unknown

    def _near(self, value: str) -> tuple[str, ...]:
        """Ids that resemble a misspelt id or English name; else those of names in any language that do."""
        try:
            return (self.cultures.get(value).id,)
        except UnknownCulture as unknown:
            return unknown.near or tuple(one for one in self.mentions.near(value) if one in self.cultures)

    def _voices(
        self, question: Question, requested: Sequence[str], context: Context, own: str | None
    ) -> tuple[Voice, ...]:
        if requested:
            return tuple(self._voice(question, one, "requested") for one in requested)
        told = _TOLD.get(context.cue, "spoken of before")
        named = context.cue == "explicit"
        given = seats(
            self.cultures,
            [Relevant(one, told, named) for one in self._detected(context)],
            own,
            free=question.max_agents or self.limits.agents,
            first=self._first_sector(question),
        )
        return tuple(self._voice(question, seat.culture, seat.why) for seat in given)

    def _answer_language(self, question: Question, asked_in: str | None) -> str | None:
        """The asker's, unless the system message or the last turn asks for another one."""
        texts = (system_text(question.messages), *user_texts(question.messages)[-1:])
        return None if asked_in and self.requests.other_than(asked_in, texts) else asked_in

    def _detected(self, context: Context) -> tuple[str, ...]:
        """The cultures asked about. Of those that share the question's language only one that leads."""
        least = KNOWN if context.cue == "native_language" else 0.0
        return tuple(one.id for one in context.cultures if one.id in self.cultures and one.weight >= least)

    def _own(self, context: Context) -> str | None:
        """The asker's own culture, where it is known."""
        leading = next((one for one in context.audience if one.id in self.cultures), None)
        return leading.id if leading and leading.weight >= KNOWN else None

    def _first_sector(self, question: Question) -> int:
        """Where coverage begins: the question itself decides, so that no sector is always the last."""
        words = "\n".join(user_texts(question.messages))
        return zlib.crc32(words.encode("utf-8", "replace")) % len(self.cultures.sectors)

    def _candidates(
        self, question: Question, relevant: Sequence[str], asked_in: str | None
    ) -> tuple[Voice, ...]:
        """The two of mode `expert`: elicited in the expert language, and reasoned in English."""
        culture = next(iter(relevant), "")
        spoken = self.cultures.get(culture).languages if culture else (asked_in,) if asked_in else ()
        language, why, route = self._language(question, culture, spoken, "elicit")
        why = why or "the subject's culture" if culture else "no culture is known"
        return (
            Voice(culture, language, why, route=route, role="elicit"),
            Voice(culture, ENGLISH, "an English candidate is always kept", role="reason"),
        )

    def _voice(self, question: Question, culture: str, why: str) -> Voice:
        """A seat; why also tells where its language is not the one that was looked for."""
        spoken = self.cultures.get(culture).languages
        language, missed, route = self._language(question, culture, spoken, "perspective")
        return replace(self._seated(culture, language, f"{why}; {missed}" if missed else why), route=route)

    def _language(
        self, question: Question, culture: str, spoken: Sequence[str], prompt: str
    ) -> tuple[str, str, Route | None]:
        """The one asked for, or the route's, if prompts and backbone know it; what hindered; the route."""
        wished = question.reasoning_language
        if wished != "auto":
            worded = self._worded(prompt, (wished,))
            return (worded[0], "", None) if worded else (ENGLISH, f"no prompt in {wished}", None)
        able = self.limits.reasoning_languages
        worded = self._worded(prompt, spoken)
        known = [one for one in worded if _able(one, able)]
        route = self._route(question, culture, known)
        missed = ""
        if spoken and not known and not route.known:  # a prior has nothing to choose from
            missed = f"no prompt in {', '.join(spoken)}"
        elif _able(route.language, able) and not self._worded(prompt, (route.language,)):
            missed = f"no prompt in {route.language}"
        if able and (missed or not _able(route.language, able)):
            return able[0], f"the backbone reasons in {', '.join(able)} alone", route
        return (ENGLISH if missed else route.language), missed, route

    def _worded(self, prompt: str, languages: Sequence[str]) -> list[str]:
        """Those in which there are words of our own to ask in."""
        return [one for one in languages if self.prompts.language_of(prompt, one) in fallbacks(one)]

    def _route(self, question: Question, culture: str, spoken: Sequence[str]) -> Route:
        last = (user_texts(question.messages) or ("",))[-1]
        return self.routes.route(last, question.backbone, culture or None, spoken)

    def _seated(self, culture: str, language: str, why: str) -> Voice:
        page = f"cultures/{culture}"
        if self.limits.brief_voices:
            return Voice(culture, "en", why)
        if page not in self.prompts:
            return Voice(culture, language, f"{why}; no page is written about it")
        return Voice(culture, language, why, self.prompts.language_of(page, language))

    def _check(self, question: Question) -> None:
        if question.mode not in MODES:
            raise UnsupportedOption(
                f"Unknown mode {question.mode!r}. {_one_of(MODES)}", param="polylect.mode"
            )
        if question.mode == "direct" and question.cultures:
            cure = "Ask for mode 'multiplex' or 'contextual', or leave 'cultures' out."
            raise UnsupportedOption(f"Mode 'direct' consults no cultures. {cure}", param="polylect.cultures")
        if question.mode == "expert" and len(question.cultures) > 1:
            cure = "Name one, or ask for mode 'multiplex', where several speak."
            raise UnsupportedOption(
                f"Mode 'expert' answers for one culture, not {len(question.cultures)}. {cure}",
                param="polylect.cultures",
            )
        if not 1 <= (question.rounds or 1) <= self.limits.max_rounds:
            message = f"rounds must be from 1 to {self.limits.max_rounds}, not {question.rounds}."
            raise UnsupportedOption(message, param="polylect.rounds")
        if (question.rounds or 1) > 1 and question.mode not in {"debate", "auto"}:
            cure = "Ask for mode 'debate', or leave 'rounds' out."
            raise UnsupportedOption(f"Mode {question.mode!r} has one round. {cure}", param="polylect.rounds")
        if not 1 <= question.choices <= self.limits.max_choices:
            bounds = f"from 1 to {self.limits.max_choices}"
            raise UnsupportedOption(f"n must be {bounds}, not {question.choices}.", param="n")
        if question.reasoning_language != "auto":
            _check_language(question.reasoning_language)

    def _check_number(self, question: Question, requested: Sequence[str]) -> None:
        most = self.limits.max_agents
        if question.max_agents is not None and not 1 <= question.max_agents <= most:
            message = f"max_agents must be from 1 to {most}, not {question.max_agents}."
            raise UnsupportedOption(message, param="polylect.max_agents")
        room = question.max_agents or most
        if len(requested) > room:
            cure = f"Name at most {room}, or raise max_agents (at most {most})."
            raise UnsupportedOption(
                f"{len(requested)} cultures are too many. {cure}", param="polylect.cultures"
            )


def _mode(question: Question, context: Context, relevant: Sequence[str]) -> tuple[Mode, str]:
    """The table at the top of this file."""
    if question.chore:
        return "direct", "a background chore of the client"
    if question.mode != "auto":
        return question.mode, "requested"
    if not question.cultures and context.cultural < CULTURAL:
        return "direct", "the question does not depend on culture"
    if question.parameters.get("tools") and not relevant:
        return "direct", "tools without cultural context"
    if len(relevant) == 1:
        return "contextual", "one culture is concerned"
    return "multiplex", "several cultures are concerned" if relevant else "cultural, with no culture known"


def _able(language: str, able: Sequence[str]) -> bool:
    """Whether it is one of those that the backbone can think in; where none are named, it can in all."""
    return not able or bool(set(fallbacks(language)) & set(able))


def _is_language(tag: str) -> bool:
    """Whether it is a BCP 47 tag that CLDR knows. Babel reads more than that as a locale."""
    try:
        return bool(_TAG.fullmatch(tag) and Locale.parse(tag, sep="-"))
    except (ValueError, UnknownLocaleError):
        return False


def _check_language(tag: str) -> None:
    if not _is_language(tag):
        cure = "Give a BCP 47 tag such as 'ja' or 'pt-BR', or 'auto'."
        raise UnknownLanguage(
            f"Unknown reasoning_language {tag!r}. {cure}", param="polylect.reasoning_language"
        )


def _one_of(values: Sequence[str]) -> str:
    return f"Choose one of {', '.join(values)}."
