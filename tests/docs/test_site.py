"""The site as it is built: strictly, complete, and without anything of anybody else's."""

import os
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.page_blocks import DOCS, ROOT, pages

pytestmark = [pytest.mark.docs, pytest.mark.timeout(180)]

VENV = Path(os.environ.get("DOCS_VENV", ROOT / ".venv-docs")).absolute()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a broken link, anchor or page without a place ends the build."""
    mkdocs = VENV / "bin" / "mkdocs"
    if not mkdocs.exists():
        pytest.fail(f"{mkdocs} is missing: make docs creates it")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [mkdocs, "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


class Loaded(HTMLParser):
    """What a browser fetches to show a page: all but the addresses that somebody may follow."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value and (name in {"src", "srcset", "poster", "data"} or (name == "href" and tag != "a")):
                self.addresses.append(value)


def html(site: Path) -> Iterator[tuple[str, str]]:
    for file in site.rglob("*.html"):
        yield file.relative_to(site).as_posix(), file.read_text("utf-8")


def test_every_page_is_on_the_site(site):
    for page in pages():
        name = page.removesuffix(".md")
        folder = site / (name[: -len("index")] if name.split("/")[-1] == "index" else name)
        assert (folder / "index.html").is_file(), page
    for name in ("api", "cli", "prompts", "settings"):
        assert (site / "reference" / name / "index.html").is_file()
    assert (site / "project" / "security" / "index.html").is_file()


def test_nothing_is_fetched_from_anybody_else(site):
    fetched = {address for _, text in html(site) for address in Loaded(text).addresses}
    assert len(fetched) > 10
    assert [one for one in fetched if re.match(r"(?i)([a-z]+:)?//", one)] == []


def test_no_style_sheet_fetches_from_anybody_else(site):
    for file in site.rglob("*.css"):
        addresses = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')\s]+)", file.read_text("utf-8"))
        assert [one for one in addresses if re.match(r"(?i)(https?:)?//", one)] == [], file.name


def test_no_script_of_a_page_knows_an_address(site):
    scripts = [one for _, text in html(site) for one in re.findall(r"(?s)<script[^>]*>(.*?)</script>", text)]
    assert any("__md_scope" in one for one in scripts)
    assert [one for one in scripts if re.search(r"https?://|[\"']//", one)] == []


def test_our_tools_are_not_published(site):
    assert [file.name for file in site.rglob("*") if file.suffix in {".py", ".in", ".toml"}] == []
    assert not (site / "constraints.txt").exists()


def test_the_search_knows_the_pages(site):
    index = (site / "search" / "search_index.json").read_text("utf-8")
    assert "Perspectives Distribution Score" in index
    assert "POLYLECT_DRAIN_SECONDS" in index


def test_pages_of_the_repository_keep_their_links(site):
    text = (site / "project" / "changelog" / "index.html").read_text("utf-8")
    assert 'href="../../benchmarks/evaluation/"' in text


def test_the_pages_that_the_readme_links_to_are_there():
    targets = re.findall(r"\]\(docs/([^)#]+\.md)", (ROOT / "README.md").read_text("utf-8"))
    assert len(targets) >= 4
    assert [target for target in targets if not (DOCS / target).is_file()] == []
