"""What a council costs: wall time of multiplex with 1, 3 and 6 voices against one plain call, in one run.

    python bench/council.py --url http://127.0.0.1:8000 [--repeat 3] [--tokens 100]

Talks to a running service over HTTP, as any client would. Every answer is held to the same number of tokens
(`ignore_eos` where the backbone is vLLM), so that what is compared is the council and not its talkativeness.
Prints one Markdown table; ratios are of medians.
"""

import argparse
import statistics
import time

import httpx

CULTURES = ["JP", "KE", "BR", "IN", "EG", "FR"]
QUESTION = "How should a child address an elder?"
CONTEXT = "In our village the old and the young live close together, and each watches how the other speaks. "


def main() -> None:
    """Ask, in turn, so that a slow moment of the machine touches every row alike."""
    options = _options()
    rows: dict[str, list[float]] = {}
    for turn in range(options.repeat + 1):
        for name, body in _requests(options, turn).items():
            seconds = _time(options.url, body)
            if turn:  # the first round warms up
                rows.setdefault(name, []).append(seconds)
    plain = statistics.median(rows["plain"])
    print("| request | calls | median s | against one plain call |\n| --- | --- | --- | --- |")  # noqa: T201
    for name, seconds in rows.items():
        median = statistics.median(seconds)
        calls = 1 if name == "plain" else int(name.split()[0]) + 1
        print(f"| {name} | {calls} | {median:.2f} | {median / plain:.2f} |")  # noqa: T201


def _requests(options: argparse.Namespace, turn: int) -> dict[str, dict[str, object]]:
    # Each turn begins differently, or a prefix cache would serve the repetition and not the council.
    text = f"Turn {turn}. {CONTEXT * options.sentences}{QUESTION}"
    shared = {
        "messages": [{"role": "user", "content": text}],
        "max_tokens": options.tokens,
        "ignore_eos": True,
    }
    council = {
        f"{voices} voices": {
            **shared,
            "model": "polylect/multiplex",
            "polylect": {"cultures": CULTURES[:voices]},
        }
        for voices in (1, 3, 6)
    }
    return {"plain": {**shared, "model": "polylect/direct"}, **council}


def _time(url: str, body: dict[str, object]) -> float:
    started = time.perf_counter()
    answer = httpx.post(f"{url}/v1/chat/completions", json=body, timeout=600, trust_env=False)
    answer.raise_for_status()
    return time.perf_counter() - started


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=100, help="of the plain answer and the synthesis")
    parser.add_argument("--sentences", type=int, default=20, help="length of the question")
    return parser.parse_args()


if __name__ == "__main__":
    main()
