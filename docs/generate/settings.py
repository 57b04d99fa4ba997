"""The page of settings, out of `service/settings.py`: names, types, bounds and defaults are the code's.

The words stand in `settings.toml`, in the order and under the headings of the page. A field's own description
wins over them; a setting with neither stops the build.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from docs.generate.schema_words import linked
from docs.generate.table import table
from service.settings import Settings

_HEAD = """\
# Settings

Each setting may be in `polylect.yaml` (or the file that `POLYLECT_CONFIG` names) under its own name, or in
the environment as `POLYLECT_` and its name in capitals, which takes precedence. In the environment lists and
objects are JSON, and `reasoning_languages` is a list with commas. With a wrong value the service does not
start, and says why. Nothing has to be set: see [the first answer](../tutorial/first-answer.md).

A secret is better kept in the environment: `os.environ/NAME` in `litellm_params` and in `embedder` takes it
from there.
"""


def settings_page() -> str:
    """Every setting under its heading.

    Raises:
        ValueError: a setting has no words, or words name no setting.
    """
    headings: dict[str, dict[str, str]] = tomllib.loads(
        (Path(__file__).parent / "settings.toml").read_text("utf-8")
    )
    worded = {name for section in headings.values() for name in section}
    described = {name for name, one in Settings.model_fields.items() if one.description}
    if missing := Settings.model_fields.keys() - worded - described:
        raise ValueError(f"docs/generate/settings.toml has no words for {', '.join(sorted(missing))}.")
    if unknown := worded - Settings.model_fields.keys():
        raise ValueError(f"docs/generate/settings.toml names no setting: {', '.join(sorted(unknown))}.")
    more = {name: "" for name in Settings.model_fields if name in described - worded}
    sections = {**headings, "More": more}
    return "\n\n".join([_HEAD, *(_section(title, of) for title, of in sections.items() if of)]) + "\n"


def _section(title: str, words: dict[str, str]) -> str:
    schema = Settings.model_json_schema()["properties"]
    rows = [
        (f"`{name}`<br>`POLYLECT_{name.upper()}`", _kind(schema[name]), _default(name), _words(name, said))
        for name, said in words.items()
    ]
    return f"## {title}\n\n{table(['setting', 'type', 'default', 'meaning'], rows)}"


def _words(name: str, said: str) -> str:
    return Settings.model_fields[name].description or said


def _kind(schema: dict[str, Any]) -> str:
    """Its type; objects have no heading here, so their links are names alone."""
    told = linked(schema).removesuffix(" or null")
    return told.replace("[Deployment](#deployment)", "entries of LiteLLM's `model_list`").replace(
        "[EmbedderParams](#embedderparams)", "`model`, `api_base`, `api_key`"
    )


def _default(name: str) -> str:
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    if default is None or default in ((), {}):
        return ""
    if isinstance(default, bool) or not isinstance(default, int | float):
        return f"`{json.dumps(default)}`"
    return f"{default:,.15g}" if default >= 10_000 else f"{default:g}"
