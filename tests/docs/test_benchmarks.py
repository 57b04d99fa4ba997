"""The table of shared questions in the benchmarks is what its own code makes of the published scores."""

import subprocess
import sys

from tests.docs.page_blocks import DOCS, ROOT, blocks

PAGE = "benchmarks/evaluation.md"


def test_the_table_of_shared_questions_is_made_of_the_scores():
    (code,) = [block.text for block in blocks(PAGE) if block.language == "python"]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    rows = done.stdout.splitlines()
    assert len(rows) == 4
    written = (DOCS / PAGE).read_text("utf-8").splitlines()
    assert [row for row in rows if row not in written] == []
