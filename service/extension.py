"""What an answer carries beyond OpenAI's fields: the object `polylect` and the headers `x-polylect-*`."""

from dataclasses import asdict
from typing import Any

from agents import (
    Companions,
    Distribution,
    Event,
    Finished,
    GuardReport,
    Perspective,
    PerspectiveDelta,
    PerspectiveFinished,
    PerspectiveStarted,
    Plan,
    Usage,
    Voice,
)


def headers(plan: Plan, overhead_ms: float) -> dict[str, str]:
    """The short form, known before the first byte. `overhead_ms`: what detecting and planning took."""
    return {
        "x-polylect-mode": plan.mode,
        "x-polylect-cultures": ",".join(plan.cultures),
        "x-polylect-language": plan.answer_language or "unknown",
        "x-polylect-overhead-ms": f"{overhead_ms:.1f}",
    }


def extension(plan: Plan, finished: Finished, *, trace: bool) -> dict[str, Any]:
    """The object `polylect` of an answer; `trace` adds each perspective's text and each voice's reason."""
    found: dict[str, Any] = {
        "mode": plan.mode,
        "why": plan.why,
        "context": plan.context.as_dict(),
        "answer_language": plan.answer_language,
        "perspectives": [perspective(one, trace=trace) for one in finished.perspectives],
        "pds": distribution(finished.pds) if finished.pds else None,
        "calls": finished.calls,
        "usage": {stage: usage(spent) for stage, spent in sorted(finished.stages.items())},
        "overhead_ms": round(finished.overhead_ms, 1),
    }
    if left_out := finished.shortened:
        found["shortened"] = {"turns": left_out.turns, "characters": left_out.characters}
    if finished.guard:
        found["guard"] = guarded(finished.guard)
    if plan.mode == "debate":
        found["debate"] = [perspective(one, trace=trace) for one in finished.debated]
    if trace:
        found["voices"] = [voice(one) for one in plan.voices]
        if finished.companions:
            found["pds"] |= {"companions": companion_figures(finished.companions)}
    return found


def voice(asked: Voice) -> dict[str, Any]:
    """Why a voice was asked, and how its language was found; `known` is false for a prior."""
    told: dict[str, Any] = {
        "culture": asked.culture or None,
        "language": asked.language,
        "why": asked.why,
        "page": asked.page,
    }
    if asked.role != "perspective":
        told["role"] = asked.role
    if route := asked.route:
        told["route"] = {"language": route.language, "why": route.why, "known": route.known}
    return told


def perspective(said: Perspective, *, trace: bool) -> dict[str, Any]:
    """One voice: whose, in which language, whether it spoke; its words only in a trace."""
    told: dict[str, Any] = {
        "culture": said.culture or None,
        "language": said.language,
        "status": said.status,
        "tokens": said.tokens,
    }
    if said.role != "perspective":
        told["role"] = said.role
    if said.round > 1:
        told["round"] = said.round
    if said.reason:
        told["reason"] = said.reason
    if said.sections.confidence:
        told["confidence"] = said.sections.confidence
    if said.sections.changed is not None:
        told["changed"] = said.sections.changed
    if trace:
        told["text"] = said.text
        told["sections"] = said.sections.as_dict()
    return told


def guarded(report: GuardReport) -> dict[str, Any]:
    """What the guard did; what it found is a kind of harm, never the words."""
    found = [{"culture": culture, "by": by, "what": what} for culture, by, what in report.findings]
    return {
        "findings": found,
        "unchecked": list(report.unchecked),
        "unjudged": list(report.unjudged),
        "revised": report.revised,
        "withheld": report.withheld,
        "answered_in": report.answered_in,
        "retried": report.retried,
    }


def distribution(score: Distribution) -> dict[str, Any]:
    """The Perspectives Distribution Score."""
    shares = {sector: round(share, 4) for sector, share in score.shares.items()}
    return {"distribution": shares, "entropy": round(score.entropy, 4), "sectors": score.sectors}


def companion_figures(beside: Companions) -> dict[str, Any]:
    """What tells breadth from depth: how many references, how many one could check, in how many words."""
    return {name: round(value, 4) for name, value in asdict(beside).items()}


def usage(spent: Usage) -> dict[str, Any]:
    """OpenAI's usage object; `estimated` is there when a backbone reported nothing."""
    total = spent.prompt_tokens + spent.completion_tokens
    counted: dict[str, Any] = {
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
        "total_tokens": total,
        "prompt_tokens_details": {"cached_tokens": spent.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": spent.reasoning_tokens},
    }
    return counted | ({"estimated": True} if spent.estimated else {})


def traced(event: Event) -> dict[str, Any] | None:
    """A voice's event as it goes over the wire; None for what is not about a voice."""
    if isinstance(event, PerspectiveStarted):
        return {"type": "started", **_who(event)}
    if isinstance(event, PerspectiveDelta):
        return {"type": "delta", **_who(event), "text": event.text}
    if isinstance(event, PerspectiveFinished):
        return {"type": "finished", **perspective(event.perspective, trace=True)}
    return None


def _who(event: PerspectiveStarted | PerspectiveDelta) -> dict[str, Any]:
    """Whose words these are; the round only where there is more than one, the role only in mode `expert`."""
    who: dict[str, Any] = {"culture": event.culture or None, "language": event.language}
    who |= {"role": event.role} if event.role != "perspective" else {}
    return who | ({"round": event.round} if event.round > 1 else {})
