"""What MkDocs asks us while it builds the site.

- The reference is generated (`python -m docs.generate`, in the service's own environment: .venv, or what
  POLYLECT_PYTHON names), and pages that live elsewhere in the repository become pages of the site.
- Links lead where the site has the page. One to a file of the repository that the site does not have is shown
  as the file's path; one to nothing is a warning, and so, under `strict`, the end of the build.
"""

import json
import logging
import os
import posixpath
import re
import subprocess
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

log = logging.getLogger("mkdocs.hooks.polylect")

ROOT = Path(__file__).parents[1]
ELSEWHERE = {
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "SECURITY.md": "project/security.md",
    "alignment/data/README.md": "project/alignment-data.md",
    "alignment/data/taught/README.md": "project/alignment-taught.md",
    "deploy/grafana/README.md": "project/grafana.md",
    "deploy/vllm/README.md": "project/vllm.md",
    "evaluation/README.md": "project/evaluation.md",
    "prompts/README.md": "project/prompts.md",
    "sdk/README.md": "reference/python.md",
    "training/README.md": "project/training.md",
}
"""Pages of the repository, by the address that they have on the site."""

_ORIGINS = {address: path for path, address in ELSEWHERE.items()}
_CODE = re.compile(r"^( *)(`{3,})[^\n]*\n.*?^\1\2\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """A folder in the navigation (`decisions/`) stands for its pages, in the order of their names."""
    config.nav = _filled(config.nav, Path(config.docs_dir))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not files below docs/, and those of which a part is made."""
    pages = {address: (ROOT / path).read_text("utf-8") for path, address in ELSEWHERE.items()}
    for address, text in {**pages, **_generated()}.items():
        if written := files.get_file_from_path(address):  # a page of docs/ of which a part is made
            files.remove(written)
        files.append(File.generated(config, address, content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let every link of a page lead to where it is on the site; code is left as it is."""
    kept, parts = 0, []
    for code in _CODE.finditer(markdown):
        parts += [_linked(markdown[kept : code.start()], page, files), code.group()]
        kept = code.end()
    return "".join([*parts, _linked(markdown[kept:], page, files)])


def _filled(entry: Any, docs: Path) -> Any:
    if isinstance(entry, list):
        return [_filled(one, docs) for one in entry]
    if isinstance(entry, dict):
        return {title: _filled(one, docs) for title, one in entry.items()}
    if isinstance(entry, str) and entry.endswith("/"):
        return [page.relative_to(docs).as_posix() for page in sorted((docs / entry).glob("*.md"))]
    return entry


def _generated() -> dict[str, str]:
    python = os.environ.get("POLYLECT_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POLYLECT_")}
    command = [python, "-m", "docs.generate"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True)  # noqa: S603  # ours
    pages: dict[str, str] = json.loads(done.stdout)
    return pages


def _linked(markdown: str, page: Page, files: Files) -> str:
    return _LINK.sub(lambda found: _link(found, page.file.src_uri, files), markdown)


def _link(found: re.Match[str], address: str, files: Files) -> str:
    """One link, as it must be on the page of this address."""
    picture, text, target = found.groups()
    path, mark, anchor = target.partition("#")
    if not path or re.match(r"[a-z]+:|/", path):
        return found.group()
    origin = _ORIGINS.get(address, f"docs/{address}")
    named = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
    there = ELSEWHERE.get(named, named.removeprefix("docs/"))
    if files.get_file_from_path(there) and (named in ELSEWHERE or named.startswith("docs/")):
        return f"{picture}[{text}]({posixpath.relpath(there, posixpath.dirname(address))}{mark}{anchor})"
    if (ROOT / named).exists():
        return f"{text} (`{named}`)"
    log.warning("%s links to '%s', and the repository has no such file", origin, target)
    return found.group()
