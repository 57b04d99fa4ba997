"""What a stage was made with, kept with its rows: no file is half one teacher's and half another's."""

import json
from pathlib import Path

from alignment.backbone import read_json, write_json
from alignment.config import BadConfig, Config

_PARTS = {
    "question": ("teacher", "judge", "seed", "question"),
    "respond": ("teacher", "seed", "respond"),
    "critique": ("teacher", "judge"),
    "judge": ("teacher", "judge", "judging"),
}
_PATIENCE = {"api_key", "seconds"}  # of an endpoint: these change no answer


def remember(config: Config, name: str) -> None:
    """Write down what the stage `name` is made with; go on only with the same.

    Raises:
        BadConfig: what there is was made with something else.
    """
    told = {part: config.model_dump(mode="json")[part] for part in _PARTS[name]}
    for endpoint in ("teacher", "judge"):
        if endpoint in told:
            told[endpoint] = {key: one for key, one in told[endpoint].items() if key not in _PATIENCE}
    path: Path = config.out / f"{name}.with.json"
    before = read_json(path)
    if before is None:
        config.out.mkdir(parents=True, exist_ok=True)
        write_json(path, told)
    elif before != told:
        other = ", ".join(part for part in told if before.get(part) != told[part])
        was = json.dumps({part: before.get(part) for part in told if before.get(part) != told[part]})
        raise BadConfig(
            f"{config.out}: what there is of {name} was made with another {other} ({was}). Name another "
            f"`out`, or delete {name}.jsonl, {name}.rejected.jsonl and {path.name}."
        )
