"""The command `polylect`."""

import json
import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from agents import ContextDetector, Cultures, Prompts, companions, load_detector, open_scorer
from service.access.keys_command import app as keys
from service.ask import Ask, AskFailed, ask_service
from service.culture_table import culture_table, described
from service.detect_view import ContextView
from service.doctor.view import run_doctor
from service.embedded import EmbeddedError
from service.knowledge_command import app as knowledge
from service.knowledge_command import profile
from service.score import UnreadableText, read_text
from service.score_view import ScoreView
from service.serve import serve as run_service
from service.settings import ConfigurationError, Settings, load_settings

app = typer.Typer(
    help="A drop-in OpenAI endpoint that answers from more than one culture.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(keys, name="keys")
app.add_typer(knowledge, name="knowledge")
app.command("profile")(profile)
problems = Console(stderr=True)
T = TypeVar("T")

EMBEDDED_BANNER = """\
Polylect in front of its embedded model, SmolLM2-135M-Instruct.
This small English model shows the mechanics; what it says is often wrong. For a real one, in polylect.yaml:
  model_list: [{model_name: mine, litellm_params: {model: hosted_vllm/NAME, api_base: "http://HOST:PORT/v1"}}]"""


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (POLYLECT_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 picks a free one (POLYLECT_PORT).")] = None,
) -> None:
    """Start the service; without any configuration, in front of the embedded model."""
    settings = _or_stop(lambda: load_settings(host=host, port=port))
    problems.print(_banner(settings), style="bold", markup=False, highlight=False, soft_wrap=True)
    _or_stop(lambda: run_service(settings, problems))


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="Your question.")],
    mode: Annotated[
        str, typer.Option(help="auto, direct, contextual, multiplex, debate or expert.")
    ] = "auto",
    culture: Annotated[list[str] | None, typer.Option(help="A culture to consult; repeat for more.")] = None,
    backbone: Annotated[str | None, typer.Option(help="Which backbone; default: the first.")] = None,
    url: Annotated[
        str | None,
        typer.Option(
            envvar=["POLYLECT_BASE_URL", "POLYLECT_URL"],
            help="A running service; default: local, or embedded.",
        ),
    ] = None,
) -> None:
    """Ask, watch the voices as they speak, and read the answer as it is written.

    POLYLECT_API_KEY is sent as the key, where it is set.
    """
    key = os.environ.get("POLYLECT_API_KEY", "")
    asked = Ask(question, mode, tuple(culture or ()), backbone)
    _or_stop(lambda: ask_service(asked, url, Console(), key=key))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as a JSON array.")] = False,
    ask: Annotated[bool, typer.Option(help="Ask each model for one token.")] = True,
) -> None:
    """Check everything that serving needs, and say what to do. Exit status 1: something has to be fixed."""
    raise typer.Exit(run_doctor(Console(), ask=ask, as_json=as_json))


@app.command()
def detect(
    text: Annotated[str | None, typer.Argument(help="The text; omit it with --jsonl.")] = None,
    jsonl: Annotated[bool, typer.Option(help='Read {"id", "text"} lines, write {"id", "context"}.')] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the context as JSON.")] = False,
    explain: Annotated[bool, typer.Option(help="Mark the evidence in the text, and say why.")] = False,
) -> None:
    """Show a text's language and the cultures that it is about. "Unknown" is a possible result."""
    if (text is None) != jsonl:
        raise typer.BadParameter("Give a text, or --jsonl and lines on standard input.")
    if explain and (jsonl or as_json):
        raise typer.BadParameter(
            "--explain is for people: leave out --json and --jsonl, which have the spans."
        )
    settings = _or_stop(load_settings)
    cultures = Cultures.load()
    detector = load_detector(settings.lid_model, cultures.area_names())
    if text is None:
        _detect_lines(detector)
    elif explain:
        ContextView(Console(), cultures).show(text, detector.detect(text))
    elif as_json:
        sys.stdout.write(json.dumps(detector.detect(text).as_dict(), ensure_ascii=False, indent=2) + "\n")
    else:
        _show_context(detector.detect(text).as_dict())


@app.command()
def score(
    file: Annotated[str, typer.Argument(help="A file of text in any language, UTF-8; - for standard input.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the score as JSON.")] = False,
) -> None:
    """Show how evenly a text refers to the sectors of the world, and what it refers to."""
    text = _or_stop(lambda: read_text(file))
    found = open_scorer().score(text)
    if as_json:
        sys.stdout.write(json.dumps(found.as_dict(), ensure_ascii=False, indent=2) + "\n")
    else:
        ScoreView(Console(), Cultures.load()).show(found, companions(found, text))


@app.command()
def cultures(
    as_json: Annotated[bool, typer.Option("--json", help="Print them as a JSON array.")] = False,
) -> None:
    """List the curated cultures. Every other ISO 3166 code can be requested too."""
    known = Cultures.load()
    if as_json:
        prompts = Prompts.load()
        listed = [described(one, prompts.page_languages(one.id)) for one in known]
        sys.stdout.write(json.dumps(listed, ensure_ascii=False, indent=2) + "\n")
        return
    Console().print(culture_table(known))


@app.command("version")
def show_version() -> None:
    """Print the version."""
    sys.stdout.write(f"polylect-service {version('polylect-service')}\n")


def _banner(settings: Settings) -> str:
    """What the operator should know before the first request."""
    if settings.model_list:
        names = ", ".join(dict.fromkeys(one.model_name for one in settings.model_list))
        return f"Polylect in front of {names}"
    if settings.embedded_model:
        return f"Polylect in front of the embedded model {settings.embedded_model}"
    return EMBEDDED_BANNER


def _detect_lines(detector: ContextDetector) -> None:
    for number, line in enumerate(sys.stdin, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            context = detector.detect(row["text"]).as_dict()
            sys.stdout.write(json.dumps({"id": row.get("id"), "context": context}, ensure_ascii=False) + "\n")
        except (ValueError, TypeError, KeyError) as error:
            problems.print(f'line {number}: expected {{"id", "text"}}: {error}', style="red", markup=False)
            raise typer.Exit(2) from error


def _show_context(context: dict[str, Any]) -> None:
    cultures = Cultures.load()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    language = context["language"]
    spoken = f"{language['tag']}  (probability {language['probability']:.2f})" if language else "unknown"
    table.add_row("language", spoken)
    steered = "steered" if context["cultural"] >= 0.5 else "not steered"
    table.add_row("cultural", f"{context['cultural']:.2f}  ({steered})")
    for one in context["cultures"]:
        name = cultures.get(one["id"]).name("en") if one["id"] in cultures else one["id"]
        evidence = ", ".join(one["evidence"])
        table.add_row("culture", f"{one['id']}  {name}  (weight {one['weight']:.2f}; evidence: {evidence})")
    if not context["cultures"]:
        table.add_row("culture", "unknown")
    table.add_row("cue", context["cue"])
    Console().print(table)


def _or_stop(action: Callable[[], T]) -> T:
    """The action's result; what the user can mend is said in one line, without a traceback."""
    try:
        return action()
    except (ConfigurationError, EmbeddedError, AskFailed, UnreadableText) as error:
        problems.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
