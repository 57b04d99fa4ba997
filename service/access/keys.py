"""API keys: whose they are, what they allow, and the JSON file that keeps them."""

import hashlib
import hmac
import logging
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from service.settings import ConfigurationError

log = logging.getLogger("polylect")

CURE = "make a key with: polylect keys create --owner NAME"
_LOCK_SECONDS = 10
_LOOK_EVERY = 1.0

Limit = Annotated[int, Field(ge=1)] | None
ModelId = Annotated[str, Field(pattern=r"^([^*\s]+\*?|\*)$", max_length=256)]
"""As clients write it; a `*` at its end stands for any end. `/metrics` is one that may be read."""


class Key(BaseModel):
    """One key. A limit that is None does not exist; `models` None allows all of them.

    `requests_per_minute` counts calls of backbones, of which a council makes many; tokens are those of
    prompts and answers together; `tokens_per_month` is a calendar month's, in UTC; `concurrent` are HTTP
    requests under way at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    owner: str = Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=200)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", repr=False)
    models: tuple[ModelId, ...] | None = None
    requests_per_minute: Limit = None
    tokens_per_minute: Limit = None
    concurrent: Limit = None
    tokens_per_month: Limit = None
    created: AwareDatetime

    def allows(self, model: str) -> bool:
        """Whether this model id may be asked for."""
        return self.models is None or any(_matches(one, model) for one in self.models)


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    keys: tuple[Key, ...]

    @model_validator(mode="after")
    def _are_different(self) -> "_File":
        if len({key.id for key in self.keys}) < len(self.keys):
            raise ValueError("two keys have one id")
        return self


class Keys:
    """The keys of a running service. A file that changes is read again within a second.

    When it cannot be read any more the last good keys stay valid, and the log says so once for each change.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Read the file.

        Raises:
            ConfigurationError: there is none, it cannot be read, or it holds no key.
        """
        self._path = path
        self._clock = clock
        self._stamp = _stamp(path)
        self._look_at = clock() + _LOOK_EVERY
        self._keys = read_keys(path)
        if not self._keys:
            raise ConfigurationError(f"keys_file: {path} holds no key; {CURE}")

    def find(self, secret: str) -> Key | None:
        """The key of this secret, None when there is none.

        All keys are compared, each in constant time, so that the time taken tells nothing of any.
        """
        self._refresh()
        digest, found = _digest(secret), None
        for key in self._keys:
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def _refresh(self) -> None:
        now = self._clock()
        if now < self._look_at:
            return
        self._look_at = now + _LOOK_EVERY
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._keys = read_keys(self._path)
        except ConfigurationError as error:
            log.error("%s; the %d keys read before stay valid", error, len(self._keys))


def read_keys(path: Path) -> tuple[Key, ...]:
    """What the file holds.

    Raises:
        ConfigurationError: it cannot be read; the message names file and cure, and none of its values.
    """
    try:
        return _File.model_validate_json(path.read_bytes()).keys
    except FileNotFoundError as error:
        raise ConfigurationError(f"keys_file: there is no {path}; {CURE}") from error
    except OSError as error:
        cure = "let the user that runs the service read it"
        raise ConfigurationError(f"keys_file: {path} cannot be read ({error.strerror}); {cure}") from error
    except ValidationError as error:
        found = _problem(error)
    raise ConfigurationError(f"keys_file: {path} is no file of keys ({found}); mend it, or {CURE}")


def create_key(path: Path, owner: str, **allowed: Any) -> tuple[Key, str]:
    """Add a key to the file, which is made where there is none: the key, and its secret, told only now.

    `allowed` are `models` and the limits of a `Key`.

    Raises:
        ConfigurationError: a value is out of bounds, or the file cannot be read or written.
    """
    secret = f"pl-{secrets.token_urlsafe(32)}"
    known: dict[str, Any] = {"sha256": _digest(secret), "created": datetime.now(UTC).replace(microsecond=0)}
    try:
        key = Key(id=f"key_{secrets.token_hex(6)}", owner=owner, **known, **allowed)
    except ValidationError as error:
        raise ConfigurationError(f"The key cannot be made: {_problem(error)}") from None
    path = path.resolve()
    with _locked(path):
        _write(path, (*(read_keys(path) if path.exists() else ()), key))
    return key, secret


def revoke_key(path: Path, key_id: str) -> Key:
    """Take a key out of the file; it stops working within a second.

    Raises:
        ConfigurationError: there is no such key, or the file cannot be read or written.
    """
    path = path.resolve()
    with _locked(path):
        keys = read_keys(path)
        found = next((key for key in keys if key.id == key_id), None)
        if found is None:
            ids = ", ".join(key.id for key in keys) or "none"
            raise ConfigurationError(f"{path} has no key {key_id!r}; it has: {ids}")
        _write(path, tuple(key for key in keys if key is not found))
    return found


def _matches(pattern: str, model: str) -> bool:
    return model.startswith(pattern[:-1]) if pattern.endswith("*") else model == pattern


def _digest(secret: str) -> str:
    # A fast hash is enough: a secret has 256 random bits, so there is nothing to guess, which is what slow
    # hashes are for; and every request pays for this one.
    return hashlib.sha256(secret.encode()).hexdigest()


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Differs whenever the file does; ctime_ns, because a mended mode changes nothing else."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Nobody else writes the file: two commands at once lose nothing."""
    try:
        with FileLock(f"{path}.lock", timeout=_LOCK_SECONDS):
            yield
    except Timeout as error:
        raise ConfigurationError(f"{path}.lock is held by another command; try again") from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error


def _write(path: Path, keys: Sequence[Key]) -> None:
    """All or nothing: a service that reads meanwhile sees the old file or the new one. Mode 0600."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            with suppress(OSError):  # made by root, say, for a service that runs as somebody else
                before = path.stat()
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
            file.write(_File(keys=tuple(keys)).model_dump_json(indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
