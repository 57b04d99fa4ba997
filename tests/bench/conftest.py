"""A scripted backbone, over a real socket."""

from tests.service.conftest import _backbone, backbone  # the fixtures of a neighbour, by their names

__all__ = ["_backbone", "backbone"]
