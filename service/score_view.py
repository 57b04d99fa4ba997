"""What `polylect score` shows: a bar for each sector, what is named there, and the numbers beside H."""

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from agents import WHOLES, Companions, Cultures, Reference, Score

BAR = 20  # characters of the longest bar
SHORTEST = 4  # and of a bar where the terminal is narrow
BESIDE = 42  # characters beside a bar
NAME = 24  # characters of a culture's name
NAMES = 8  # names shown for a culture


class ScoreView:
    """Shows the scores of texts on a console."""

    def __init__(self, console: Console, cultures: Cultures) -> None:
        self._console = console
        self._cultures = cultures

    def show(self, score: Score, beside: Companions) -> None:
        """The whole picture of one text."""
        self._console.print(_headline(score))
        if score.references:
            self._console.print()
            self._console.print(self._bars(score))
            self._console.print()
            self._console.print(*self._names(score), sep="\n")
            self._console.print()
            self._console.print(_numbers(beside))

    def _bars(self, score: Score) -> Table:
        table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, justify="right")
        table.add_column(no_wrap=True, justify="right")
        room = max(SHORTEST, min(BAR, self._console.width - BESIDE))
        most = max(score.distribution.shares.values())
        for sector in self._cultures.sectors:
            share = score.distribution.shares.get(sector, 0.0)
            count = sum(one.weight for one in score.references if one.sector == sector)
            style = "cyan" if share else "dim"
            table.add_row(
                Text(sector, style="" if share else "dim"),
                _bar(share / most, room),
                Text(f"{share:.0%}", style=style),
                Text(_number(count), style="dim"),
            )
        return table

    def _names(self, score: Score) -> Iterator[RenderableType]:
        """A heading for each sector that is named, and below it a line for each culture."""
        names = {one.culture: self._cultures.get(one.culture).name("en") for one in score.references}
        width = min(NAME, max(map(cell_len, names.values())))
        for sector in self._cultures.sectors:
            here = [one for one in score.references if one.sector == sector]
            if here:
                yield Text(sector, style="cyan")
                table = Table(show_header=False, box=None, padding=(0, 2, 0, 0), pad_edge=False)
                table.add_column(width=width, no_wrap=True, style="bold")
                table.add_column()
                for culture in dict.fromkeys(one.culture for one in here):
                    table.add_row(names[culture], _listed(one for one in here if one.culture == culture))
                yield Padding(table, (0, 0, 0, 2), expand=False)


def _headline(score: Score) -> Text:
    told = Text.assemble(
        ("Perspectives Distribution Score  ", "bold"),
        ("H = ", ""),
        (f"{score.distribution.entropy:.3f}", "bold cyan"),
        (f"  N = {_number(score.total)}", ""),
        (f"  {len(score.distribution.shares)} of {score.distribution.sectors} sectors", "dim"),
    )
    if not score.references:
        told.append(
            "\nThe text names no culture, and nothing of one that we know: without references H is 0."
        )
    return told


def _bar(part: float, room: int) -> Text:
    """`part` of the longest bar. A sector that is named never looks empty: eighths help."""
    eighths = max(round(part * room * 8), 1 if part else 0)
    full, rest = divmod(eighths, 8)
    bar = "█" * full + ("▏▎▍▌▋▊▉"[rest - 1] if rest else "")
    return Text.assemble((bar, "cyan"), ("·" * (room - len(bar)), "dim"))


def _listed(references: Iterable[Reference]) -> Text:
    """Each name once with how often it stands; what could be checked in bold, with what it is."""
    counted = Counter(_said(one) for one in references)
    shown = Text(", ").join(_times(name, times) for name, times in counted.most_common(NAMES))
    if len(counted) > NAMES:
        shown.append(f" and {len(counted) - NAMES} more", style="dim")
    return shown


def _said(one: Reference) -> tuple[str, str]:
    """The name as written, on one line, and what makes it checkable."""
    kind = one.kind if one.kind not in WHOLES else ""
    return " ".join(one.text.split()), ", ".join(filter(None, (kind, one.date)))


def _times(name: tuple[str, str], times: int) -> Text:
    text, specific = name
    shown = Text(text, style="bold green" if specific else "")
    if specific:
        shown.append(f" ({specific})", style="not bold green")
    if times > 1:
        shown.append(f" ×{times}", style="not bold dim")
    return shown


def _numbers(beside: Companions) -> Table:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    checkable, references = _number(beside.specifics), _number(beside.references)
    table.add_row("checkable", f"{checkable} of {references} references ({beside.specific_share:.0%})")
    table.add_row("", "[dim]those that name a practice, text, person or place, or stand by a date[/]")
    table.add_row("per 100 words", f"{beside.references_per_100_words:.1f} references")
    table.add_row("", f"{beside.specifics_per_100_words:.1f} checkable [dim]({beside.words:,} words)[/]")
    return table


def _number(count: float) -> str:
    """A count, with one digit where names are shared."""
    return f"{count:,.0f}" if abs(count - round(count)) < 0.05 else f"{count:,.1f}"
