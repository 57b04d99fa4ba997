"""What voices said, as material for others: data between markers that carry a nonce.

What a voice says is untrusted. No voice can know the nonce of those who read it, nor write a bracket
(`untrusted.py`). Should the nonce stand in its text all the same, it is replaced: taken out, its two sides
could close up to a new one.
"""

from collections.abc import Iterable
from dataclasses import replace

from agents.events import Perspective
from agents.prompting import Prompts
from agents.sections import Labels, Sections
from agents.state import Run


def marked_all(run: Run, perspectives: Iterable[Perspective], nonce: str) -> str:
    """All perspectives between their markers, by their cultures' English names, under English labels."""
    english = Labels.read(run.prompts, "en")
    return "\n\n".join(
        marked(run.prompts, nonce, run.cultures.get(one.culture).name("en"), one.sections.told(english))
        for one in perspectives
    )


def marked(prompts: Prompts, nonce: str, culture: str, text: str) -> str:
    """One perspective between its markers."""
    text = text.replace(nonce, "…")
    return prompts.render("perspective_block", "en", nonce=nonce, culture=culture, text=text)


def after_debate(first: Iterable[Perspective], second: Iterable[Perspective]) -> list[Perspective]:
    """Each culture's perspective as it stands after round two: its view now, beside its first reasons.

    A view that did not move stands as it was first said; one that did keeps the first one as its past.
    """
    later = {one.culture: one for one in second if one.text}
    return [_turned(one, later[one.culture]) if one.culture in later else one for one in first]


def _turned(first: Perspective, second: Perspective) -> Perspective:
    was, now = first.sections, second.sections
    view, gloss = (was.view, was.gloss) if now.changed is False else (now.view, now.gloss)
    return replace(first, sections=_with(was, now, view or was.view, gloss or was.gloss))


def _with(was: Sections, now: Sections, view: str, gloss: str) -> Sections:
    return replace(
        was,
        view=view,
        gloss=gloss,
        common=now.common,
        reserve=now.reserve,
        changed=now.changed,
        moved=now.moved,
    )
