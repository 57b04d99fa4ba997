"""In which language to reason about what: by a backbone's knowledge map, or by the prior without one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agents.errors import BackboneError
from agents.knowledge.embed import Embedder
from agents.knowledge.knowledge_map import KnowledgeMap, Route
from agents.knowledge.prior import Prior


@dataclass(frozen=True, slots=True)
class Routes:
    """`maps`: by the operator's name of the backbone, the default one under "". `embedder`: theirs."""

    prior: Prior
    maps: Mapping[str, KnowledgeMap] = field(default_factory=dict)
    embedder: Embedder | None = None

    def route(self, text: str, backbone: str | None, culture: str | None, languages: Sequence[str]) -> Route:
        """For a question about a culture (None: about none that is known) with these languages.

        The text is embedded where a map needs its vector, and nowhere else.
        """
        known = self.maps.get(backbone or "")
        if known is None or self.embedder is None:
            return self.prior.route(languages)
        try:
            vector = self.embedder.embed(text)
        except BackboneError as error:
            prior = self.prior.route(languages)
            return replace(prior, why=f"{prior.why}: the embedder failed ({error.message})")
        own = next((one for one in languages if one in known.file.provenance.languages), None)
        return known.route(vector, culture, own)
