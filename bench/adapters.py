"""One adapter for all voices, or one a culture? `make bench-adapters ADAPTER=…`: one run, side by side.

    python bench/adapters.py --url http://127.0.0.1:8801/v1 --base base --adapters a b c d e f

Asks vLLM itself, as the service does: so many voices at once as there are adapters, of one conversation, each
with an end of its own. vLLM hashes an adapter into its prefix blocks, so that voices on adapters of their own
share nothing. The weights may all be the same: it is names that count. Every turn begins differently, or the
cache would serve the repetition; the first turn warms up.
"""

import argparse
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

CONTEXT = "In our village the old and the young live close together, and each watches how the other speaks. "
TOKENS_OF_CONTEXT = 20  # for a first guess; what is reported is counted by vLLM
CULTURES = ("Japan", "Kenya", "Brazil", "India", "Egypt", "France", "Mexico", "Iran", "Turkey", "Vietnam")


@dataclass(frozen=True)
class Turn:
    """Voices at once: seconds until the last had spoken; tokens of all prompts, and those from the cache."""

    seconds: float
    prompt: int
    cached: int


def main() -> None:
    """Ask, in turn, so that a slow moment of the machine touches every row alike; print the table."""
    options = _options()
    voices = len(options.adapters)
    rows = {
        "the base": [options.base] * voices,
        "one adapter for all": [options.adapters[0]] * voices,
        "one a voice": options.adapters,
    }
    turns: dict[str, list[Turn]] = {name: [] for name in rows}
    for turn in range(options.repeat + 1):
        for name, models in rows.items():
            measured = ask(options, f"Turn {turn}, {name}.", models)
            print(f"turn {turn}, {name}: {measured.seconds:.1f} s", file=sys.stderr, flush=True)
            if turn:
                turns[name].append(measured)
    print("\n".join(table(turns, options.tokens)))


def ask(options: argparse.Namespace, begin: str, models: list[str]) -> Turn:
    """One request to each of `models`, at once.

    Raises:
        httpx.HTTPError: one of them is refused.
    """
    said = f"{begin} {CONTEXT * max(1, options.conversation // TOKENS_OF_CONTEXT)}"

    def voice(number: int) -> tuple[int, int]:
        end = f"How should a child address an elder in {CULTURES[number % len(CULTURES)]}?"
        body = {
            "model": models[number],
            "messages": [{"role": "user", "content": f"{said}{end}"}],
            "max_tokens": options.tokens,
            "ignore_eos": True,
        }
        answer = httpx.post(f"{options.url}/chat/completions", json=body, timeout=900, trust_env=False)
        answer.raise_for_status()
        usage = answer.json()["usage"]
        return usage["prompt_tokens"], (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0

    started = time.perf_counter()
    with ThreadPoolExecutor(len(models)) as pool:
        counted = list(pool.map(voice, range(len(models))))
    seconds = time.perf_counter() - started
    return Turn(seconds, sum(prompt for prompt, _ in counted), sum(cached for _, cached in counted))


def table(turns: dict[str, list[Turn]], tokens: int) -> list[str]:
    """Lines of Markdown: medians, and the ratio to the first row's seconds."""
    first = statistics.median(one.seconds for one in next(iter(turns.values())))
    every = [one for found in turns.values() for one in found]
    repeated = len(every) // len(turns)
    lines = [
        f"{every[0].prompt} prompt tokens a turn, answers of {tokens}; medians of {repeated}.",
        "",
        "| voices on | seconds | against the first | from the prefix cache |",
        "| --- | --- | --- | --- |",
    ]
    for name, found in turns.items():
        seconds = statistics.median(one.seconds for one in found)
        share = statistics.median(one.cached / one.prompt for one in found)
        lines.append(f"| {name} | {seconds:.1f} | {seconds / first:.2f} | {share:.0%} |")
    return lines


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8801/v1")
    parser.add_argument("--base", required=True)
    parser.add_argument("--adapters", nargs="+", required=True, help="names that vLLM serves, one a voice")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=50, help="of a voice's answer")
    parser.add_argument("--conversation", type=int, default=1500, help="tokens of it, about")
    return parser.parse_args()


if __name__ == "__main__":
    main()
