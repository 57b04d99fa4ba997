"""The playground beside the service, at /playground: it asks the service over HTTP, as everybody does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse

from service.settings import ConfigurationError, Settings

PATH = "/playground"
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # addresses to listen on, and where that is reached


def add_playground(app: FastAPI, settings: Settings, port: int) -> bool:
    """Mount the playground on the service that will listen on `port`; whether it was.

    Unless it is asked for or refused it is there where its extra is installed and no keys are needed. With
    keys each visitor is asked for one.

    Raises:
        ConfigurationError: it is asked for, but its extra is not installed.
    """
    installed = find_spec("gradio") is not None and find_spec("polylect") is not None
    wanted = settings.playground
    if wanted and not installed:
        raise ConfigurationError(
            "playground: its packages are missing. .venv/bin/pip install -c constraints.txt -e ./sdk "
            "-e '.[playground]', or POLYLECT_PLAYGROUND=false."
        )
    if not installed or not (settings.keys_file is None if wanted is None else wanted):
        return False
    mount_playground(app, settings, port)
    return True


def mount_playground(app: FastAPI, settings: Settings, port: int) -> None:
    """Mount it; the application's lifespan becomes the playground's, too."""
    from playground.app import playground  # an extra that costs seconds to import

    page = playground(
        _address(settings.host, port),
        ask_key=settings.keys_file is not None,
        stopping=lambda: app.state.draining.begun,
    )
    app.add_route(PATH, _with_slash)
    app.mount(PATH, page)
    serving = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with serving(app), page.router.lifespan_context(page):
            yield

    app.router.lifespan_context = lifespan


def _address(host: str, port: int) -> str:
    """Where the service reaches itself."""
    reached = _ANY.get(host, host)
    return f"http://[{reached}]:{port}/v1" if ":" in reached else f"http://{reached}:{port}/v1"


async def _with_slash(request: Request) -> RedirectResponse:
    """The page's own addresses are relative, and so need the slash."""
    return RedirectResponse(f"{PATH}/", status_code=307)
