"""What the service writes: one line for each request, for people or for machines.

Numbers, codes and names of the operator's; never a prompt, an answer, a culture, a key, a header or a query
string. An exception is written with its traceback and without its message, which may quote a request: those
of pydantic do, and those of KeyError and ValueError.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any, Literal, TextIO

from service.telemetry.record import RequestRecord

Format = Literal["json", "text"]
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str)
_QUIET = {
    "httpx": logging.WARNING,
    "uvicorn.error": logging.WARNING,
    # It quotes requests and answers of providers; what fails there is told by our own errors.
    "LiteLLM": logging.CRITICAL,
    "LiteLLM Router": logging.CRITICAL,
    "LiteLLM Proxy": logging.CRITICAL,
}


def configure_logging(chosen: Format | None, stream: TextIO = sys.stderr) -> None:
    """Send the process's log to `stream`: as text or as JSON lines; None: text on a terminal, else JSON."""
    logging.basicConfig(level=logging.INFO, handlers=[log_handler(chosen, stream)], force=True)
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


def log_handler(chosen: Format | None, stream: TextIO) -> logging.Handler:
    """Writes to `stream` in the chosen format."""
    handler = logging.StreamHandler(stream)
    as_text = chosen == "text" or (chosen is None and stream.isatty())
    handler.setFormatter(TextLines() if as_text else JsonLines())
    return handler


def told(record: RequestRecord) -> dict[str, Any]:
    """What the log says of a request that has ended; what is not known is left out."""
    found = {
        "request_id": record.request_id,
        "trace_id": record.trace_id,
        "method": record.method,
        "route": record.endpoint,
        "status": record.status,
        "error": record.error,
        "mode": record.mode,
        "backbone": record.backbone,
        "key": record.key,
        "duration_ms": round(record.seconds * 1000, 1),
    }
    if record.mode:
        found |= {
            "overhead_ms": round(record.overhead * 1000, 1),
            "calls": record.calls,
            "prompt_tokens": record.usage.prompt_tokens,
            "completion_tokens": record.usage.completion_tokens,
            **{f"voices_{status}": count for status, count in sorted(record.voices.items())},
        }
    if record.disconnected:
        found["disconnected"] = True
    return {name: value for name, value in found.items() if value is not None}


class TextLines(logging.Formatter):
    """`time LEVEL logger: message key=value …`, for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line; what another formatter kept of an exception is not used, for it has the message."""
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        """The line, with the fields behind it."""
        record.message = discreet(record)
        fields = getattr(record, "fields", {})
        return " ".join([super().formatMessage(record), *(f"{key}={value}" for key, value in fields.items())])

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """The traceback without messages."""
        return without_messages(ei[1])


class JsonLines(logging.Formatter):
    """One JSON object a line, for machines: time, level, logger, message, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": discreet(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = without_messages(record.exc_info[1])
        return _JSON.encode(line)


def discreet(record: logging.LogRecord) -> str:
    """The message. asyncio shows a failed task below its own, and with it what its exception says."""
    text = record.getMessage()
    return text.partition("\n")[0] if record.name == "asyncio" else text


def without_messages(error: BaseException | None) -> str:
    """The tracebacks of an exception and of those behind and within it: places and types, no message."""
    parts: list[str] = []
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:  # a group may be the cause of one that it holds
            continue
        seen.add(id(one))
        places = "".join(traceback.format_tb(one.__traceback__))
        kind = f"{type(one).__module__}.{type(one).__qualname__}"
        parts.append(f"Traceback (most recent call last):\n{places}{kind} (its message is withheld)")
        waiting += [one.__cause__ or (None if one.__suppress_context__ else one.__context__)]
        waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else ()
    return "\n\nbehind it:\n".join(parts)
