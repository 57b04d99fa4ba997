"""The configuration: which file and variables are read, what is wrong with them, and what is left of them."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import InitErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource
from rapidfuzz import process

from service.doctor.finding import Finding, ok, problem, refused, warning
from service.misconfigured import explain
from service.settings import DEFAULT_CONFIG, ConfigurationError, Settings, load_settings

PREFIX = "POLYLECT_"
_ELSEWHERE = frozenset({"CONFIG", "BASE_URL", "URL", "API_KEY", "PYTHON", "FUZZ_EXAMPLES"})
"""Variables that are no setting: of `polylect ask`, the SDK, the evaluation, deploy/vllm and the tests."""
_KUBERNETES = re.compile(r"POLYLECT_(SERVICE_(HOST|PORT\w*)|PORT_\d+_\w+)")
_SETS = re.compile(r"^\s*(?:export\s+)?(POLYLECT_\w+)\s*=", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Configuration:
    """`settings` are as good as they could be read: those in `lost` are at their defaults.

    `raw` is what file and environment say, before it was checked.
    """

    settings: Settings
    findings: tuple[Finding, ...]
    raw: Mapping[str, Any]
    lost: frozenset[str] = field(default=frozenset())


class _Left(Settings):
    """Settings out of what they are handed, and nothing else."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def read_configuration() -> Configuration:
    """Read it as the service does; what is wrong with one setting hides none of the others."""
    path = Path(os.environ.get("POLYLECT_CONFIG") or DEFAULT_CONFIG).expanduser()
    in_file = _content(path)
    in_environment, unread = _environment()
    raw = {**(in_file or {}), **in_environment}
    beside = (*unknown_variables(os.environ), *_unread_dotenv(Path(".env")))
    try:
        return Configuration(load_settings(), (_read(path, in_file, in_environment), *beside), raw)
    except ConfigurationError as error:
        behind = error.__context__
        if isinstance(behind, ValidationError):
            told = tuple(_wrong(one, path, in_environment) for one in behind.errors(include_url=False))
        else:
            told = (refused("configuration", error, f"Mend {path}."),)
        lost = set(unread) if in_file is not None else set(Settings.model_fields) - set(in_environment)
        settings = _what_is_left(dict(raw), lost)
        return Configuration(settings, (*told, *beside), raw, frozenset(lost))


def unknown_variables(environment: Iterable[str]) -> list[Finding]:
    """Variables that look like settings and are none: nothing reads them, so nothing else complains."""
    known = [PREFIX + name.upper() for name in (*Settings.model_fields, *_ELSEWHERE)]
    found = []
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX) or name.upper() in known or _KUBERNETES.fullmatch(name):
            continue
        near = process.extractOne(name.upper(), known, score_cutoff=75)
        cure = f"Did you mean {near[0]}? Else: unset {name}" if near else f"unset {name}"
        found.append(warning("environment", f"no setting is called {name}: it is not read", cure))
    return found


def _content(path: Path) -> dict[str, Any] | None:
    """What the file says; {} without a file, None where it cannot be read."""
    try:
        content = yaml.safe_load(path.read_text("utf-8")) or {}
    except FileNotFoundError:
        return {} if "POLYLECT_CONFIG" not in os.environ else None
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return content if isinstance(content, dict) else None


def _environment() -> tuple[dict[str, Any], frozenset[str]]:
    """The settings of the environment, and those that stand there and cannot be read as JSON."""
    source = EnvSettingsSource(Settings)
    found: dict[str, Any] = {}
    unread = set()
    for name, wanted in Settings.model_fields.items():
        value, _, is_complex = source.get_field_value(wanted, name)
        if value is None:
            continue
        try:
            found[name] = source.prepare_field_value(name, wanted, value, is_complex)
        except ValueError:
            unread.add(name)
    return found, frozenset(unread)


def _read(path: Path, in_file: Mapping[str, Any] | None, in_environment: Mapping[str, Any]) -> Finding:
    told = [f"{path} sets {', '.join(map(str, in_file))}" if in_file else f"no {path}"]
    if path.exists() and not in_file:
        told = [f"{path} is empty"]
    if in_environment:
        told.append("the environment sets " + ", ".join(PREFIX + name.upper() for name in in_environment))
    return ok("configuration", "; ".join(told) if in_file or in_environment else f"{told[0]}: the defaults")


def _wrong(error: Any, path: Path, in_environment: Mapping[str, Any]) -> Finding:
    """One wrong setting: what it is, and where it is to be mended."""
    details = InitErrorDetails(
        type=error["type"], loc=error["loc"], input=error["input"], ctx=error.get("ctx", {})
    )
    alone = ValidationError.from_exception_data("Settings", [details])
    said = explain(alone, list(Settings.model_fields)).removeprefix("Wrong configuration. ").rstrip(".")
    setting = str(error["loc"][0]) if error["loc"] else ""
    where = PREFIX + setting.upper() if setting in in_environment else str(path)
    mark = " cannot be used: " if " cannot be used: " in said else "; "
    found, _, cure = said.partition(mark)
    found += " cannot be used" if mark != "; " else ""
    if where == "POLYLECT_PORT" and "tcp://" in found:
        cure = "Kubernetes sets it for a Service called polylect: enableServiceLinks: false in its pods"
    return problem(
        "configuration", found, f"{where}: {cure}." if not cure.endswith("?") else f"{where}: {cure}"
    )


def _what_is_left(values: dict[str, Any], lost: set[str]) -> Settings:
    """Settings without those that cannot be used, and of `model_list` without the entries that cannot."""
    while True:
        try:
            return _Left(**values)
        except ValidationError as error:
            wrong = [one["loc"] for one in error.errors(include_url=False)]
        lost |= {str(place[0]) for place in wrong if place}
        entries = {place[1] for place in wrong if place[:1] == ("model_list",) and len(place) > 1}
        if entries and isinstance(values.get("model_list"), list):
            left = [one for number, one in enumerate(values["model_list"]) if number not in entries]
            values["model_list"] = left
            wrong = [place for place in wrong if place[:1] != ("model_list",)]
        elif not any(str(place[0]) in values for place in wrong if place):
            return _Left()
        for place in wrong:
            values.pop(str(place[0]) if place else "", None)


def _unread_dotenv(path: Path) -> list[Finding]:
    """A `.env` that somebody wrote and nobody exported: Polylect reads none by itself."""
    try:
        named = _SETS.findall(path.read_text("utf-8", "replace"))
    except OSError:
        return []
    missing = list(dict.fromkeys(name for name in named if name not in os.environ))
    if not missing:
        return []
    found = f"{path} sets {', '.join(missing)}, and the environment does not: no .env is read by itself"
    return [warning("environment", found, "set -a; . ./.env; set +a")]
