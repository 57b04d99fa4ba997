"""The page of commands, out of Typer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from docs.generate.table import table
from service.cli import app

_TYPES = {int: "whole number", float: "number", Path: "path"}
_HEAD = """\
# The command `polylect`

Generated from the commands themselves; `polylect COMMAND --help` says the same. In a checkout the command is
`.venv/bin/polylect` after `make install`.
"""


def cli_page() -> str:
    """Every command with its arguments and options."""
    command = typer.main.get_command(app)
    return "\n\n".join([_HEAD, *(_section(path, one) for path, one in _leaves("polylect", command))]) + "\n"


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """The commands that do something, those of a group under its name."""
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name, one in inner.items():
        yield from _leaves(f"{path} {name}", one)


def _section(path: str, command: Any) -> str:
    given = [one for one in command.params if one.name != "help"]
    usage = " ".join([path, *(_usage(one) for one in given if _is_argument(one)), "[OPTIONS]"])
    rows = [(_names(one), _kind(one), _default(one), getattr(one, "help", "") or "") for one in given]
    lines = [f"## {path}", command.help or "", f"`{usage}`", table(["", "type", "default", "meaning"], rows)]
    return "\n\n".join(line for line in lines if line)


def _is_argument(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage(argument: Any) -> str:
    name = _metavar(argument)
    return name if argument.required else f"[{name}]"


def _metavar(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _names(parameter: Any) -> str:
    if _is_argument(parameter):
        return f"`{_metavar(parameter)}`"
    names = ", ".join(f"`{name}`" for name in [*parameter.opts, *parameter.secondary_opts])
    return f"{names} (required)" if parameter.required else names


def _kind(parameter: Any) -> str:
    """Its type with its bounds; whether it may be repeated; which variable of the environment stands in."""
    kind = "flag" if _is_flag(parameter) else _TYPES.get(parameter.type_descriptor.annotation, "text")
    if parameter.min is not None:
        kind += f", at least {parameter.min:,}"
    if parameter.max is not None:
        kind += f", at most {parameter.max:,}"
    kind += ", repeatable" if getattr(parameter, "multiple", False) else ""
    return kind + (f", or `{parameter.envvar}`" if parameter.envvar else "")


def _is_flag(parameter: Any) -> bool:
    return bool(getattr(parameter, "is_flag", False))


def _default(parameter: Any) -> str:
    unsaid = parameter.required or _is_flag(parameter) or parameter.default is None
    return "" if unsaid else f"`{parameter.default}`"
