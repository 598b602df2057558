from __future__ import annotations

import os
from pathlib import Path

import pytest

from backend.settings import Settings, load_settings


def test_defaults_are_the_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    settings = load_settings()
    assert (settings.host, settings.port, settings.models) == ("127.0.0.1", 8000, ())
    assert settings.upload_bytes == 32 << 20
    assert (settings.max_seconds, settings.max_channels) == (600, 8)
    assert (settings.min_rate, settings.max_rate) == (8_000, 192_000)


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setenv("MODELS", f"/a/b{os.pathsep}{os.pathsep}c")
    monkeypatch.setenv("MAX_SECONDS", "12.5")
    monkeypatch.setenv("QUEUE_LIMIT", "")
    settings = load_settings()
    assert (settings.port, settings.max_seconds, settings.queue_limit) == (8123, 12.5, 32)
    assert settings.models == (Path("/a/b"), Path("c"))


def test_what_does_not_hold_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eight")
    monkeypatch.setenv("MIN_RATE", "16000")
    monkeypatch.setenv("MAX_RATE", "8000")
    with pytest.raises(SystemExit) as caught:
        load_settings()
    assert "PORT: " in str(caught.value)
    assert "MAX_RATE: " in str(caught.value)
    assert "MIN_RATE: " not in str(caught.value)


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
