"""Where Polylect is, and with which key: the argument, else the environment, else the local service."""

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from openai import AsyncOpenAI, OpenAI, OpenAIError

LOCAL = "http://127.0.0.1:8000/v1"
"""Where `polylect serve` listens when nobody says otherwise."""

NO_KEY = "none"
"""A local service without keys takes any; OpenAI's client wants one."""


def base_url(given: object) -> str:
    """The address of the API: what is given, else POLYLECT_BASE_URL, else the local service.

    One without any path gets `/v1`. `given` is a str, an `httpx.URL` or None.

    Raises:
        OpenAIError: it is no http or https address.

    >>> from polylect.address import base_url
    >>> base_url("http://10.0.0.7:8000")
    'http://10.0.0.7:8000/v1'
    """
    url = str(given or os.environ.get("POLYLECT_BASE_URL", "").strip() or LOCAL)
    try:
        parts = urlsplit(url)
        complete = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise OpenAIError(f"The base URL must be like {LOCAL}, with http:// or https://, not {url!r}.")
    return url if parts.path.strip("/") else urlunsplit(parts._replace(path="/v1"))


def api_key(given: str | None) -> str:
    """The key: what is given, else POLYLECT_API_KEY, else one for a service that needs none.

    Raises:
        OpenAIError: no HTTP header can carry it.

    >>> from polylect.address import api_key
    >>> api_key(" secret ")
    'secret'
    """
    key = (given or os.environ.get("POLYLECT_API_KEY", "")).strip() or NO_KEY
    if not (key.isascii() and key.isprintable()):
        raise OpenAIError("The API key has characters that no HTTP header can carry. Copy it anew.")
    return key


def shown(url: object) -> str:
    """An address as a message may show it: without user, password, query and the last slash.

    >>> from polylect.address import shown
    >>> shown("http://me:secret@10.0.0.7:8000/v1/")
    'http://10.0.0.7:8000/v1'
    """
    parts = urlsplit(str(url))
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))


def forget_openai(
    client: OpenAI | AsyncOpenAI, headers: Mapping[str, str] | None, given: Mapping[str, Any]
) -> None:
    """Let only what was given go to the service: OpenAI's client has read its own variables meanwhile."""
    client.organization = given.get("organization")
    client.project = given.get("project")
    client.admin_api_key = given.get("admin_api_key")
    client._custom_headers = headers or {}
