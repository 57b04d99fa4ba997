"""What `polylect detect --explain` shows: the text, its evidence marked, then all findings with reasons."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents import Context, Cultures, CultureWeight, Span, language_name
from service.plain import plain

COLOURS = ("cyan", "magenta", "yellow", "green", "bright_blue", "bright_red")
QUIET = 240  # characters without evidence that are shown of a longer stretch, half at each end
STEERED = 0.5  # from here on a text is cultural

_KINDS = {"territory": "a country or territory", "area": "a named area", "people": "a people"}
_CUES = {
    "explicit": "it names a culture",
    "native_language": "it names none; the language that it is written in tells",
    "implicit": "it names none, and yet speaks of what differs between cultures",
    "none": "nothing in it points to a culture",
}
_SIGNS = {
    "audience": "the request says so",
    "locale": "the client prefers it",
    "written": "a language with one home",
}


class ContextView:
    """Shows the contexts of texts on a console."""

    def __init__(self, console: Console, cultures: Cultures) -> None:
        self._console = console
        self._cultures = cultures

    def show(self, text: str, context: Context) -> None:
        """The whole picture of one text. Control characters in it are left out."""
        spans = [span for span in context.spans if span.turn == 0]
        listed = dict.fromkeys(one.id for one in (*context.cultures, *context.audience))
        styles = {culture: COLOURS[number % len(COLOURS)] for number, culture in enumerate(listed)}
        self._print(marked(text, spans, styles))
        if spans:
            self._print(Text(), self._legend(spans, styles))
        self._print(Text(), self._table(context, styles))

    def _print(self, *shown: Text | Table) -> None:
        self._console.print(*shown, sep="\n", highlight=False)

    def _legend(self, spans: Iterable[Span], styles: Mapping[str, str]) -> Text:
        legend = Text()
        for culture in dict.fromkeys(span.culture for span in spans):
            legend.append(f"[{culture}]", style=f"bold {styles.get(culture, '')}".strip())
            legend.append(f" {self._name(culture)}   ")
        if any(span.kind == "audience" for span in spans):
            legend.append("underlined", style="underline")
            legend.append(": the asker's own", style="dim")
        return legend

    def _table(self, context: Context, styles: Mapping[str, str]) -> Table:
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(style="dim")
        self._add_languages(table, context)
        steered = context.cultural >= STEERED
        why = "depends on culture" if steered else "does not depend on culture"
        compared = "at least" if steered else "less than"
        table.add_row("cultural", why, f"{context.cultural:.2f}", f"{compared} {STEERED:g}")
        self._add_cultures(table, "culture", context.cultures, context, styles)
        self._add_cultures(table, "audience", context.audience, context, styles)
        told = "the part of life that it is about"
        why = told if context.domain else f"nothing tells {told}"
        table.add_row("domain", context.domain or "unknown", "", why)
        table.add_row("cue", context.cue.replace("_", " "), "", _CUES[context.cue])
        return table

    def _add_languages(self, table: Table, context: Context) -> None:
        best = context.language
        for number, one in enumerate(context.languages):
            why = "share of the text"
            if best and one.tag == best.tag:
                why = f"{why}; probability {best.probability:.2f}"
            name = f"{one.tag}  {language_name(one.tag, 'en')}"
            table.add_row("" if number else "language", name, f"{one.share:.0%}", why)
        if best is None:
            told = "most of it is in no language that we are sure of" if context.languages else "no words"
            table.add_row("" if context.languages else "language", "unknown", "", told)

    def _add_cultures(
        self,
        table: Table,
        head: str,
        found: Sequence[CultureWeight],
        context: Context,
        styles: Mapping[str, str],
    ) -> None:
        own = head == "audience"
        spans = {span.text: span for span in context.spans if (span.kind == "audience") == own}
        for number, one in enumerate(found):
            name = Text.assemble((one.id, f"bold {styles[one.id]}"), f"  {self._name(one.id)}")
            reasons = Text(", ").join(Text(plain(_reason(each, spans))) for each in one.evidence)
            table.add_row("" if number else head, name, f"{one.weight:.0%}", reasons)
        if not found:
            told = "nothing tells whose culture the asker's own is" if own else "none is named"
            table.add_row(head, "unknown", "", told)

    def _name(self, culture: str) -> str:
        return self._cultures.get(culture).name("en") if culture in self._cultures else "?"


def marked(text: str, spans: Sequence[Span], styles: Mapping[str, str]) -> Text:
    """The text, its spans coloured by culture, each with its culture in brackets behind it.

    What the asker says of himself or herself is underlined, and `[asker:JP]` follows. Long stretches
    without evidence are cut out.
    """
    cuts = sorted({0, len(text), *(place for span in spans for place in (span.start, span.end))})
    shown = Text()
    for start, end in pairwise(cuts):
        over = [span for span in spans if span.start <= start and end <= span.end]
        piece = text[start:end] if over else _shortened(text[start:end])
        shown.append(plain(piece), style=_style(over, styles))
        ending = [span for span in spans if span.end == end]
        if ending:
            labels = dict.fromkeys(_label(span) for span in ending)
            shown.append(f"[{','.join(labels)}]", style=f"dim {styles.get(ending[0].culture, '')}".strip())
    return shown


def _style(over: Sequence[Span], styles: Mapping[str, str]) -> str:
    """The colour of the shortest span here; underlined within what says who asks."""
    if not over:
        return ""
    shortest = min(over, key=lambda span: span.end - span.start)
    own = " underline" if any(span.kind == "audience" for span in over) else ""
    return f"bold {styles.get(shortest.culture, '')}{own}".strip()


def _label(span: Span) -> str:
    return f"asker:{span.culture}" if span.kind == "audience" else span.culture


def _shortened(piece: str) -> str:
    if len(piece) <= QUIET:
        return piece
    return f"{piece[: QUIET // 2]} … {piece[-(QUIET // 2) :]}"


def _reason(evidence: str, spans: Mapping[str, Span]) -> str:
    """A piece of evidence in plain English, on one line."""
    quoted = f'"{" ".join(evidence.split())}"'
    span = spans.get(evidence)
    if span is None:
        sign = _SIGNS.get(evidence.partition(" ")[0])
        return f"{evidence} ({sign})" if sign else quoted
    if span.kind == "audience":
        return f"{quoted} ({'the system prompt' if span.turn == 'system' else 'the asker'} says so)"
    return f"{quoted} ({_KINDS.get(span.kind, f'a {span.kind}')})"
