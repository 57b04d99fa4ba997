"""Whether a request may go on, and what it has used: the place of keys and quotas."""

from collections.abc import Mapping
from typing import Protocol, cast


class Admission(Protocol):
    """One request's right to be served."""

    def allows(self, model: str) -> bool:
        """Whether this asker may use this model id."""

    async def charge(self, *, calls: int, tokens: int) -> Mapping[str, str]:
        """Take so many calls of a backbone and estimated prompt tokens off the quota; headers that say so.

        Raises:
            InvalidRequest: 429, there is not as much left.
        """

    async def refund(self) -> None:
        """Give back what was charged: the request is refused after all, and no backbone was asked."""

    def spend(self, tokens: int) -> None:
        """These tokens have been used, by a call that has ended."""

    @property
    def counts_tokens(self) -> bool:
        """Whether somebody needs to know what `spend` is told: then backbones are asked to report usage."""


class Unlimited:
    """Everybody may do everything: a service without keys, on loopback."""

    counts_tokens = False

    def allows(self, model: str) -> bool:
        """Always."""
        return True

    async def charge(self, *, calls: int, tokens: int) -> Mapping[str, str]:
        """Nothing is counted."""
        return {}

    async def refund(self) -> None:
        """Nothing was charged."""

    def spend(self, tokens: int) -> None:
        """Nothing is counted."""


def admission_of(state: Mapping[str, object]) -> Admission:
    """The admission that the gate gave this request, which is on its ASGI `state`.

    Raises:
        RuntimeError: none did. Whoever came another way is not served: it would be without key and uncounted.
    """
    if "admission" not in state:
        raise RuntimeError("the request has not passed the gate (service/access/auth.py): it is not served")
    return cast(Admission, state["admission"])
