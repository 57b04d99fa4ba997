"""The services that the pages' blocks are run against."""

from tests.clients.conftest import environment, url
from tests.service.conftest import _backbone, _service, backbone, service

__all__ = ["_backbone", "_service", "backbone", "environment", "service", "url"]
