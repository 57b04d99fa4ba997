"""Work goes on only while somebody listens."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.types import Receive

T = TypeVar("T")


class ClientGone(Exception):
    """The client closed the connection; the work for it has been cancelled and has ended."""


class ServiceStopping(Exception):
    """The service ends, and the time that running answers were given is over."""

    message = "The service is stopping; the answer could not be finished. Ask again."
    code = "service_stopping"


async def while_served(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The result of `work` for this request, as `while_connected` gives it."""
    return await while_connected(request.receive, work, request.app.state.draining.over)


async def while_connected(
    receive: Receive, work: Coroutine[Any, Any, T], stopping: asyncio.Event | None = None
) -> T:
    """The result of `work`, which is cancelled as soon as the client leaves, or when `stopping` is set.

    The request's body must have been read before. Returns after the work has really ended.

    Raises:
        ClientGone: the client left first.
        ServiceStopping: the service's time was over first.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_disconnected(receive))
    ending = asyncio.ensure_future(stopping.wait()) if stopping else None
    tasks: list[asyncio.Future[Any]] = [one for one in (working, watching, ending) if one]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientGone if watching.done() else ServiceStopping
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
