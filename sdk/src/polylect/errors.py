"""What goes wrong. Errors are OpenAI's; the one of our own says that no Polylect answered.

openai.OpenAIError
├── NotPolylect              a server answered, but is no Polylect, or one too old
└── openai.APIError          an error frame in mid-stream
    ├── APIConnectionError   nobody answers, or the connection broke
    └── APIStatusError       400 to 504, said by the service: its docs/api.md lists them
"""

from collections.abc import Iterator
from contextlib import contextmanager

from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

from polylect.address import shown

_UNREACHED = {"ConnectError", "ConnectTimeout"}
"""How httpx names them; by name, since OpenAI's client may use another version of it."""

_NO_SUCH_PLACE = {404, 405}
_DOUBTFUL = {400, 404, 405, 422}


class NotPolylect(OpenAIError):
    """The server at `address` answered, but is no Polylect, or an old one.

    >>> from polylect import NotPolylect
    >>> NotPolylect("http://127.0.0.1:9/v1", "it knows no cultures").address
    'http://127.0.0.1:9/v1'
    """

    def __init__(self, address: str, why: str) -> None:
        super().__init__(
            f"The server at {address} is no Polylect, or one too old for this client: {why}. "
            "Name the address of a Polylect with base_url= or POLYLECT_BASE_URL, or update the service there."
        )
        self.address = address


def is_doubtful(error: APIStatusError) -> bool:
    """Whether a server that is no Polylect may refuse our requests so, for not understanding them."""
    return error.status_code in _DOUBTFUL


@contextmanager
def ours_alone(url: object) -> Iterator[None]:
    """Inside, something is asked that every Polylect has: a server without it is none."""
    try:
        yield
    except APIStatusError as error:
        if error.status_code in _NO_SUCH_PLACE:
            why = f"it answers {error.status_code} to {error.request.url.path}"
            raise NotPolylect(shown(url), why) from error
        raise
    except ValueError as error:
        raise NotPolylect(shown(url), "what it sends is no JSON") from error


@contextmanager
def explained(url: object) -> Iterator[None]:
    """Inside, OpenAI's connection errors get a message that names the address and the cure."""
    try:
        yield
    except APIConnectionError as error:
        error.message = _explanation(error, shown(url))
        error.args = (error.message,)
        raise


def _explanation(error: APIConnectionError, address: str) -> str:
    cause = error.__cause__
    why = f" ({cause})" if str(cause or "") else ""
    if type(cause).__name__ in _UNREACHED:
        return (
            f"No server answers at {address}{why}. Start Polylect there with 'polylect serve', "
            "or name another address with base_url= or POLYLECT_BASE_URL."
        )
    if isinstance(error, APITimeoutError):
        return f"The server at {address} did not answer in time{why}. Allow more with timeout=SECONDS."
    return f"The connection to {address} broke{why}."
