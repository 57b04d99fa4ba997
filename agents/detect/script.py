"""Writing systems: which script a character belongs to, and what a script alone says about the language.

Source: Unicode blocks and Scripts.txt (letters and marks only; digits and punctuation belong to no script).
"""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

# ISO 15924 code -> characters, as the inside of a regular expression's class.
SCRIPTS: Mapping[str, str] = MappingProxyType(
    {
        "Latn": "A-Za-zªºÀ-ÖØ-öø-ʸ\u0300-\u036fᴀ-ᶿḀ-ỿⱠ-ⱿꜢ-ꟿ\ufb00-\ufb06Ａ-Ｚａ-ｚ",
        "Cyrl": "Ѐ-ԯᲀ-\u1c8aⷠ-ⷿꙀ-ꚟ",
        "Grek": "Ͱ-ͽͿ-Ͽἀ-῾",
        "Armn": "Ա-Ֆՙՠ-ֈ\ufb13-\ufb17",
        "Hebr": "\u0591-\u05bd\u05bf\u05c1-\u05c7א-ײ\ufb1d-\ufb4f",
        "Arab": "\u0610-\u061aؠ-\u065fٮ-ۓە-\u06ed\u06ee\u06efۺ-ۿݐ-ݿࡰ-\u08ff"
        "\ufb50-\ufbb1\ufbd3-\ufd3d\ufd50-\ufdfb\ufe70-\ufefc",
        "Syrc": "ܐ-ݏ",
        "Thaa": "ހ-\u07b1",
        "Nkoo": "ߊ-ߵߺ",
        "Deva": "\u0900-\u0963\u0970-ॿ\ua8e0-ꣿ",
        "Beng": "ঀ-\u09e3ৰৱ\u09fe",
        "Guru": "\u0a01-\u0a65\u0a70-\u0a75",
        "Gujr": "\u0a81-\u0ae3ૹ-\u0aff",
        "Orya": "\u0b01-\u0b63ୱ",
        "Taml": "\u0b82-\u0bd7",
        "Telu": "\u0c00-\u0c63",
        "Knda": "\u0c80-\u0ce3ೱ-\u0cf3",
        "Mlym": "\u0d00-\u0d63ൺ-ൿ",
        "Sinh": "\u0d81-\u0ddf\u0df2\u0df3",
        "Thai": "ก-ฺเ-\u0e4e",
        "Laoo": "ກ-\u0ecdໜ-ໟ",
        "Tibt": "ༀ\u0f18\u0f19\u0f35-\u0f39ཀ-\u0fbc",
        "Mymr": "က-ဿၐ-\u109dꧠ-ꧯꧺ-ꧾꩠ-ꩿ",
        "Geor": "Ⴀ-ჺჼ-ჿᲐ-Ჿⴀ-ⴭ",
        "Hang": "ᄀ-ᇿㄱ-ㆎꥠ-ꥼ가-힣ힰ-ퟻﾠ-ￜ",
        "Ethi": "ሀ-\u135fᎀ-ᎏⶀ-ⷞꬁ-ꬮ",
        "Cher": "Ꭰ-ᏽꭰ-ꮿ",
        "Cans": "ᐁ-ᙿᢰ-ᣵ",
        "Tglg": "ᜀ-\u171f",
        "Khmr": "ក-\u17d3ៗៜ\u17dd",
        "Mong": "ᠠ-ᢪ",
        "Limb": "ᤀ-\u193b",
        "Tale": "ᥐ-ᥴ",
        "Talu": "ᦀ-ᧉ",
        "Bugi": "ᨀ-\u1a1b",
        "Bali": "\u1b00-ᭌ",
        "Sund": "\u1b80-ᮯᮺ-ᮿ",
        "Batk": "ᯀ-\u1bf3",
        "Lepc": "ᰀ-\u1c37",
        "Olck": "ᱚ-ᱽ",
        "Tfng": "ⴰ-ⵯ\u2d7f",
        "Hira": "ぁ-ゖゝ-ゟ",
        "Kana": "ァ-ヺー-ヿㇰ-ㇿｦ-ﾟ",
        "Bopo": "ㄅ-ㄯㆠ-ㆿ",
        "Hani": "々〇㐀-䶿一-鿿\uf900-\ufad9\U00020000-\U000323af",
        "Yiii": "ꀀ-ꒌ",
        "Lisu": "ꓐ-ꓽ",
        "Vaii": "ꔀ-ꘌ",
        "Bamu": "ꚠ-ꛯ",
        "Kali": "ꤊ-\ua92d",
        "Rjng": "ꤰ-\ua953",
        "Java": "\ua980-\ua9c0",
        "Cham": "ꨀ-\uaa4d",
        "Mtei": "ꫠ-\uaaefꯀ-\uabea",
        "Goth": "𐌰-𐍊",
        "Cakm": "\U00011100-\U00011134",
        "Rohg": "𐴀-𐴣",
        "Adlm": "𞤀-𞥃",
    }
)

# Scripts of one living language (or of one that far outweighs the others: then the model may say otherwise).
SOLE_LANGUAGE: Mapping[str, str] = MappingProxyType(
    {
        "Grek": "el", "Armn": "hy", "Hebr": "he", "Thaa": "dv", "Nkoo": "nqo", "Guru": "pa", "Gujr": "gu",
        "Orya": "or", "Taml": "ta", "Telu": "te", "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Thai": "th",
        "Laoo": "lo", "Tibt": "bo", "Mymr": "my", "Geor": "ka", "Hang": "ko", "Ethi": "am", "Cher": "chr",
        "Khmr": "km", "Mong": "mn-Mong", "Olck": "sat", "Hira": "ja", "Kana": "ja", "Yiii": "ii",
        "Vaii": "vai",
        "Java": "jv-Java", "Bali": "ban-Bali", "Sund": "su-Sund", "Mtei": "mni-Mtei", "Adlm": "ff-Adlm",
    }
)  # fmt: skip

# Written together: Japanese mixes all three, Korean sets Han in Hangul, Bopomofo annotates Han.
FAMILIES: Mapping[str, str] = MappingProxyType({"Hira": "Hani", "Kana": "Hani", "Bopo": "Hani"})

# Written without spaces between words.
UNSPACED = frozenset(
    {"Hani", "Hira", "Kana", "Bopo", "Thai", "Laoo", "Khmr", "Mymr", "Tibt", "Java", "Bali", "Yiii"}
)


class Scripts:
    """Cuts a text into runs of one script. Compiles its patterns once, when made."""

    def __init__(self) -> None:
        self._letters = {code: re.compile(f"[{own}]") for code, own in SCRIPTS.items()}
        # A space or comma within a run is common enough to be worth matching in one go.
        self._pieces = re.compile(
            "|".join(f"(?P<{code}>[{own}](?:[{own} ',.-]*[{own}])?)" for code, own in SCRIPTS.items())
        )

    def runs(self, text: str) -> Iterator[tuple[str, str]]:
        """Yields (ISO 15924 code, run), in order. Kana and Bopomofo run with Han, under `Hani`.

        What no script owns (space, punctuation, digits) belongs to the run before it; a text without letters
        has no runs.
        """
        current, start = "", 0
        for piece in self._pieces.finditer(text):
            code = FAMILIES.get(str(piece.lastgroup), str(piece.lastgroup))
            if code != current:
                if current:
                    yield current, text[start : piece.start()]
                    start = piece.start()
                current = code
        if current:
            yield current, text[start:]

    def count(self, text: str, script: str) -> int:
        """How many letters and marks of `script` (ISO 15924) the text has. KeyError for one not listed."""
        return len(self._letters[script].findall(text))

    def main(self, text: str) -> str:
        """The script (ISO 15924; kana count as `Hani`) of most of the text; empty when it has no letters."""
        sizes: dict[str, int] = {}
        for script, run in self.runs(text):
            sizes[script] = sizes.get(script, 0) + len(run)
        return max(sizes, key=lambda script: sizes[script], default="")
