"""No block of code in the documentation is left alone: it is run, read, or says why it cannot be."""

import pytest

from tests.docs.page_blocks import DOCS, OUTPUT, ROOT, blocks, pages
from tests.docs.page_session import read

RUN = {
    "how-to/keys.md": "test_how_to.py",
    "how-to/profile-a-model.md": "test_how_to.py",
    "how-to/providers.md": "test_how_to.py",
    "how-to/vllm.md": "test_how_to.py",
    "how-to/works-with/curl.md": "test_works_with.py",
    "how-to/works-with/langchain.md": "test_works_with.py",
    "how-to/works-with/litellm-proxy.md": "test_works_with.py",
    "how-to/works-with/llamaindex.md": "test_works_with.py",
    "how-to/works-with/llm.md": "test_works_with.py",
    "how-to/works-with/open-webui.md": "test_open_webui.py",
    "how-to/works-with/vercel-ai-sdk.md": "test_works_with.py",
    "index.md": "test_tutorial.py",
    "tutorial/first-answer.md": "test_tutorial.py",
}
"""Pages whose blocks are run, and where. In any other page a block is data, or has a comment."""

NOT_RUN = {
    "api.md": 1,
    "benchmarks/evaluation.md": 1,
    "benchmarks/knowledge.md": 1,
    "how-to/add-a-culture.md": 1,
    "how-to/deploy.md": 3,
    "how-to/keys.md": 1,
    "how-to/providers.md": 2,
    "how-to/vllm.md": 3,
    "how-to/works-with/langchain.md": 1,
    "how-to/works-with/litellm-proxy.md": 1,
    "how-to/works-with/llamaindex.md": 1,
    "how-to/works-with/llm.md": 1,
    "how-to/works-with/open-webui.md": 1,
    "how-to/works-with/vercel-ai-sdk.md": 1,
    "index.md": 1,
    "knowledge.md": 1,
    "tutorial/first-answer.md": 1,
}
"""How many blocks of a page cannot be run. One more is a decision: count it here."""


@pytest.mark.parametrize("page", pages())
def test_as_many_blocks_are_not_run_as_are_counted(page):
    assert sum(block.note == "not run" for block in blocks(page)) == NOT_RUN.get(page, 0)


@pytest.mark.parametrize("page", [page for page in pages() if page not in RUN])
def test_a_block_of_another_page_is_data_or_says_who_runs_it(page):
    for block in blocks(page):
        if block.note == "run by":
            assert (ROOT / block.said).is_file(), block.place
        elif block.is_code and not block.note:
            read(block)


@pytest.mark.parametrize(("page", "test"), RUN.items())
def test_a_page_that_is_run_is_named_where_it_is_run(page, test):
    assert (DOCS / page).exists()
    assert f'"{page}"' in (ROOT / "tests" / "docs" / test).read_text("utf-8")


def test_every_comment_of_ours_stands_before_a_block_and_gives_a_reason():
    for page in pages():
        text = (DOCS / page).read_text("utf-8")
        noted = [block for block in blocks(page) if block.note]
        written = sum(text.count(f"<!-- {words}") for words in ("not run", "run by", "in the background"))
        assert written == len(noted), page
        assert all(len(block.said) > 8 for block in noted), page


def test_every_block_says_what_language_it_is_in():
    known = OUTPUT | {"js", "json", "jsonl", "python", "sh", "toml", "yaml"}
    assert {block.language for page in pages() for block in blocks(page)} <= known
