"""What a voice says is untrusted data: this file makes of it text that cannot leave its place, or nothing.

By structure alone, never by meaning. Every marker of ours and every control token of a chat template
(`<|im_end|>`, `</s>`, `<start_of_turn>`, `[INST]` …) needs an angle or a square bracket: none of a voice's
reaches another model. That works character by character, so it holds however a stream is cut into pieces, and
there is no list of tokens to fall behind.
"""

import re
from collections.abc import Mapping
from typing import Any

_ANGLES = {"<": "‹", "＜": "‹", "﹤": "‹", ">": "›", "＞": "›", "﹥": "›"}
_SQUARES = {"[": "(", "﹇": "(", "]": ")", "﹈": ")", "［": "（", "］": "）"}
_BREAKS = {"\u2028": "\n", "\u2029": "\n"}
_HARMLESS = str.maketrans(_ANGLES | _SQUARES | _BREAKS)

# Controls (save tab and newline), bidirectional overrides, zero-width spaces, tag characters, noncharacters.
# Joiners and direction marks stay: Persian, Arabic and the scripts of India are not written without them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")
_OPEN_HALF = re.compile(r"[\ud800-\udbff]\Z")

# A loop is the same unit of at most so many characters, over at least twice as many and at least so often.
_LOOP_UNIT, _LOOP_TIMES = 80, 8
_LOOP_CHARACTERS = 2 * _LOOP_UNIT
_OTHER_KINDS = ("tool_calls", "function_call", "refusal", "reasoning_content", "reasoning", "audio")


class Hearing:
    """One voice, heard piece by piece: `text` is what may be passed on, at most `limit` characters of it.

    `enough` says why it need not be heard any further, `garbage` why nothing that it said is of use.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heard = self._unseen = 0
        self._open_half = ""
        self._kinds: set[str] = set()
        self._said = ""

    def hear(self, delta: Mapping[str, Any]) -> str:
        """What may be passed on of this piece: its text, harmless and within the limit; nothing else."""
        self._kinds |= {kind for kind in _OTHER_KINDS if delta.get(kind)}
        content = delta.get("content")
        if not isinstance(content, str):
            return ""
        content = self._open_half + content
        half = _OPEN_HALF.search(content)
        self._open_half = half[0] if half else ""
        return self._add(content[: half.start()] if half else content)

    def _add(self, content: str) -> str:
        self._heard += len(content)
        text = harmless(content)[: self._limit - len(self._said)]
        self._unseen += len(_UNSEEN.findall(content.replace("\r", "")))
        self._said += text
        return text

    @property
    def enough(self) -> str | None:
        """Why to stop listening; None as long as there is a reason to listen."""
        if self._heard > self._limit:
            return f"it talked on beyond {self._limit} characters"
        return "it repeated itself without end" if _loop(self._said) else None

    @property
    def text(self) -> str:
        """What it said, a loop once; nothing when that is garbage (see `garbage`)."""
        return "" if self.garbage else _unlooped(self._said).strip()

    @property
    def garbage(self) -> str | None:
        """Why there is nothing in it to pass on; None when there is."""
        said = self._said.strip()
        if not said and self._unseen == 0:
            others = [kind for kind in _OTHER_KINDS if kind in self._kinds]
            return f"it said nothing in words, only {', '.join(others)}" if others else "it said nothing"
        if _only_loop(self._said):
            return "it only repeated itself"
        if self._unseen + said.count("\ufffd") > len(said) // 2 or not any(map(str.isalnum, said)):
            return "what it said was no text"
        return None


def harmless(text: str) -> str:
    """The same words without what could be taken for a marker, a control token or hidden text.

    Angle brackets become ‹ ›, square ones round; unseen characters fall away; half surrogates become U+FFFD.
    """
    whole = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return _UNSEEN.sub("", _HALF.sub("\ufffd", whole)).translate(_HARMLESS)


def _loop(said: str) -> str:
    """The unit that the end of this repeats, or nothing. Asked after every piece: one look back decides."""
    before = said.rfind(said[-_LOOP_UNIT:], max(0, len(said) - _LOOP_CHARACTERS), -1)
    if before < 0 or len(said) < _LOOP_CHARACTERS:
        return ""
    unit = said[before + _LOOP_UNIT :]
    times = max(_LOOP_TIMES, -(-_LOOP_CHARACTERS // len(unit)))
    return unit if said.endswith(unit * times) else ""


def _unlooped(said: str) -> str:
    """With the loop at its end said once."""
    unit = _loop(said)
    while unit and said.endswith(unit * 2):
        said = said[: -len(unit)]
    return said


def _only_loop(said: str) -> bool:
    """Nothing but one unit comes before the loop, or a part of it."""
    unit = _loop(said)
    return bool(unit) and (unit * 2).endswith(_unlooped(said))
