"""`polylect keys create | list | revoke`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from service.access.keys import Key, create_key, read_keys, revoke_key
from service.settings import ConfigurationError, load_settings

app = typer.Typer(help="API keys: who may ask, which models, and how much.", no_args_is_help=True)
told = Console(stderr=True)

File = Annotated[
    Path | None,
    typer.Option("--file", envvar="POLYLECT_KEYS_FILE", help="The key file; default: keys_file."),
]
LIMITS = ("requests_per_minute", "tokens_per_minute", "concurrent", "tokens_per_month")


@app.command()
def create(
    owner: Annotated[str, typer.Option(help="Whose key it is: a person, a team, a program.")],
    model: Annotated[
        list[str] | None,
        typer.Option(help="A model id it may use, such as polylect/*, or /metrics; repeat for more."),
    ] = None,
    requests_per_minute: Annotated[
        int, typer.Option(min=0, help="Calls to backbones, voices included; 0: no limit.")
    ] = 600,
    tokens_per_minute: Annotated[
        int, typer.Option(min=0, help="Tokens of prompts and answers; 0: no limit.")
    ] = 1_000_000,
    concurrent: Annotated[int, typer.Option(min=0, help="Concurrent requests; 0: no limit.")] = 16,
    tokens_per_month: Annotated[
        int, typer.Option(min=0, help="Budget per calendar month in UTC; 0: no limit.")
    ] = 0,
    file: File = None,
) -> None:
    """Make a key and print its secret, this once: what is kept is a hash."""
    chosen = (requests_per_minute, tokens_per_minute, concurrent, tokens_per_month)
    limits = {name: value or None for name, value in zip(LIMITS, chosen, strict=True)}
    with _mendable():
        path = _path(file)
        key, secret = create_key(path, owner, models=tuple(model) if model else None, **limits)
    told.print(f"{key.id} for {owner} in {path}. Its secret is not shown again:", markup=False)
    sys.stdout.write(f"{secret}\n")


@app.command("list")
def list_keys(
    as_json: Annotated[bool, typer.Option("--json", help="Print the keys as JSON.")] = False,
    file: File = None,
) -> None:
    """Show the keys and what they allow; secrets are not kept."""
    with _mendable():
        keys = read_keys(_path(file))
    if as_json:
        shown = [key.model_dump(mode="json", exclude={"sha256"}) for key in keys]
        sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    else:
        Console().print(_table(keys))


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="Its id, as `polylect keys list` shows it.")],
    file: File = None,
) -> None:
    """End a key; a running service refuses it within a second."""
    with _mendable():
        key = revoke_key(_path(file), key_id)
    told.print(f"{key.id} of {key.owner} is revoked.", markup=False)


def _path(file: Path | None) -> Path:
    path = file or load_settings().keys_file
    if path is None:
        raise ConfigurationError("Which file? Say --file PATH, or set POLYLECT_KEYS_FILE or keys_file.")
    return path


def _table(keys: tuple[Key, ...]) -> Table:
    whole = [Column(name, no_wrap=True) for name in ("id", "created")]
    headings = (Column(name.replace("_", " "), overflow="fold") for name in ("owner", "models", *LIMITS))
    table = Table(*whole, *headings, box=None)
    for key in keys:
        limits = (getattr(key, name) for name in LIMITS)
        shown = ("-" if limit is None else f"{limit:,}" for limit in limits)
        table.add_row(key.id, f"{key.created:%Y-%m-%d}", key.owner, ", ".join(key.models or ("*",)), *shown)
    return table


@contextmanager
def _mendable() -> Iterator[None]:
    """What the operator can mend is said in one line, without a traceback."""
    try:
        yield
    except ConfigurationError as error:
        told.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
