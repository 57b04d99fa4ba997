"""What voices said, as material for others: data between markers that carry a nonce.

What a voice says is untrusted. No voice can know the nonce of those who read it, nor write a bracket
(`untrusted.py`). Should the nonce stand in its text all the same, it is replaced: taken out, its two sides
could close up to a new one.
"""

from collections.abc import Iterable
from dataclasses import replace

from agents.events import Perspective
from agents.prompting import Prompts
from agents.sections import GLOSS, Labels, Sections
from agents.state import Run


def marked_all(
    run: Run, perspectives: Iterable[Perspective], nonce: str, debated: Iterable[Perspective] = ()
) -> str:
    """All perspectives between their markers, by their cultures' English names, under English labels.

    `debated`: what was said in a second round, which is told with the first.
    """
    again = {one.culture: one.sections for one in debated if one.text}
    return "\n\n".join(
        marked(
            run.prompts,
            nonce,
            run.cultures.get(one.culture).name("en"),
            _told(run.prompts, one.sections, again.get(one.culture)),
        )
        for one in perspectives
    )


def marked(prompts: Prompts, nonce: str, culture: str, text: str) -> str:
    """One perspective between its markers."""
    text = text.replace(nonce, "…")
    return prompts.render("perspective_block", "en", nonce=nonce, culture=culture, text=text)


def _told(prompts: Prompts, first: Sections, second: Sections | None) -> str:
    """A perspective as it stands: after a debate with the first reasons, and what is agreed and what is not.

    A view moved where the voice says so and has one; the first is then told as its past. Where it does not
    say whether it moved, as small models seldom do, the first stands, and the second is told beside it.
    """
    english = Labels.read(prompts, "en")
    if second is None:
        return first.told(english)
    moved = bool(second.changed and second.view)
    shown = second if moved or not first.view else first
    stands = replace(
        first,
        view=shown.view,
        gloss=shown.gloss,
        common=second.common,
        reserve=second.reserve,
        changed=second.changed if moved or second.changed is False else None,
        moved=second.moved,
    ).told(english)
    if moved and first.view:
        return f"{stands}\n{prompts.render('at_first', 'en', view=_view(first))}"
    if second.changed is None and second.view and shown is first:
        return f"{stands}\n{prompts.render('said_again', 'en', view=_view(second))}"
    return stands


def _view(said: Sections) -> str:
    return f"{said.view} ({GLOSS}: {said.gloss})" if said.gloss else said.view
