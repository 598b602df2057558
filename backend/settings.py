"""Server settings, read from environment variables."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

log = logging.getLogger(__name__)

MEBIBYTE = 1 << 20

RENAMED = {"QUEUE": "QUEUE_LIMIT", "SILENCE_SECONDS": "READ_TIMEOUT_SECONDS", "TOKEN": "AUTH_TOKEN"}
"""Environment variables by their old name. The old names are read for one more version."""


class Settings(BaseSettings):
    """Each field is read from the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 accepts other machines.")
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on; 0 picks a free one.")
    models: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description=(
            "Folders of your own models, separated as in PATH: each is a bundle or a folder of bundles. "
            "New bundles appear without a restart."
        ),
    )
    models_loaded: int = Field(
        8, ge=1, description="Number of models kept in memory; the least recently used are reloaded on demand."
    )

    upload_bytes: int = Field(
        32 * MEBIBYTE, ge=1024, description="Largest recording and largest request body, in bytes."
    )
    max_seconds: float = Field(600.0, gt=0, le=86_400, description="Longest recording, in seconds.")
    max_channels: int = Field(8, ge=1, le=1024, description="Most channels of a recording.")
    min_rate: int = Field(8_000, ge=1, description="Lowest sample rate of a recording, in Hz.")
    max_rate: int = Field(192_000, ge=1, description="Highest sample rate of a recording, in Hz.")

    queue_limit: int = Field(
        32, ge=0, description="Number of requests that may wait for the model; further ones are answered 503."
    )
    clip_store_bytes: int = Field(
        512 * MEBIBYTE,
        ge=1,
        description=(
            "Memory for encoded recordings, in bytes; the least recently used are dropped first, the newest is kept."
        ),
    )
    clip_age_seconds: float = Field(3600.0, gt=0, description="A recording is dropped after this long without use.")

    body_bytes: int = Field(
        128 * MEBIBYTE,
        ge=1024,
        description="Memory for the bodies of all open requests, in bytes; further requests are answered 503.",
    )
    read_timeout_seconds: float = Field(
        30.0, gt=0, description="A request is aborted when no byte of its body arrives for this long."
    )

    auth_token: SecretStr | None = Field(
        None,
        min_length=16,
        description=(
            "Token that every request must carry, as `Authorization: Bearer` or as the password in the browser's "
            "login dialog (any user name)."
        ),
    )
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Other origins whose pages may call the server, with commas, such as `https://lab.example`.",
    )
    prefix: str = Field(
        "",
        pattern=r"^(/[A-Za-z0-9._~-]+)*$",
        description="Path prefix added by a proxy, such as `/explorer`, whether or not the proxy strips it.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Proxies, with commas, whose `X-Forwarded-For` gives the client's address; `*` trusts all.",
    )

    log_format: Literal["text", "json"] = Field("text", description="Format of the log lines: text or json.")
    log_requests: bool = Field(
        False, description="Log the id, route, status and duration of each request, never its path or content."
    )

    threads: int = Field(1, ge=1, le=256, description="Threads per computation.")
    drain_seconds: float = Field(
        0.0,
        ge=0,
        description="After SIGTERM, how long the server still answers while /readyz returns 503, in seconds.",
    )

    grace_seconds: int = Field(
        10, ge=0, description="After draining, how long running requests may take to finish, in seconds."
    )

    @field_validator("origins", mode="before")
    @classmethod
    def _split_origins(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("models", mode="before")
    @classmethod
    def _split_paths(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(Path(part) for part in value.split(os.pathsep) if part.strip())
        return value

    @field_validator("max_rate")
    @classmethod
    def _check_rate_order(cls, value: int, info: Any) -> int:
        if value < info.data.get("min_rate", 0):
            raise ValueError("must not be lower than MIN_RATE")
        return value


def load_settings() -> Settings:
    """Settings from the environment. Exits with one line per invalid variable."""
    environment = {name.upper(): value for name, value in os.environ.items() if value}
    renamed = {
        new.lower(): environment[old] for old, new in RENAMED.items() if old in environment and new not in environment
    }
    try:
        return Settings(**renamed)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}" for fault in error.errors()]
        raise SystemExit("Invalid settings:\n" + "\n".join(lines)) from None


def warn_renamed() -> None:
    """Log one warning that lists the old names set in the environment."""
    old_names = [old for old in RENAMED if any(name.upper() == old and value for name, value in os.environ.items())]
    if old_names:
        hints = ", ".join(f"{old} (now {RENAMED[old]})" for old in old_names)
        log.warning("deprecated settings, which the next version will ignore: %s", hints)
