"""What a council costs on vLLM: `make bench-council`, one run, every row side by side.

    python bench/council.py --url http://127.0.0.1:8000 [--repeat 3] [--tokens 100] [--conversation 1500]
    python bench/council.py --url A --ahead B    # B: with POLYLECT_HEAD_START

Talks to a running service over HTTP, as any client would. The plain answer and the synthesis are held to the
same number of tokens (`ignore_eos`), so that what is compared is the council and not its talkativeness;
voices end when they will, so their mean length is printed. Ratios are of medians:

- wall time against a council of one voice (one voice and one synthesis, alone), and against one plain call;
- the share of the voices' shared prompt tokens that came from the prefix cache (vLLM with
  `--enable-prompt-tokens-details`; "-" where the backbone does not say);
- seconds to the first byte of a voice, and to the first byte of the answer.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx

CULTURES = ["JP", "KE", "BR", "IN", "EG", "FR"]
QUESTION = "How should a child address an elder?"
CONTEXT = "In our village the old and the young live close together, and each watches how the other speaks. "
_PLAIN, _ALONE = "plain", "1 voice"
TOKENS_OF_CONTEXT = 20  # of CONTEXT, for a first guess; what is reported is counted by the backbone


@dataclass(frozen=True)
class Measured:
    """One answer: seconds of wall time, to the first voice, to the answer; what the voices' prompts were.

    `prompt`: tokens of all voices' prompts (of the plain call's), `cached`: those that came from the cache;
    `said`: tokens of all voices' answers; `voices`: how many there were.
    """

    wall: float
    voice: float | None
    answer: float
    cached: int | None
    prompt: int
    said: int
    voices: int


def main() -> None:
    """Ask, in turn, so that a slow moment of the machine touches every row alike."""
    options = _options()
    rows: dict[str, list[Measured]] = {}
    for turn in range(options.repeat + 1):
        for name, url, voices in _asked(options):
            # The first round warms up.
            one = _measure(options, url, f"Turn {turn}, {name}.", voices)
            if turn:
                rows.setdefault(name, []).append(one)
            print(f"turn {turn}, {name}: {one.wall:.1f} s", file=sys.stderr, flush=True)
    alone, plain = _median(rows[_ALONE], "wall"), _median(rows[_PLAIN], "wall")
    tokens = rows[_PLAIN][0].prompt
    head = ["request", "median s", "against 1 voice", "against plain", "prefix hits", "first voice, s"]
    head += ["answer begins, s", "tokens a voice"]
    lines = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for name, found in rows.items():
        wall = _median(found, "wall")
        cells = [f"{wall:.2f}", f"{wall / alone:.2f}", f"{wall / plain:.2f}", _hits(found, tokens)]
        cells += [_seconds(found, "voice"), _seconds(found, "answer")]
        cells.append(f"{statistics.mean(one.said / max(1, one.voices) for one in found):.0f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    told = f"Conversation of {tokens} tokens, answers of {options.tokens}; medians of {options.repeat}."
    print("\n".join([told, "", *lines]))


def _asked(options: argparse.Namespace) -> list[tuple[str, str, int]]:
    """The rows: what each is called, whom it asks, and for how many voices (0: the backbone alone)."""
    rows = [(_PLAIN, options.url, 0), (_ALONE, options.url, 1)]
    for voices in (3, 6):
        rows.append((f"{voices} voices", options.url, voices))
        if options.ahead:
            rows.append((f"{voices} voices, one ahead", options.ahead, voices))
    return rows


def _measure(options: argparse.Namespace, base: str, begin: str, voices: int) -> Measured:
    # Each request begins differently, or the cache would serve the repetition and not the council.
    sentences = max(1, options.conversation // TOKENS_OF_CONTEXT)
    text = f"{begin} {CONTEXT * sentences}{QUESTION}"
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": text}],
        "max_tokens": options.tokens,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
        "model": "polylect/multiplex" if voices else "polylect/direct",
    }
    if voices:
        body["polylect"] = {"cultures": CULTURES[:voices]}
    started = time.perf_counter()
    voice: float | None = None
    answer = 0.0
    usage: dict[str, Any] = {}
    stages: dict[str, Any] = {}
    url = f"{base}/v1/chat/completions"
    with httpx.stream("POST", url, json=body, timeout=900, trust_env=False) as response:
        response.raise_for_status()
        for line in response.iter_lines():
            if not line.startswith("data: {"):
                continue
            chunk = json.loads(line.removeprefix("data: "))
            delta = (chunk["choices"] or [{}])[0].get("delta") or {}
            now = time.perf_counter() - started
            voice = voice or (now if delta.get("reasoning_content") else None)
            answer = answer or (now if delta.get("content") else 0.0)
            usage = chunk.get("usage") or usage
            stages = (chunk.get("polylect") or {}).get("usage") or stages
    wall = time.perf_counter() - started
    if not voices:
        return Measured(wall, None, answer, None, usage["prompt_tokens"], 0, 0)
    asked = stages["perspective"]
    cached = asked.get("prompt_tokens_details", {}).get("cached_tokens")
    return Measured(wall, voice, answer, cached, asked["prompt_tokens"], asked["completion_tokens"], voices)


def _hits(found: list[Measured], conversation: int) -> str:
    """Cached tokens by what could have been: the conversation, for every voice but the first."""
    shares = [
        one.cached / (conversation * (one.voices - 1)) for one in found if one.cached and one.voices > 1
    ]
    return f"{statistics.median(shares):.0%}" if shares else "-"


def _median(found: list[Measured], what: str) -> float:
    return float(statistics.median(getattr(one, what) for one in found))


def _seconds(found: list[Measured], what: str) -> str:
    known = [value for one in found if (value := getattr(one, what)) is not None]
    return f"{statistics.median(known):.2f}" if known else "-"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--ahead", help="another service, which gives its first voice a head start")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=100, help="of the plain answer and the synthesis")
    parser.add_argument("--conversation", type=int, default=1500, help="tokens of it, about")
    return parser.parse_args()


if __name__ == "__main__":
    main()
