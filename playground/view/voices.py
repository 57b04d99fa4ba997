"""The voices as steps that open and close: each in its own language and direction."""

from html import escape

from playground.languages import language_direction, language_name, own_name
from playground.names import Names
from playground.turn import Side, Voice
from playground.view.prose import prose

_HUES = 8
_STATUS = {"speaking": "speaking", "spoke": "has spoken", "cut": "was cut short", "silent": "stayed silent"}
_ROLES = {"elicit": "recalls what it knows", "reason": "thinks in English"}


def voice_parts(prefix: str, into: str, side: Side, names: Names) -> dict[str, dict[str, str]]:
    """One part of the page for each voice, by its id."""
    return {
        f"{prefix}-v{number}": {"into": into, "html": _voice(voice, number, side, names)}
        for number, voice in enumerate(side.voices.values())
    }


def speaker_name(culture: str | None, role: str | None, names: Names) -> str:
    """Who speaks: the culture, and in mode `expert` what was asked of it."""
    return " · ".join(filter(None, (names.culture(culture), _ROLES.get(role or "", role))))


def _voice(voice: Voice, number: int, side: Side, names: Names) -> str:
    status = voice.status if side.under_way or voice.status != "speaking" else "cut"
    opened = "1" if side.state in {"asked", "speaking"} else ""
    language = _language(voice.language)
    return (
        f'<details class="voice {status} hue{number % _HUES}" data-open="{opened}">'
        f'<summary><span class="who">{escape(speaker_name(voice.culture, voice.role, names))}</span>'
        f'<span class="tongue">{language}</span>'
        f'<span class="status">{_status(status)}</span></summary>'
        f'<div class="words"><div lang="{escape(voice.language)}" dir="{language_direction(voice.language)}">'
        f"{_words(voice, status)}</div></div></details>"
    )


def _status(status: str) -> str:
    """In sight only where it is not what everybody expects."""
    return f'<span class="unseen">{_STATUS[status]}</span>' if status == "spoke" else _STATUS[status]


def _language(tag: str) -> str:
    own, english = own_name(tag), language_name(tag)
    shown = f'<bdi lang="{escape(tag)}">{escape(own)}</bdi>'
    return shown if own == english else f'{shown}<span class="unseen"> ({escape(english)})</span>'


def _words(voice: Voice, status: str) -> str:
    said = prose(voice.text, voice.language) if voice.text.strip() else ""
    if voice.again.strip():
        changed = " · view changed" if voice.changed else ""
        said += f'<p class="again" lang="en" dir="ltr">Having heard the others{changed}</p>'
        said += prose(voice.again, voice.language)
    if not said and status == "speaking":
        return '<p class="waiting" lang="en" dir="ltr">thinking …</p>'
    if voice.reason and status != "spoke":
        said += f'<p class="reason" lang="en" dir="ltr">{escape(voice.reason)}</p>'
    return said
