"""Language tags (BCP-47): taken apart, made canonical, and what to fall back to.

All facts come from CLDR (Unicode Technical Standard 35), through babel, which reads them when first asked.
"""

import re
from typing import NamedTuple

from babel.core import Locale, UnknownLocaleError, get_global, parse_locale


class Tag(NamedTuple):
    """A tag taken apart, with the language that CLDR prefers: `iw-IL` is he, None, IL."""

    language: str
    script: str | None
    region: str | None

    def __str__(self) -> str:
        return "-".join(part for part in self if part)


def parse_tag(tag: str) -> Tag | None:
    """`tag` taken apart (`-` or `_` between the parts), or None where it is not well-formed.

    The region is a territory: the world (001), a continent or Latin America (419) count as no region.
    Variants and extensions (`-u-ca-japanese`) are dropped.
    """
    subtags = re.split(r"[-_](?=[0-9A-Za-z][-_])", tag.strip(), maxsplit=1)[0]
    try:
        language, region, script, *_ = parse_locale(subtags.replace("_", "-"), sep="-")
    except ValueError:
        return None
    if not 2 <= len(language) <= 3:
        return None
    preferred = get_global("language_aliases").get(language, language).split("_")[0]
    return Tag(preferred, script, region if region and region.isalpha() else None)


def likely(tag: Tag) -> Tag | None:
    """`tag` with the script and the region that it most likely has, or None where CLDR knows none."""
    subtags = get_global("likely_subtags")
    language, script, region = tag
    if language == "und" and region is None:
        return None
    for parts in ((language, script, region), (language, region), (language, script), (language,)):
        if None not in parts and (found := subtags.get("_".join(str(part) for part in parts))):
            guess = parse_tag(found)
            return guess and Tag(language, script or guess.script, region or guess.region)
    return None


def fallbacks(tag: str) -> tuple[str, ...]:
    """Tags to look words up by, best first: `zh-TW` -> zh-TW, zh-Hant-TW, zh-Hant, zh.

    Never another language, save where CLDR itself inherits (nb -> no). A malformed tag falls back to itself.
    """
    parsed = parse_tag(tag)
    if parsed is None:
        return (tag,)
    language, script, region = parsed
    script = script or (region and (guess := likely(parsed)) and guess.script) or None
    parent = get_global("parent_exceptions").get(language)
    chain = [
        tag,
        str(parsed),
        str(Tag(language, script, region)),
        str(Tag(language, script, None)),
        language,
        *([parent] if parent else []),
    ]
    return tuple(dict.fromkeys(chain))


def locale_of(tag: str) -> Locale | None:
    """The CLDR locale with the words of `tag`, or None where CLDR has none for it."""
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
