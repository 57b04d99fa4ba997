"""Run the application: reach the backbones first, then listen.

The lifespan is entered here and not by uvicorn, so that a start that fails says why in one sentence, and so
that the port opens only when there is somebody to answer.
"""

import asyncio
import logging
import socket

import uvicorn
from rich.console import Console

from service.app import create_app
from service.draining_server import DrainingServer
from service.impatient import impatient
from service.playground import PATH, add_playground
from service.settings import ConfigurationError, Settings
from service.telemetry.logs import configure_logging

log = logging.getLogger("polylect")


def serve(settings: Settings, console: Console) -> None:
    """Serve until SIGINT or SIGTERM; running answers get `drain_seconds` to end.

    Raises:
        ConfigurationError: the configuration cannot be used, or the port is taken.
        EmbeddedError: there is no embedded model to start.
    """
    configure_logging(settings.log_format)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=impatient(settings),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
    )

    listening = _bind(settings)
    page = add_playground(app, settings, listening.getsockname()[1])

    async def run() -> None:
        async with app.router.lifespan_context(app):
            listening.listen(config.backlog)  # before it is said: whoever reads it may connect
            port = listening.getsockname()[1]
            names = ", ".join(app.state.catalogue.backbones)
            console.print(
                f"Listening on http://{settings.host}:{port}/v1 (backbone: {names}).", highlight=False
            )
            if page:
                console.print(f"Playground: http://{settings.host}:{port}{PATH}/", highlight=False)
            notice, drain = settings.notice_seconds, settings.drain_seconds
            server = DrainingServer(config, app.state.draining, notice_seconds=notice, drain_seconds=drain)
            await server.serve([listening])
        log.info("stopped")

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())


def _bind(settings: Settings) -> socket.socket:
    """The port, taken at once: what fails must fail before a model is loaded."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        cure = "End what listens there, or choose another: POLYLECT_PORT=8001."
        raise ConfigurationError(f"port: {settings.port} on {settings.host} is taken. {cure}") from error
    return listening
