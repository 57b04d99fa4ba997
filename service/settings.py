"""The operator's configuration: `polylect.yaml` and `POLYLECT_*`, read once, frozen, handed down.

Environment variables win over the file. Wrong configuration stops the start with a `ConfigurationError` that
names the key, the cure and, where it cannot be a secret, the value.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from agents import Limits
from service.misconfigured import explain, not_yaml, unparsed

DEFAULT_CONFIG = "polylect.yaml"


class ConfigurationError(Exception):
    """The configuration cannot be used; the message says which key, and what to do."""


class LiteLLMParams(BaseModel):
    """LiteLLM's `litellm_params`: `model` is required, whatever else it takes is handed on."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())

    model: str = Field(min_length=1)
    api_base: str | None = None
    api_key: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, values: Any) -> Any:
        """Resolve LiteLLM's `os.environ/NAME`."""
        if not isinstance(values, dict):
            return values
        return {key: _resolve(value) for key, value in values.items()}

    @field_validator("api_base")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must begin with http:// or https://")
        return value.rstrip("/") if value else value


class ModelInfo(BaseModel):
    """LiteLLM's `model_info`: of it we read how many tokens a model takes."""

    model_config = ConfigDict(extra="allow", frozen=True)

    max_input_tokens: int | None = Field(default=None, ge=512)


class Deployment(BaseModel):
    """One entry of LiteLLM's `model_list`: entries of one `model_name` share its load."""

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())

    model_name: str = Field(min_length=1)
    litellm_params: LiteLLMParams = Field(repr=False)
    model_info: ModelInfo = Field(default_factory=lambda: ModelInfo())

    @field_validator("model_name")
    @classmethod
    def _is_not_ours(cls, value: str) -> str:
        if value.startswith("polylect/") or "@" in value:
            raise ValueError("must not begin with polylect/ nor contain @: these choose a mode")
        return value


class EmbedderParams(BaseModel):
    """Another embedder for knowledge maps: any OpenAI-compatible `/v1/embeddings`."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    model: str = Field(min_length=1)
    api_base: str = Field(pattern="^https?://")
    api_key: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, values: Any) -> Any:
        """Resolve LiteLLM's `os.environ/NAME`."""
        return {key: _resolve(value) for key, value in values.items()} if isinstance(values, dict) else values

    @field_validator("api_base")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")


class Settings(BaseSettings):
    """Everything that the operator may set. Seconds are wall time, tokens are the backbone's."""

    model_config = SettingsConfigDict(
        env_prefix="POLYLECT_", extra="forbid", frozen=True, protected_namespaces=(), env_ignore_empty=True
    )

    keys_file: Path | None = None
    playground: bool | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    model_list: tuple[Deployment, ...] = ()
    redis_url: SecretStr | None = None
    router_settings: dict[str, Any] = Field(default_factory=dict, repr=False)
    embedded_model: str | None = None
    embedded_slots: int | None = Field(default=None, ge=1, le=64)
    embedded_threads: int | None = Field(default=None, ge=1)
    cache_dir: Path | None = None
    lid_model: Path | None = None
    reasoning_languages: Annotated[tuple[str, ...], NoDecode] = ()
    knowledge_maps: dict[str, Path] = Field(default_factory=dict)
    embedder: EmbedderParams | None = Field(default=None, repr=False)
    agents: int = Field(default=6, ge=1, le=32)
    max_agents: int = Field(default=12, ge=1, le=32)
    max_choices: int = Field(default=8, ge=1, le=128)
    max_rounds: int = Field(default=2, ge=1, le=2)
    max_fan_outs: int = Field(default=64, ge=1)
    max_input_tokens: int = Field(default=200_000, ge=100)
    max_output_tokens: int = Field(default=32_768, ge=16)
    min_voices: int = Field(default=1, ge=1, le=32)
    voice_tokens: int | None = Field(default=None, ge=16)
    answer_tokens: int | None = Field(default=None, ge=16)
    voice_seconds: float = Field(default=60.0, gt=0)
    head_start: float | None = Field(default=None, ge=0, le=30)
    request_seconds: float = Field(default=300.0, gt=0)
    direct_seconds: float = Field(default=3_600.0, gt=0)
    notice_seconds: float = Field(default=0.5, ge=0)
    drain_seconds: float = Field(default=30.0, ge=0)
    connect_seconds: float = Field(default=5.0, gt=0)
    retries: int = Field(default=2, ge=0, le=10)
    max_body_bytes: int = Field(default=20_000_000, ge=1_000)
    max_response_bytes: int = Field(default=50_000_000, ge=1_000)
    keep_alive_first: float = Field(default=2.0, gt=0)
    keep_alive_every: float = Field(default=3.0, gt=0)
    header_seconds: float = Field(default=10.0, gt=0)
    body_seconds: float = Field(default=30.0, gt=0)
    write_seconds: float = Field(default=60.0, gt=0)
    log_format: Literal["json", "text"] | None = None
    guard: bool = True
    guard_model: str | None = None
    otlp_endpoint: str | None = Field(default=None, pattern="^https?://")
    trace_cultures: bool = True

    @field_validator("reasoning_languages", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [tag.strip() for tag in value.split(",") if tag.strip()] if isinstance(value, str) else value

    @field_validator("guard_model")
    @classmethod
    def _is_served(cls, value: str | None, info: ValidationInfo) -> str | None:
        served = [one.model_name for one in info.data.get("model_list", ())]
        if value is not None and served and value not in served:
            raise ValueError(f"must be a backbone of model_list: {', '.join(dict.fromkeys(served))}")
        return value

    @field_validator("host")
    @classmethod
    def _needs_keys(cls, value: str, info: ValidationInfo) -> str:
        """Of the field and not of the model, whose errors would repeat every value, secrets too."""
        if value not in {"127.0.0.1", "localhost", "::1"} and not info.data.get("keys_file"):
            raise ValueError(
                "without API keys the service listens on loopback alone: set keys_file (POLYLECT_KEYS_FILE) "
                "and make a key with `polylect keys create --owner NAME`, or use 127.0.0.1"
            )
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        try:
            url = urlsplit(value.get_secret_value())
            good = url.scheme == "unix" or bool(url.scheme in {"redis", "rediss"} and url.hostname)
            good = good and (url.port or 1) > 0
        except ValueError:  # its message may repeat a part of the password
            good = False
        if not good:
            raise ValueError("it must be redis://[:PASSWORD@]HOST[:PORT][/DB], rediss://... or unix:///PATH")
        return value

    def _head_start(self) -> float:
        """As set, else five seconds where every backbone is a vLLM, whose prefix cache makes it worth while.

        Others would only wait. `make bench-council` measures it.
        """
        if self.head_start is not None:
            return self.head_start
        models = [one.litellm_params.model for one in self.model_list]
        return _HEAD_START if models and all(one.startswith(_SHARES_PREFIXES) for one in models) else 0.0

    @property
    def default_embedded(self) -> bool:
        """Whether the backbone is the embedded model that needs no configuration."""
        return not self.model_list and self.embedded_model is None

    def limits(self, deployments: Iterable[Deployment] = ()) -> Limits:
        """The part of it that bounds one question, asked of these backbones."""
        # What SmolLM2-135M writes in any other language, or at length, is noise: docs/decisions/0003-*.md.
        voice, answer, spoken = (120, 320, ("en",)) if self.default_embedded else (300, 1_024, ())
        return Limits(
            agents=min(self.agents, self.max_agents),
            max_agents=self.max_agents,
            max_choices=self.max_choices,
            max_rounds=self.max_rounds,
            min_voices=self.min_voices,
            voice_tokens=self.voice_tokens or voice,
            answer_tokens=self.answer_tokens or answer,
            voice_seconds=self.voice_seconds,
            head_start=self._head_start(),
            request_seconds=self.request_seconds,
            reasoning_languages=self.reasoning_languages or spoken,
            brief_voices=self.default_embedded,
            contexts=_contexts(deployments),
            guard=self.guard,
            guard_model=self.guard_model,
        )


_SHARES_PREFIXES = "hosted_vllm/"
_HEAD_START = 5.0


def _contexts(deployments: Iterable[Deployment]) -> dict[str, int]:
    """How many tokens each backbone takes, where told: of deployments that share a name the fewest."""
    found: dict[str, int] = {}
    for one in deployments:
        if most := one.model_info.max_input_tokens:
            found[one.model_name] = min(most, found.get(one.model_name, most))
    return found


class _FileSettings(Settings):
    """Settings that read the file too: arguments win over the environment, the environment over the file."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, _read_file())


def load_settings(**overrides: Any) -> Settings:
    """Read the file that `POLYLECT_CONFIG` names, or `polylect.yaml` where there is one, and `POLYLECT_*`.

    `overrides` are what the command line says: they win over both.

    Raises:
        ConfigurationError: with the key and the cure.
    """
    try:
        return _FileSettings(**{key: value for key, value in overrides.items() if value is not None})
    except ValidationError as error:  # not as the cause: it repeats every value, secrets too
        raise ConfigurationError(explain(error, list(Settings.model_fields))) from None
    except SettingsError as error:
        raise ConfigurationError(unparsed(error)) from None


def _read_file() -> dict[str, Any]:
    named = os.environ.get("POLYLECT_CONFIG")
    path = Path(named or DEFAULT_CONFIG).expanduser()
    if not path.exists():
        if named:
            raise ConfigurationError(
                f"POLYLECT_CONFIG={named}: there is no such file. Create it, or unset it."
            )
        return {}
    try:
        content = yaml.safe_load(path.read_text("utf-8")) or {}
    except OSError as error:
        raise ConfigurationError(f"{path}: it cannot be read: {error.strerror}. Check its mode.") from error
    except (ValueError, yaml.YAMLError) as error:  # not as the cause: it quotes the line
        raise ConfigurationError(f"{path}: {not_yaml(error)}") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path}: expected keys and values at the top level, such as 'model_list:'.")
    return content


def _resolve(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("os.environ/"):
        return value
    name = value.removeprefix("os.environ/")
    if name not in os.environ:
        named = name if name.isidentifier() else "the variable of that name"
        raise ValueError(
            f"os.environ/ is asked for it, but the environment has no {named}: export it before the start"
        )
    return os.environ[name]
