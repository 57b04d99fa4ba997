"""The endpoint that is asked: its address as it may be written down, its key, and whether anybody answers."""

import os

import httpx


class NoEndpoint(Exception):
    """The endpoint cannot be asked: says what is wrong and what mends it."""


def public_url(url: str) -> str:
    """The URL as records and messages may show it: without user, password, query and closing slash.

    Raises:
        NoEndpoint: it is no URL of HTTP.
    """
    example = "Give one such as http://127.0.0.1:8000/v1."
    try:
        known = httpx.URL(url)
    except httpx.InvalidURL:
        raise NoEndpoint(f"--url is no URL. {example}") from None  # what is wrong may be a password
    if known.scheme not in {"http", "https"} or not known.host:
        raise NoEndpoint(f"--url does not begin with http:// or https:// and a host. {example}")
    return str(known.copy_with(userinfo=b"", query=None, fragment=None)).rstrip("/")


def key() -> str:
    """The key that is sent with every request."""
    return os.environ.get("POLYLECT_API_KEY", "none")


def check(url: str) -> None:
    """One request before thousands.

    Raises:
        NoEndpoint: nobody answers there, or not as an OpenAI-compatible endpoint does.
    """
    shown = public_url(url)
    try:
        answer = httpx.get(
            f"{url.rstrip('/')}/models", headers={"Authorization": f"Bearer {key()}"}, timeout=10
        )
    except httpx.HTTPError as error:
        cure = "Start it (`make serve`) or name it with --url (URL=… of `make eval`)."
        raise NoEndpoint(f"Nobody answers at {shown}: {type(error).__name__}. {cure}") from error
    if answer.status_code == 401:
        raise NoEndpoint(f"{shown} wants a key: put it into POLYLECT_API_KEY.")
    if answer.status_code != 200:
        raise NoEndpoint(f"{shown}/models answers {answer.status_code}: it is no OpenAI-compatible endpoint.")
