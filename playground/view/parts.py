"""A turn as the parts of the page that it fills; the browser puts each into its place."""

import json
from html import escape
from typing import TypedDict

from playground.modes import mode_name
from playground.names import Names
from playground.trouble import Trouble
from playground.turn import Side, Turn
from playground.view.account import account
from playground.view.evidence import marked_question, reading
from playground.view.prose import prose
from playground.view.score import score_chart
from playground.view.voices import voice_parts

Parts = dict[str, dict[str, str]]
"""By id: `into`, the id of the place that it goes to ("" the conversation); `html`; sometimes `json`."""


class Shown(TypedDict):
    """What the page is told: the parts, whether an answer is on its way, and what is read aloud."""

    parts: Parts
    running: bool
    said: list[dict[str, str]]


def turn_parts(turn: Turn, names: Names, *, last: bool) -> Parts:
    """All parts of a turn, in order. `last`: no other follows, so that it may be asked again."""
    prefix = f"t{turn.number}"
    parts: Parts = {prefix: {"into": "", "html": _frame(prefix, turn)}}
    parts[f"{prefix}-q"] = {"into": f"{prefix}-question", "html": _question(turn, names)}
    for number, side in enumerate(turn.sides):
        place = f"{prefix}-s{number}"
        parts |= voice_parts(place, f"{place}-voices", side, names)
        parts[f"{place}-a"] = {"into": f"{place}-answer", "html": _answer(side)}
        if not side.under_way:
            parts[f"{place}-c"] = {
                "into": f"{place}-account",
                "html": _score(side) + account(turn, side, names),
            }
    if not turn.under_way:
        parts[f"{prefix}-x"] = {
            "into": f"{prefix}-actions",
            "html": _actions(turn, last),
            "json": shared(turn),
        }
    return parts


def shared(turn: Turn) -> str:
    """The turn as JSON to be passed on: what was asked and all that came back, and no key."""
    told = {
        "question": turn.wish.question,
        "asked": {
            "mode": turn.wish.mode,
            "cultures": list(turn.wish.cultures),
            "backbone": turn.wish.backbone,
        },
        "context": turn.context.to_dict() if turn.context else None,
        "answers": [_side(side) for side in turn.sides],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _side(side: Side) -> dict[str, object]:
    return {
        "of": "plain backbone" if side.plain else "polylect",
        "state": side.state,
        "text": side.text,
        "seconds": round(side.seconds, 2),
        "answer": side.answer.to_dict(mode="json") if side.answer else None,
        "score": side.score.to_dict() if side.score else None,
        "error": f"{side.trouble.title} {side.trouble.advice}" if side.trouble else None,
    }


def _frame(prefix: str, turn: Turn) -> str:
    sides = "".join(_place(f"{prefix}-s{number}", side, turn) for number, side in enumerate(turn.sides))
    count = "two" if len(turn.sides) > 1 else "one"
    return (
        f'<section class="turn" aria-labelledby="{prefix}-question">'
        f'<header id="{prefix}-question" data-slot></header>'
        f'<div class="sides {count}">{sides}</div>'
        f'<footer id="{prefix}-actions" data-slot></footer></section>'
    )


def _place(place: str, side: Side, turn: Turn) -> str:
    head = ""
    if len(turn.sides) > 1:
        name = "Plain model" if side.plain else mode_name(turn.wish.mode)
        told = "the model alone, untouched" if side.plain else "with Polylect"
        head = f'<h3 class="side-name" id="{place}-name">{name} <small>{told}</small></h3>'
    label = f' aria-labelledby="{place}-name"' if head else ' aria-label="Answer"'
    return (
        f'<section class="side"{label}>{head}<div class="voices" id="{place}-voices" data-slot></div>'
        f'<div id="{place}-answer" data-slot></div><div id="{place}-account" data-slot></div></section>'
    )


def _question(turn: Turn, names: Names) -> str:
    shown = f'<h2 class="question">{marked_question(turn.wish.question, turn.context, names)}</h2>'
    return shown + (reading(turn.context, names) if turn.context else "")


def _answer(side: Side) -> str:
    busy = "true" if side.under_way else "false"
    return f'<div class="answer {side.state}" aria-busy="{busy}">{_body(side)}</div>'


def _body(side: Side) -> str:
    shown = ""
    if side.text.strip():
        tag = (side.answer.answer_language if side.answer else "") or ""
        lang = f' lang="{escape(tag)}"' if tag else ""
        head = '<h3 class="unseen">The answer</h3>'
        shown = f'{head}<div class="telling"{lang}>{prose(side.text, tag)}</div>'
    elif side.state == "asked":
        shown = '<p class="waiting">Asking …</p>'
    elif side.state == "done":
        shown = '<p class="waiting">The model said nothing.</p>'
    if side.trouble:
        shown += trouble_card(side.trouble)
    if side.state == "stopped":
        shown += '<p class="stopped">You stopped here. No call goes on.</p>'
    if side.answer and side.answer.finish_reason == "length":
        shown += '<p class="stopped">The answer reached its length limit here.</p>'
    return shown


def trouble_card(trouble: Trouble) -> str:
    """What went wrong, in a box."""
    small = f"<small>{escape(trouble.small)}</small>" if trouble.small else ""
    return (
        f'<div class="trouble" role="alert"><strong>{escape(trouble.title)}</strong>'
        f"<p>{escape(trouble.advice)}</p>{small}</div>"
    )


def _score(side: Side) -> str:
    score = (side.answer.pds if side.answer else None) or side.score
    if side.unscored:
        return '<p class="waiting">The service did not score this answer.</p>'
    return score_chart(score) if score else ""


def _actions(turn: Turn, last: bool) -> str:
    buttons = []
    if turn.main.text.strip():
        buttons.append('<button type="button" data-do="copy">Copy answer</button>')
    if any(side.answer for side in turn.sides):
        buttons.append('<button type="button" data-do="copy-json">Copy as JSON</button>')
        buttons.append('<button type="button" data-do="save-json">Save as JSON</button>')
    if last:
        buttons.append('<button type="button" data-do="again">Ask again</button>')
    return f'<div class="actions" role="group" aria-label="This answer">{"".join(buttons)}</div>'
