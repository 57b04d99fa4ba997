"""What only profiling needs: the extra `profile`, loaded when it is used."""

from importlib import import_module
from types import ModuleType

from agents.errors import PolylectError


class NotInstalled(PolylectError):
    """An optional dependency is missing: the message names the extra."""


def scipy_stats() -> ModuleType:
    """SciPy's distributions."""
    return _load("scipy.stats")


def sklearn_cluster() -> ModuleType:
    """scikit-learn's clusterings."""
    return _load("sklearn.cluster")


def sklearn_metrics() -> ModuleType:
    """scikit-learn's measures of a clustering."""
    return _load("sklearn.metrics")


def _load(name: str) -> ModuleType:
    """The module.

    Raises:
        NotInstalled: the extra was not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        cure = ".venv/bin/pip install -c constraints.txt -e '.[profile]'"
        raise NotInstalled(f"Profiling needs {name.split('.')[0]}: {cure}") from error
