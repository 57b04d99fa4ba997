"""What an answer carries beyond OpenAI's fields: the object `polylect` and the headers `x-polylect-*`."""

from typing import Any

from agents import (
    Distribution,
    Event,
    Finished,
    Perspective,
    PerspectiveDelta,
    PerspectiveFinished,
    PerspectiveStarted,
    Plan,
    Usage,
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
    if trace:
        found["voices"] = [
            {"culture": voice.culture, "language": voice.language, "why": voice.why} for voice in plan.voices
        ]
    return found


def perspective(said: Perspective, *, trace: bool) -> dict[str, Any]:
    """One voice: whose, in which language, whether it spoke; its words only in a trace."""
    told: dict[str, Any] = {
        "culture": said.culture,
        "language": said.language,
        "status": said.status,
        "tokens": said.tokens,
    }
    if said.reason:
        told["reason"] = said.reason
    if trace:
        told["text"] = said.text
    return told


def distribution(score: Distribution) -> dict[str, Any]:
    """The Perspectives Distribution Score."""
    shares = {sector: round(share, 4) for sector, share in score.shares.items()}
    return {"distribution": shares, "entropy": round(score.entropy, 4), "sectors": score.sectors}


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
        return {"type": "started", "culture": event.culture, "language": event.language}
    if isinstance(event, PerspectiveDelta):
        named = {"culture": event.culture, "language": event.language}
        return {"type": "delta", **named, "text": event.text}
    if isinstance(event, PerspectiveFinished):
        return {"type": "finished", **perspective(event.perspective, trace=True)}
    return None
