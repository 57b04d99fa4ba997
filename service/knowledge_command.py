"""`polylect profile` and `polylect knowledge show`."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from agents import KnowledgeMap, PolylectError
from agents.profile import Ways
from service.embedded import EmbeddedError
from service.knowledge_view import KnowledgeView, plot
from service.profile import Profile, profile_backbone
from service.settings import ConfigurationError, load_settings

app = typer.Typer(help="Show a knowledge map.", no_args_is_help=True)
problems = Console(stderr=True)


@app.command("show")
def show(
    file: Annotated[Path, typer.Argument(metavar="MAP", help="A map that `polylect profile` made.")],
    picture: Annotated[
        Path | None, typer.Option("--plot", help="Also write the heat map as a picture.")
    ] = None,
) -> None:
    """Show where a model knows more in which language, how sure that is, and what was chosen."""
    try:
        known = KnowledgeMap.load(file)
        KnowledgeView(Console()).show(known)
        if picture:
            plot(known, picture)
    except ModuleNotFoundError as error:
        _stop(f"A picture needs {error.name}: .venv/bin/pip install -c constraints.txt -e '.[profile]'")
    except (PolylectError, OSError) as error:
        _stop(str(error))


def profile(
    questions: Annotated[
        Path, typer.Option(help="JSON lines: id, question, options, answer; group, culture.")
    ],
    languages: Annotated[str, typer.Option(help="Languages to reason in besides English, such as zh,ar,es.")],
    out: Annotated[Path, typer.Option(help="File for the map; its trials are kept next to it.")],
    backbone: Annotated[str | None, typer.Option(help="Which backbone; default: the first.")] = None,
    reasoning: Annotated[
        int, typer.Option(min=0, max=4096, help="Tokens of reasoning; 0: only the prompt's language changes.")
    ] = 64,
    at_once: Annotated[int, typer.Option(min=1, max=256, help="Trials that run at once.")] = 4,
    engine: Annotated[
        Literal["here", "ray"], typer.Option(help="ray: on the workers of a Ray cluster (RAY_ADDRESS).")
    ] = "here",
    workers: Annotated[
        int, typer.Option(min=1, help="Number of Ray workers; each runs --at-once trials.")
    ] = 2,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Use only this many questions, the first ones.")
    ] = None,
    clusters: Annotated[
        int | None, typer.Option(min=1, help="Number of clusters; default: chosen by the data.")
    ] = None,
    minimum: Annotated[int, typer.Option(min=2, help="Fewest question groups for a choice.")] = 30,
    alpha: Annotated[float, typer.Option(min=0.0001, max=0.5, help="Significance level.")] = 0.05,
) -> None:
    """Measure in which language a backbone knows which subjects best, and draw its knowledge map."""
    spoken = tuple(tag.strip() for tag in languages.split(",") if tag.strip())
    asked = Profile(
        questions,
        spoken,
        out,
        backbone,
        reasoning,
        at_once,
        limit,
        workers if engine == "ray" else 0,
        Ways(alpha, minimum, clusters),
    )
    console = Console()
    try:
        made = profile_backbone(asked, load_settings(), console)
    except (PolylectError, ConfigurationError, EmbeddedError) as error:
        _stop(str(error))
    except KeyboardInterrupt:
        _stop(f"Interrupted. What was measured is in {asked.log}: start the same command again to go on.")
    KnowledgeView(console).show(made)
    console.print(f"\n{out}: name it in polylect.yaml, knowledge_maps: {{BACKBONE: {out}}}", highlight=False)


def _stop(message: str) -> None:
    problems.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(2)
