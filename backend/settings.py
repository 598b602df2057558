"""Every setting of the server, read from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MEBIBYTE = 1 << 20


class Settings(BaseSettings):
    """Each field is set by the environment variable of its name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on; 0.0.0.0 lets other machines in.")
    port: int = Field(8000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")
    models: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description=(
            "Folders of your own models, joined as in PATH: each a bundle or a folder of bundles. "
            "New ones appear without a restart."
        ),
    )
    models_loaded: int = Field(
        8, ge=1, description="How many models are held in memory; the others are read again when asked for."
    )

    upload_bytes: int = Field(
        32 * MEBIBYTE, ge=1024, description="Largest recording, in bytes, and largest body of any request."
    )
    max_seconds: float = Field(600.0, gt=0, le=86_400, description="Longest recording, in seconds.")
    max_channels: int = Field(8, ge=1, le=1024, description="Most channels a recording may have.")
    min_rate: int = Field(8_000, ge=1, description="Lowest sample rate of a recording, in Hz.")
    max_rate: int = Field(192_000, ge=1, description="Highest sample rate of a recording, in Hz.")

    queue: int = Field(
        32, ge=0, description="How many requests may wait for the model; one more is told to come again."
    )
    clip_store_bytes: int = Field(
        512 * MEBIBYTE,
        ge=1,
        description="Memory for encoded recordings, in bytes; the longest unused go first, the newest one stays.",
    )
    clip_age_seconds: float = Field(3600.0, gt=0, description="A recording unused for so many seconds is forgotten.")

    body_bytes: int = Field(
        128 * MEBIBYTE,
        ge=1024,
        description="Memory for what all requests send together, in bytes; one more is told to come again.",
    )
    silence_seconds: float = Field(
        30.0, gt=0, description="A request whose sender falls silent for so many seconds is given up."
    )

    token: SecretStr | None = Field(
        None,
        min_length=16,
        description=(
            "Ask for this token, as `Authorization: Bearer` or as the password that a browser asks for, with any name."
        ),
    )
    origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Pages elsewhere that may call the server: origins such as `https://lab.example`, with commas."
    )
    prefix: str = Field(
        "",
        pattern=r"^(/[A-Za-z0-9._~-]+)*$",
        description="Path under which a proxy shows the server, such as `/explorer`, whether it takes it off or not.",
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Proxies, with commas, whose `X-Forwarded-For` tells clients apart; `*` trusts all."
    )

    log_format: Literal["text", "json"] = Field("text", description="How a line of the log is written: text or json.")
    log_requests: bool = Field(
        False, description="Log each request: its id, route, status and duration, never what it was about."
    )

    threads: int = Field(1, ge=1, le=256, description="Threads that one computation may use.")
    drain_seconds: float = Field(
        0.0, ge=0, description="Once told to end, how long the server still answers while /readyz says no, in seconds."
    )

    grace_seconds: int = Field(
        10, ge=0, description="After that, how long requests that have begun may take to finish, in seconds."
    )

    @field_validator("origins", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @field_validator("models", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(Path(part) for part in value.split(os.pathsep) if part.strip())
        return value

    @field_validator("max_rate")
    @classmethod
    def _ordered(cls, value: int, info: Any) -> int:
        if value < info.data.get("min_rate", 0):
            raise ValueError("must not lie below MIN_RATE")
        return value


def load_settings() -> Settings:
    """The settings of this environment. Exits with one line for each variable that does not hold."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}" for fault in error.errors()]
        raise SystemExit("These settings do not hold:\n" + "\n".join(lines)) from None
