"""Everything that `agents` raises, as one tree. The service translates it once, at its wall.

PolylectError
├── BadQuestion             the asker can mend it: names the field, the value and the cure
│   ├── UnknownCulture      with near matches
│   ├── UnknownLanguage     a reasoning language or audience that nobody knows
│   └── UnsupportedOption   options that exclude each other, or are out of bounds
├── BackboneError           the model could not be asked, or failed
│   ├── BackboneUnavailable no connection, or it answered 5xx
│   ├── BackboneTimeout     it did not answer in time
│   └── BackboneRejected    it refused the request (4xx): its own status and message are kept
├── TooFewVoices            too many voices of a council were silent, or all
└── PromptError             a prompt is missing or was rendered wrongly (agents.prompting)
"""

from collections.abc import Sequence


class PolylectError(Exception):
    """Root of the tree; never raised itself."""


class BadQuestion(PolylectError):
    """The asker can mend it.

    `param` is the path of the offending field in the request, `code` OpenAI's machine-readable reason.
    """

    code = "invalid_value"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param


class UnknownCulture(BadQuestion):
    """No culture has this id, name or language. `near` are ids that resemble it, best first."""

    code = "unknown_culture"

    def __init__(self, value: str, near: Sequence[str] = (), *, param: str = "polylect.cultures") -> None:
        cure = f"Did you mean {', '.join(near)}?" if near else "Give an ISO 3166 code such as JP or KE."
        super().__init__(f"Unknown culture {value!r}. {cure}", param=param)
        self.value = value
        self.near = tuple(near)


class UnknownLanguage(BadQuestion):
    """A language tag that is not well-formed, or that no locale data knows."""

    code = "unknown_language"


class UnsupportedOption(BadQuestion):
    """Options that exclude each other, or a number out of bounds."""

    code = "unsupported_option"


class BackboneError(PolylectError):
    """The backbone could not be asked, or failed.

    `status` is its HTTP status where it gave one, `retry_after` its Retry-After header, as sent.
    """

    code = "backbone_error"

    def __init__(self, message: str, *, status: int | None = None, retry_after: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.retry_after = retry_after


class BackboneUnavailable(BackboneError):
    """No connection, a connection that broke, or an answer of 5xx."""

    code = "backbone_unavailable"


class BackboneTimeout(BackboneError):
    """It did not answer within the time allowed."""

    code = "backbone_timeout"


class BackboneRejected(BackboneError):
    """It refused the request: `status` is its 4xx, `body` its own error object where it sent one."""

    code = "backbone_rejected"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        retry_after: str | None = None,
        body: dict[str, object] | None = None,
    ) -> None:
        super().__init__(message, status=status, retry_after=retry_after)
        self.body = body


class TooFewVoices(PolylectError):
    """Fewer voices of a council spoke than are needed; `reasons` says by culture id why the others did not.

    `spoke` is how many did, `needed` how many should have; `code` is `nobody_spoke` when none did.
    """

    def __init__(self, reasons: dict[str, str], *, spoke: int = 0, needed: int = 1) -> None:
        listed = "; ".join(f"{culture}: {reason}" for culture, reason in reasons.items())
        asked = spoke + len(reasons)
        few = f"Only {spoke} of the {asked} cultures that were asked gave a perspective, {needed} are needed"
        none = "None of the cultures that were asked gave a perspective"
        super().__init__(f"{few if spoke else none} ({listed}).")
        self.message = str(self)
        self.code = "too_few_voices" if spoke else "nobody_spoke"
        self.reasons, self.spoke, self.needed = reasons, spoke, needed
