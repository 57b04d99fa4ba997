"""The question with its evidence marked, and how it was read."""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from polylect import Context, Evidence, Span

from playground.languages import direction, language_name
from playground.names import Names

_KINDS = {"territory": "country or territory", "area": "area", "people": "people", "audience": "who asks"}
_CUES = {
    "explicit": "it names a culture",
    "native_language": "only its language tells whose culture",
    "implicit": "it names no culture, yet speaks of what differs between them",
    "none": "nothing in it points to a culture",
}
_SIGNS = {
    "audience": "the request says so",
    "locale": "the browser prefers it",
    "written": "a language with one home",
}
_LEADS = 0.5
_WHOLE = {"implicit", "native_language"}
"""Kinds of evidence that the whole text is: there is nothing in it to be marked."""


def marked_question(question: str, context: Context | None, names: Names) -> str:
    """The question, each piece of evidence in it marked and told whose it is."""
    spans = [span for span in context.spans if span.turn == 0 and span.kind not in _WHOLE] if context else []
    shown = _marked(question, spans, names)
    tag = context.language.tag if context and context.language else ""
    lang = f' lang="{escape(tag)}"' if tag else ""
    return f'<span class="asked" dir="{direction(question, tag)}"{lang}>{shown}</span>'


def reading(context: Context, names: Names) -> str:
    """How the question was read, in one line."""
    told = [language_name(context.language.tag) if context.language else "Language unknown"]
    told += [f"about {_weighed(context.cultures, names)}"] if context.cultures else []
    said = [one for one in context.audience if not all(_sign(each) for each in one.evidence)]
    asker = next((one for one in said if one.weight >= _LEADS), None)
    told += [f"asker: {escape(names.culture(asker.id))}"] if asker else []
    told.append("depends on culture" if context.steered else "does not depend on culture")
    return f'<p class="reading">{" · ".join(told)}</p>'


def context_rows(context: Context, names: Names) -> str:
    """How the question was read, at length, as rows of a table."""
    language = context.language
    rows = [
        _row(
            "Language", f"{language_name(language.tag)}, {language.probability:.0%} sure" if language else ""
        ),
        _row("Depends on culture", f"{context.cultural:.0%}: {_CUES.get(context.cue, context.cue)}"),
        _row("Cultures", _reasons(context.cultures, names)),
        _row("Who asks", _reasons(context.audience, names)),
        _row("Part of life", escape((context.domain or "").replace("_", " ").replace("/", " / "))),
    ]
    return "".join(rows)


def _row(head: str, told: str) -> str:
    return f'<tr><th scope="row">{head}</th><td>{told or "unknown"}</td></tr>'


def _weighed(found: Sequence[Evidence], names: Names) -> str:
    alone = len(found) == 1
    told = [escape(names.culture(one.id)) + ("" if alone else f" {one.weight:.0%}") for one in found[:4]]
    return ", ".join(told) + (" …" if len(found) > 4 else "")


def _reasons(found: Iterable[Evidence], names: Names) -> str:
    return "<br>".join(
        f"<strong>{escape(names.culture(one.id))}</strong> {one.weight:.0%}: "
        + ", ".join(_reason(each) for each in one.evidence)
        for one in found
    )


def _reason(evidence: str) -> str:
    return _sign(evidence) or f'<bdi class="quote">{escape(" ".join(evidence.split()))}</bdi>'


def _sign(evidence: str) -> str:
    """In words what is no part of the text; "" for what is."""
    sign, _, tag = evidence.partition(" ")
    return f"{_SIGNS[sign]} ({escape(tag.removeprefix('in '))})" if sign in _SIGNS and tag else ""


def _marked(text: str, spans: Sequence[Span], names: Names) -> str:
    """The text in HTML. Spans may overlap: each stretch is marked once, and labelled where a span ends."""
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    cuts = sorted({0, len(text), *(place for span in inside for place in (span.start, span.end))})
    shown = []
    for start, end in pairwise(cuts):
        over = [span for span in inside if span.start <= start and end <= span.end]
        piece = escape(text[start:end])
        if not over:
            shown.append(piece)
            continue
        own = " own" if any(span.kind == "audience" for span in over) else ""
        ending = dict.fromkeys(_label(span, names) for span in over if span.end == end)
        label = f'<span class="label" lang="en" dir="ltr">{"; ".join(ending)}</span>' if ending else ""
        shown.append(f'<mark class="evidence{own}">{piece}{label}</mark>')
    return "".join(shown)


def _label(span: Span, names: Names) -> str:
    kind = _KINDS.get(span.kind, span.kind.replace("_", " "))
    return escape(f"{names.culture(span.culture)}, {kind}")
