"""The header Accept-Language (RFC 9110, 12.5.4): which locales the client prefers, best first."""

import re

LONGEST = 1_000  # characters of the header that are read
MOST = 16  # locales

_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,7})\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
)


def locales(header: str | None) -> tuple[str, ...]:
    """The language tags of the header, as written, the most wanted first, each once.

    What is malformed, refused (`q=0`) or says nothing (`*`) is left out, and what stands beyond the bounds:
    the header is a hint, so there are no errors.
    """
    pieces = (header or "")[:LONGEST].split(",")
    if len(header or "") > LONGEST:
        pieces.pop()  # cut in two
    found = [match.groups("1") for piece in pieces if (match := _RANGE.fullmatch(piece))]
    tags: dict[str, str] = {}
    for tag, quality in sorted(found, key=lambda one: -float(one[1])):
        if float(quality) > 0:
            tags.setdefault(tag.lower(), tag)
    return tuple(tags.values())[:MOST]
