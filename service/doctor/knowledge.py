"""What Polylect brings along or is told to read: facts, words, models of language, maps, an embedder."""

import asyncio
from collections.abc import Sequence

from agents import BackboneError, BackboneRejected, BadMap, KnowledgeMap, load_knowledge
from service.doctor.finding import Finding, address, ok, problem, refused, skipped, warning
from service.knowledge_maps import load_maps
from service.settings import ConfigurationError, Deployment, Settings
from service.upstream.embeddings import EmbeddingsEndpoint


async def data(settings: Settings) -> list[Finding]:
    """Facts, prompts and the models of detection, loaded as the service loads them."""
    try:
        known = await asyncio.to_thread(load_knowledge, settings.lid_model)
    except Exception as error:  # a damaged installation fails in as many ways as it has files
        if settings.lid_model is not None and isinstance(error, OSError | ValueError):
            found = f"lid_model: {settings.lid_model} is no fastText model that can be read"
            return [problem("data", found, "Mend POLYLECT_LID_MODEL, or unset it: two models come along.")]
        cure = ".venv/bin/pip install --force-reinstall --no-deps -e ."
        return [problem("data", f"it cannot be loaded ({type(error).__name__}: {error})", cure)]
    prompts = known.prompts
    languages = {tag for name in prompts.names for tag in prompts.languages(name)}
    texts = sum(len(prompts.languages(name)) for name in prompts.names)
    cultures = len(list(known.cultures))
    return [ok("data", f"{cultures} cultures, {texts} prompts in {len(languages)} languages, detection")]


def maps(settings: Settings, deployments: Sequence[Deployment]) -> list[Finding]:
    """Every knowledge map: it can be read, and is of the model and the embedder that are served."""
    findings = []
    for name, path in settings.knowledge_maps.items():
        check = f"map of {name}"
        if not deployments:
            findings.append(skipped(check, "the backbone that it is for is not known"))
            continue
        try:
            loaded = load_maps(settings.model_copy(update={"knowledge_maps": {name: path}}), deployments)
        except ConfigurationError as error:
            findings.append(refused(check, error, "Make it anew with `polylect profile`."))
            continue
        made = loaded[name].file
        found = f"{path}: {len(made.clusters)} clusters, made {made.provenance.made}"
        findings.append(ok(check, found))
    return findings


async def embedder(settings: Settings, *, ask: bool) -> list[Finding]:
    """Another embedder than the one on this machine: one text is embedded."""
    params = settings.embedder
    if params is None:
        return []
    if not ask:
        return [skipped("embedder", "not asked: --no-ask")]
    endpoint = EmbeddingsEndpoint(params)
    try:
        vector = await asyncio.to_thread(endpoint.embed, "yes")
    except BackboneRejected as error:
        cure = "Mend embedder.api_key." if error.status in {401, 403} else "Mend embedder.model or api_base."
        return [problem("embedder", f"{error.message} at {address(params.api_base)}", cure)]
    except BackboneError as error:
        cure = "Start it, or mend embedder.api_base: without it questions are planned without their map."
        return [problem("embedder", f"{error.message} at {address(params.api_base)}", cure)]
    finally:
        endpoint.close()
    if not settings.knowledge_maps:
        what = f"{params.model} answers, and no knowledge map needs it"
        return [warning("embedder", what, "Name a map in knowledge_maps, or remove embedder.")]
    return [
        ok("embedder", f"{params.model} answers with {len(vector)} numbers"),
        *_sizes(settings, len(vector)),
    ]


def _sizes(settings: Settings, numbers: int) -> list[Finding]:
    """Maps of vectors of another length: every look-up would fail."""
    findings = []
    for name, path in settings.knowledge_maps.items():
        try:
            wanted = KnowledgeMap.load(path.expanduser()).file.provenance.dimensions
        except BadMap:
            continue
        if wanted != numbers:
            found = f"{path} was made of vectors of {wanted} numbers, the embedder's have {numbers}"
            findings.append(problem(f"map of {name}", found, "Mend embedder, or profile again."))
    return findings
