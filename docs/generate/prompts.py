"""The page of prompts, out of `prompts/` and of the table in its README."""

import re
from pathlib import Path

from agents import Prompts
from docs.generate.table import table

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| `([\w/]+)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
_UNTOLD = ("", "")
_HEAD = """\
# Prompts and their variables

Everything Polylect says to a model. A prompt is rendered strictly: a missing variable stops the call, and so
does one that the prompt does not have. The English text is below each heading;
[the prompts' own page](../../prompts/README.md) says how to write one, and who reviewed them.
"""


def prompts_page() -> str:
    """Every prompt with its variables, languages and English words; of the pages about cultures a list."""
    prompts = Prompts.load()
    told = {name: (variables, where) for name, _, variables, where in _ROW.findall(_readme())}
    pages = [name for name in prompts.names if name.startswith("cultures/")]
    others = [name for name in prompts.names if name not in pages]
    parts = [_HEAD, _overview(prompts, others, told)]
    parts += [_prompt(prompts, name, *told.get(name, _UNTOLD)) for name in others]
    return "\n\n".join([*parts, _pages(prompts, pages)]) + "\n"


def _readme() -> str:
    return (_ROOT / "prompts" / "README.md").read_text("utf-8")


def _overview(prompts: Prompts, names: list[str], told: dict[str, tuple[str, str]]) -> str:
    rows = [
        (
            f"[`{name}`](#{name})",
            _variables(prompts, name),
            str(len(prompts.languages(name))),
            told.get(name, _UNTOLD)[1],
        )
        for name in names
    ]
    return table(["prompt", "variables", "languages", "where it is used"], rows)


def _variables(prompts: Prompts, name: str) -> str:
    return ", ".join(f"`{one}`" for one in sorted(prompts.variables(name))) or "none"


def _prompt(prompts: Prompts, name: str, variables: str, where: str) -> str:
    languages = prompts.languages(name)
    written = "English alone" if languages == ("en",) else f"{len(languages)}: {', '.join(languages)}"
    facts = [
        ("Variables", _variables(prompts, name)),
        ("What they hold", variables if prompts.variables(name) else ""),
        ("Used", where),
        ("Languages", written),
    ]
    told = "\n".join(f"- {title}: {said}" for title, said in facts if said.strip())
    return f"## {name}\n\n{told}\n\n````text\n{_english(name)}\n````"


def _english(name: str) -> str:
    """The words as they stand in the file: `<name>/en.md` or, where English is alone, `<name>.md`."""
    folder = _ROOT / "prompts"
    file = folder / name / "en.md"
    return (file if file.exists() else folder / f"{name}.md").read_text("utf-8").strip()


def _pages(prompts: Prompts, pages: list[str]) -> str:
    rows = [(f"`{name.partition('/')[2]}`", ", ".join(prompts.languages(name))) for name in pages]
    listed = table(["culture", "languages"], rows)
    return f"## The pages about cultures\n\n{len(rows)}, each read by its culture's voice.\n\n{listed}"
