"""The page as Gradio knows it: one component of our own, and the events that it triggers.

Gradio brings the wire (a queue, server-sent events, only the differences of what changed) and the sessions;
what is seen is `page.html`, `page.css` and the three scripts, so that every step has its language, its
direction and its name for a screen reader.
"""

from collections.abc import AsyncIterator
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import gradio as gr

from playground.examples import load_examples
from playground.languages import direction, own_name
from playground.modes import MODES
from playground.talk import Talk
from playground.turn import Turn
from playground.view.parts import Shown

_HERE = Path(__file__).parent
_SCRIPTS = ("morph.js", "picker.js", "page.js")
_NOTHING: Shown = {"parts": {}, "running": False, "said": []}


def build_page(talk: Talk, *, ask_key: bool) -> gr.Blocks:
    """The page. `ask_key`: the service has keys, so that each visitor must bring one."""
    blocks = gr.Blocks(title="Polylect", analytics_enabled=False)
    with blocks:
        turns = gr.State([])
        page = gr.HTML(
            value=_NOTHING,
            html_template=_html(ask_key),
            js_on_load=_script(),
            apply_default_css=False,
            server_functions=[_facts(talk)],
            elem_id="polylect",
        )
        _listen(blocks, page, turns, talk)
    blocks.queue(api_open=False, default_concurrency_limit=None)
    return blocks


def _listen(blocks: gr.Blocks, page: Any, turns: gr.State, talk: Talk) -> None:
    async def ask(
        told: list[Turn], event: gr.EventData, request: gr.Request
    ) -> AsyncIterator[tuple[Shown, list[Turn]]]:
        async for shown in talk.ask(_session(request), told, _sent(event._data), _locale(request)):
            yield shown

    async def stop(request: gr.Request) -> None:
        await talk.stop(_session(request))

    async def begin_anew(request: gr.Request) -> tuple[Shown, list[Turn]]:
        await talk.stop(_session(request))
        return _NOTHING, []

    hidden: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    page.ask(ask, [turns], [page, turns], **hidden)
    page.halt(stop, None, None, **hidden)
    page.anew(begin_anew, None, [page, turns], **hidden)
    blocks.unload(stop)


def _facts(talk: Talk) -> Any:
    async def facts(sent: dict[str, object], request: gr.Request) -> dict[str, object]:
        return await talk.facts(_sent(sent), _locale(request))

    return facts


def _sent(data: object) -> dict[str, object]:
    return data if isinstance(data, dict) else {}


def _session(request: gr.Request) -> str:
    return str(request.session_hash)


def _locale(request: gr.Request) -> str:
    """The languages that the visitor's browser prefers: evidence of who asks."""
    return str(request.headers.get("accept-language") or "")


def _html(ask_key: bool) -> str:
    modes = "".join(
        f'<option value="{one.id}" data-told="{escape(one.told)}">{one.name}</option>' for one in MODES
    )
    examples = "".join(
        f'<li><button type="button" data-do="example" dir="{direction(one.question, one.language)}" '
        f'lang="{one.language}"><span class="tongue">{escape(own_name(one.language))}</span>'
        f'<span class="asks">{escape(one.question)}</span></button></li>'
        for one in load_examples()
    )
    page = Template((_HERE / "page.html").read_text("utf-8"))
    return page.substitute(modes=modes, examples=examples, key="" if ask_key else "hidden")


def _script() -> str:
    return "\n".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)
