"""Every example of a docstring and of the README, run against a live service."""

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import polylect
import pytest

README = (Path(__file__).parents[2] / "sdk" / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
MODULES = [polylect.__name__, *(one.name for one in pkgutil.iter_modules(polylect.__path__, "polylect."))]
EXAMPLES = [
    example
    for name in MODULES
    for example in doctest.DocTestFinder().find(importlib.import_module(name))
    if example.examples
]


@pytest.fixture
def _address(url, monkeypatch):
    monkeypatch.setenv("POLYLECT_BASE_URL", url)


@pytest.mark.usefixtures("_address")
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_docstrings_example_does_what_it_says(example):
    told: list[str] = []
    doctest.DocTestRunner().run(example, out=told.append)
    assert not told, "".join(told)


@pytest.mark.usefixtures("_address")
@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_a_block_of_the_readme_runs(block, capsys):
    exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out


def test_the_readme_shows_what_it_should():
    assert len(BLOCKS) == 4
    for word in ("council(", "stream=True", "AsyncPolylect", "NotPolylect", "APIConnectionError"):
        assert any(word in block for block in BLOCKS), word


def public():
    """Everything that `polylect` offers, and what its classes add to OpenAI's."""
    for name in polylect.__all__:
        offered = getattr(polylect, name)
        if not inspect.isclass(offered):
            continue
        yield name, offered
        for member, value in vars(offered).items():
            if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                yield f"{name}.{member}", value


@pytest.mark.parametrize(
    ("name", "offered"), list(public()), ids=lambda one: one if isinstance(one, str) else ""
)
def test_everything_has_an_example(name, offered):
    assert ">>> " in (inspect.getdoc(offered) or "")
    assert not name.startswith("model_"), "pydantic's own"


def test_the_front_door_is_sorted_and_whole():
    assert sorted(polylect.__all__, key=lambda name: (not name.isupper(), name)) == polylect.__all__
    assert all(hasattr(polylect, name) for name in polylect.__all__)
