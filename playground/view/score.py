"""The chart of an answer's perspectives: bars that are also a table, and the evenness in words."""

from html import escape

from polylect import PDS, Companions, Score

from playground.names import sector_name

_WORDS = (
    (0.02, "all of one part of the world"),
    (0.34, "leaning on few parts of the world"),
    (0.67, "spread over several parts of the world"),
    (1.01, "spread widely over the world"),
)


def score_chart(score: PDS | Score) -> str:
    """The distribution of an answer's references over the sectors, largest first."""
    if not score.distribution:
        return (
            '<div class="score"><h4>Perspectives</h4>'
            '<p class="evenness">The answer names no place and no people: there is nothing to count.</p>'
            "</div>"
        )
    shares = sorted(score.distribution.items(), key=lambda one: (-one[1], one[0]))
    rows = "".join(_row(sector, share) for sector, share in shares if share > 0)
    return (
        '<div class="score"><h4>Perspectives</h4>'
        '<table class="bars"><caption class="unseen">'
        "Share of the answer's references, by part of the world</caption>"
        f"<tbody>{rows}</tbody></table>"
        f'<p class="evenness">{evenness(score)}</p></div>'
    )


def evenness(score: PDS | Score) -> str:
    """The entropy for people who do not know what entropy is, with the figure beside it."""
    word = next(word for limit, word in _WORDS if score.entropy < limit)
    seen = sum(share > 0 for share in score.distribution.values())
    told = f"{word.capitalize()}: {seen} of {score.sectors}, evenness {score.entropy:.2f} of 1."
    companions = score.companions if isinstance(score, PDS) else None
    return told + (_counted(companions) if companions else "")


def _counted(companions: Companions) -> str:
    references = f"{companions.references:.2g}"
    named = "reference" if references == "1" else "references"
    return f" {references} {named}, of which {companions.specifics:.2g} could be checked."


def _row(sector: str, share: float) -> str:
    width = max(1.0, 100 * min(1.0, share))
    return (
        f'<tr><th scope="row">{escape(sector_name(sector))}</th>'
        f'<td class="bar" aria-hidden="true"><span style="width:{width:.1f}%"></span></td>'
        f'<td class="share">{share:.0%}</td></tr>'
    )
