from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from backend.settings import RENAMED, Settings, load_settings, warn_renamed


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*Settings.model_fields, *RENAMED):
        monkeypatch.delenv(name.upper(), raising=False)
    settings = load_settings()
    assert (settings.host, settings.port, settings.models) == ("127.0.0.1", 8000, ())
    assert settings.upload_bytes == 32 << 20
    assert (settings.max_seconds, settings.max_channels) == (600, 8)
    assert (settings.min_rate, settings.max_rate) == (8_000, 192_000)


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("MODELS", f"/a/b{os.pathsep}{os.pathsep}c")
    monkeypatch.setenv("MAX_SECONDS", "12.5")
    monkeypatch.setenv("QUEUE_LIMIT", "")
    settings = load_settings()
    assert (settings.port, settings.max_seconds, settings.queue_limit) == (8123, 12.5, 32)
    assert settings.models == (Path("/a/b"), Path("c"))


def test_invalid_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eight")
    monkeypatch.setenv("MIN_RATE", "16000")
    monkeypatch.setenv("MAX_RATE", "8000")
    with pytest.raises(SystemExit) as caught:
        load_settings()
    assert str(caught.value).startswith("Invalid settings:\n")
    assert "PORT: " in str(caught.value)
    assert "MAX_RATE: " in str(caught.value)
    assert "MIN_RATE: " not in str(caught.value)


def test_every_setting_has_a_description() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_old_names_still_work_and_are_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for new in RENAMED.values():
        monkeypatch.delenv(new, raising=False)
    monkeypatch.setenv("QUEUE", "5")
    monkeypatch.setenv("SILENCE_SECONDS", "1.5")
    monkeypatch.setenv("TOKEN", "a-secret-of-some-length")
    settings = load_settings()
    assert (settings.queue_limit, settings.read_timeout_seconds) == (5, 1.5)
    assert settings.auth_token is not None
    assert settings.auth_token.get_secret_value() == "a-secret-of-some-length"
    with caplog.at_level(logging.WARNING, "backend.settings"):
        warn_renamed()
    (record,) = caplog.records
    assert all(f"{old} (now {new})" in record.getMessage() for old, new in RENAMED.items())


def test_new_names_take_precedence_over_old_ones(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("QUEUE", "5")
    monkeypatch.setenv("QUEUE_LIMIT", "7")
    assert load_settings().queue_limit == 7
    monkeypatch.delenv("QUEUE")
    monkeypatch.setenv("QUEUE_LIMIT", "-1")
    with pytest.raises(SystemExit, match="QUEUE_LIMIT: "):
        load_settings()
    warn_renamed()
    assert not caplog.records
