"""How an answer came about: why this mode, who was asked and why, in which language, what it took."""

from html import escape

from polylect import Answer, Voice

from playground.languages import language_name
from playground.modes import mode_name
from playground.names import Names
from playground.turn import Side, Turn
from playground.view.evidence import context_rows
from playground.view.voices import speaker_name


def account(turn: Turn, side: Side, names: Names) -> str:
    """All of it, folded away; "" while there is no answer."""
    answer = side.answer
    if answer is None:
        return ""
    context = answer.context or turn.context
    parts = [_table("Mode and effort", _effort(answer, side))]
    if context and not side.plain:
        parts.append(_table("How the question was read", context_rows(context, names)))
    if answer.voices:
        parts.append(_voices(answer, names))
    return (
        '<details class="account"><summary>How this answer came about</summary>'
        f'<div class="tables">{"".join(parts)}</div></details>'
    )


def _table(caption: str, rows: str) -> str:
    return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"


def _effort(answer: Answer, side: Side) -> str:
    mode = escape(mode_name(answer.mode))
    why = f": {escape(answer.why)}" if answer.why else ""
    rows = [("Mode", f"{mode}{why}")]
    if answer.answer_language:
        rows.append(("Answered in", escape(language_name(answer.answer_language))))
    if answer.calls:
        rows.append(("Calls of the model", str(answer.calls)))
    if answer.usage:
        rows.append(
            ("Tokens", f"{answer.usage.prompt_tokens:,} read, {answer.usage.completion_tokens:,} written")
        )
    rows.append(("Time", f"{side.seconds:.1f} s"))
    if answer.guard and answer.guard.findings:
        rows.append(("Not let through", _findings(answer)))
    return "".join(f'<tr><th scope="row">{head}</th><td>{told}</td></tr>' for head, told in rows)


def _findings(answer: Answer) -> str:
    found = answer.guard.findings if answer.guard else []
    return escape(", ".join(f"{one.what} ({one.culture or 'the answer'})" for one in found))


def _voices(answer: Answer, names: Names) -> str:
    heard = {(one.culture, one.role): one.status for one in answer.perspectives}
    rows = "".join(_voice(one, heard.get((one.culture, one.role), ""), names) for one in answer.voices)
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Who was asked, and why">'
        '<table class="wide"><caption>Who was asked, and why</caption><thead><tr><th scope="col">Voice</th>'
        '<th scope="col">Language</th><th scope="col">Status</th><th scope="col">Why this voice</th>'
        f'<th scope="col">Why this language</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _voice(voice: Voice, status: str, names: Names) -> str:
    route = ""
    if voice.route:
        route = voice.route.why + ("" if voice.route.known else " (not measured)")
    told = (language_name(voice.language), status, voice.why, route)
    cells = "".join(f"<td>{escape(one)}</td>" for one in told)
    return f'<tr><th scope="row">{escape(speaker_name(voice.culture, voice.role, names))}</th>{cells}</tr>'
