"""`polylect score`: reads a text from a file or from standard input, and says what is wrong with it."""

import codecs
import sys
from pathlib import Path

_FOREIGN = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


class UnreadableText(Exception):
    """There is no text to score; the message names the file and the cure."""


def read_text(source: str) -> str:
    """The text of the file `source`, or of standard input where that is `-`.

    Raises:
        UnreadableText: there is none, or it is no UTF-8.
    """
    name = "Standard input" if source == "-" else source
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except FileNotFoundError as error:
        raise UnreadableText(f"There is no file {source}.") from error
    except IsADirectoryError as error:
        raise UnreadableText(f"{source} is a folder; name one file of text.") from error
    except OSError as error:
        raise UnreadableText(f"{source} cannot be read: {error.strerror}.") from error
    return _decode(raw, name)


def _decode(raw: bytes, name: str) -> str:
    for mark, encoding in _FOREIGN.items():
        if raw.startswith(mark):
            raise UnreadableText(f"{name} is {encoding}; {_cure(encoding, name)}")
    if b"\0" in raw:
        raise UnreadableText(f"{name} is binary, not text: byte {raw.index(0)} is zero.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start} is 0x{raw[error.start]:02x}"
        raise UnreadableText(f"{name} is not UTF-8 ({place}); {_cure('ISO-8859-1', name)}") from error
    if not text.strip():
        raise UnreadableText(f"{name} is empty: there is no text to score.")
    return text


def _cure(encoding: str, name: str) -> str:
    return f"convert it, for example: iconv -f {encoding} -t UTF-8 {Path(name).name!r}"
