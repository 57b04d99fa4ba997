"""What the label of a language model means: which language (BCP-47), and in which scripts it is written."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from babel.core import get_global

# Labels of lid.176 that are not, or no longer, what BCP-47 means by them.
LABELS: Mapping[str, str] = MappingProxyType(
    {"als": "gsw", "eml": "egl", "bh": "bho", "sh": "sr", "tl": "fil"}
)

# ISO 15924 codes that name a mixture or a variant -> the script that `script.Scripts` reports.
VARIANTS: Mapping[str, str] = MappingProxyType(
    {"Hans": "Hani", "Hant": "Hani", "Jpan": "Hani", "Kore": "Hang"}
)

# Scripts beside the usual one (CLDR's likely subtags) in which a language is written today.
ALSO: Mapping[str, str] = MappingProxyType(
    {
        "sr": "Latn", "bs": "Cyrl", "az": "Cyrl Arab", "uz": "Cyrl", "kk": "Latn Arab", "ku": "Arab Cyrl",
        "tk": "Cyrl", "tt": "Latn", "tg": "Latn", "ky": "Arab Latn", "sd": "Deva", "pa": "Arab", "ms": "Arab",
        "ug": "Cyrl Latn", "gom": "Latn", "hif": "Deva", "su": "Sund", "jv": "Java", "ha": "Arab",
        "ko": "Hani",
        "mn": "Mong", "crh": "Cyrl", "ace": "Arab", "bjn": "Arab", "min": "Arab", "ks": "Deva", "knc": "Arab",
    }
)  # fmt: skip


class Labels:
    """Reads labels (`__label__xx`, `__label__xxx`, `__label__xxx_Script`) by CLDR's aliases and likely
    subtags.
    """

    def __init__(self) -> None:
        self._aliases: Mapping[str, str] = get_global("language_aliases")
        self._likely: Mapping[str, str] = get_global("likely_subtags")
        self.read = cache(self._read)

    def _read(self, label: str) -> tuple[str, tuple[str, ...]]:
        """The label's language, shortest code, and the scripts that it may be written in."""
        code, _, script = label.removeprefix("__label__").partition("_")
        if not script:
            code = LABELS.get(code, code)
        shorter = self._aliases.get(code, code)
        if len(code) == 3 and len(shorter) == 2:
            code = shorter
        if script:
            return code, (VARIANTS.get(script, script),)
        return code, (self.usual_script(code), *ALSO.get(code, "").split())

    def tag(self, code: str, script: str) -> str:
        """BCP-47 tag of a language found in `script`, which is said where it is not the usual one."""
        return code if script == self.usual_script(code) else f"{code}-{script}"

    def usual_script(self, code: str) -> str:
        """The script that CLDR takes `code` to be in, as `Scripts` reports it; Latin for unknown ones."""
        script = self._likely.get(code, f"{code}_Latn_ZZ").split("_")[1]
        return VARIANTS.get(script, script)
