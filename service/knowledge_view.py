"""What `polylect knowledge show` prints: where a model knows more in which language, and how sure that is."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents import Evidence, KnowledgeMap, Place, language_name

ENGLISH, OWN = "en", "own"
FULL = 0.3  # difference from which a colour is at its strongest


class KnowledgeView:
    """Shows a map on a console: a heat map of places and languages, then why each language was chosen."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def show(self, known: KnowledgeMap) -> None:
        """The whole map."""
        made = known.file.provenance
        how = (
            f"{made.tokens} tokens of reasoning"
            if made.reasoned
            else "no reasoning, the prompt's language alone"
        )
        self._console.print(Text(f"{made.model}, {made.made}: {how}", style="bold"))
        told = f"{known.file.overall.questions} questions, vectors by {made.embedder}"
        self._console.print(Text(told, style="dim"))
        self._console.print()
        self._console.print(self._heat(known))
        legend = (
            "Shares that were right, less English's, and the bounds of that, corrected for all that was "
            "looked at: bold green is surely better, bold red surely worse, dim rests mostly on questions "
            "from elsewhere."
        )
        self._console.print(Text(legend, style="dim"))
        self._console.print()
        self._console.print(self._reasons(known))

    def _heat(self, known: KnowledgeMap) -> Table:
        languages = tried(known)
        names = [_name(one) for one in languages]
        table = Table("", "questions", "English", *names, box=None, padding=(0, 2, 0, 0), header_style="bold")
        for name, place in places(known):
            by_language = {one.language: one for one in place.evidence}
            right, asked = _english(place)
            english = f"{right / asked:.0%}" if asked else ""
            cells = [_cell(by_language.get(language)) for language in languages]
            table.add_row(Text(name), str(place.questions), english, *cells)
        return table

    def _reasons(self, known: KnowledgeMap) -> Table:
        table = Table("", "chosen", "why", box=None, padding=(0, 2, 0, 0), header_style="bold")
        for name, place in places(known):
            style = "dim" if place.choice == ENGLISH else "bold green"
            table.add_row(Text(name), Text(_name(place.choice), style=style), Text(place.why))
        return table


def tried(known: KnowledgeMap) -> list[str]:
    """The languages that were compared with English, the culture's own last where it was."""
    found = [one for one in known.file.provenance.languages if one != ENGLISH]
    return [*found, OWN] if any(one.language == OWN for one in known.file.overall.evidence) else found


def places(known: KnowledgeMap) -> Iterator[tuple[str, Place]]:
    """Everything that a map says something of, with its name: all, the clusters, the cultures."""
    yield "all", known.file.overall
    for number, cluster in enumerate(known.file.clusters):
        yield f"cluster {number}" + (f" ({cluster.typical[0]})" if cluster.typical else ""), cluster
    yield from sorted(known.file.cultures.items())


def plot(known: KnowledgeMap, path: Path) -> None:
    """The heat map as a picture: colour is the difference to English, each cell tells its bounds.

    Raises:
        ModuleNotFoundError: matplotlib, of the extra `profile`, is not installed.
    """
    import matplotlib as mpl  # optional, and slow to import

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    languages, rows = tried(known), list(places(known))
    figure, axes = plt.subplots(
        figsize=(2.5 + 1.3 * len(languages), 1.2 + 0.42 * len(rows)), layout="constrained"
    )
    shades = [[_shade(place, language) for language in languages] for _, place in rows]
    image = axes.imshow(shades, cmap="BrBG", vmin=-FULL, vmax=FULL, aspect="auto")
    for at, (_, place) in enumerate(rows):
        for column, language in enumerate(languages):
            one = next((one for one in place.evidence if one.language == language), None)
            told = f"{one.difference:+.0%}\n{one.low:+.0%} … {one.high:+.0%}" if one and one.groups else "·"
            weight = "bold" if one and one.groups and (one.low > 0 or one.high < 0) else "normal"
            axes.text(column, at, told, ha="center", va="center", fontsize=7, fontweight=weight)
    axes.set_xticks(range(len(languages)), [_name(one).replace("'s ", "'s\n") for one in languages])
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.tick_params(length=0)
    axes.set_title(f"{known.file.provenance.model}: share right, less English's")
    figure.colorbar(image, ax=axes, label="difference")
    figure.savefig(path, dpi=150)
    plt.close(figure)


def _shade(place: Place, language: str) -> float:
    one = next((one for one in place.evidence if one.language == language), None)
    return one.difference if one and one.groups else 0.0


def _cell(one: Evidence | None) -> Text:
    if one is None or not one.groups:
        return Text("·", style="dim")
    style = "bold green" if one.low > 0 else "bold red" if one.high < 0 else ""
    if not style and one.from_here < 0.5:
        style = "dim"
    return Text(f"{one.difference:+.0%} ({one.low:+.0%}…{one.high:+.0%})", style=style)


def _english(place: Place) -> tuple[int, int]:
    rows = [row[ENGLISH] for row in place.counts.values() if ENGLISH in row]
    return sum(right for right, _ in rows), sum(asked for _, asked in rows)


def _name(language: str) -> str:
    return "the culture's own" if language == OWN else language_name(language, "en")
