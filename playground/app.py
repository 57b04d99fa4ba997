"""The playground as an ASGI app of its own: `playground(base_url)` is the door of this package."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import gradio as gr
from fastapi import FastAPI
from gradio.themes import Base
from starlette.applications import Starlette
from starlette.routing import Mount

from playground.door import Door
from playground.page import build_page
from playground.talk import Talk

_HERE = Path(__file__).parent
_SANS = ["system-ui", "sans-serif"]
_MONO = ["ui-monospace", "monospace"]


def playground(
    base_url: str, *, ask_key: bool = False, stopping: Callable[[], bool] = lambda: False
) -> Starlette:
    """The chat page before the Polylect at `base_url`. Mount it, and enter its lifespan.

    `ask_key`: the service has keys; each visitor is asked for one, and no other is ever sent. `stopping` says
    that the server is about to end: connections that merely keep a page alive end then, answers go on.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # whatever of Gradio asks for it later
    talk = Talk(base_url)
    inside = FastAPI()
    blocks = build_page(talk, ask_key=ask_key)
    gr.mount_gradio_app(
        inside,
        blocks,
        path="",
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        show_error=False,
        max_file_size=0,
        theme=Base(font=_SANS, font_mono=_MONO),
    )

    door = Door(inside, _head(), over=lambda session: stopping() and not talk.asks(session))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with inside.router.lifespan_context(inside):
            yield
            await talk.close()

    return Starlette(routes=[Mount("/", door)], lifespan=lifespan)


def _head() -> str:
    """Style and icon. Gradio would rewrite the selectors of a style of its own, and put both in late."""
    icon = quote((_HERE / "icon.svg").read_text("utf-8"))
    style = (_HERE / "page.css").read_text("utf-8")
    return f'<link rel="icon" href="data:image/svg+xml,{icon}"><style>{style}</style>'
