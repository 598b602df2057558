from __future__ import annotations

import posixpath
import re
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from backend.http.static import CachedStaticFiles


def test_page_has_a_strict_content_security_policy(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/main.js").headers["content-type"].split(";")[0].endswith("javascript")
    assert client.head("/").status_code == 200


def test_files_are_revalidated_by_etag(client: TestClient) -> None:
    answer = client.get("/main.js")
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_index_preloads_every_module(client: TestClient) -> None:
    preloaded = re.findall(r'<link rel="modulepreload" href="([^"]+)">', client.get("/").text)
    imported, pending = set[str](), ["main.js"]
    while pending:
        path = pending.pop()
        answer = client.get(f"/{path}")
        assert answer.status_code == 200, path
        for target in re.findall(r"""^(?:import|export)\b[^;]*?["'](\.[^"']+)["']""", answer.text, re.MULTILINE):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if other not in imported:
                imported.add(other)
                pending.append(other)
    assert len(imported) > 100
    assert sorted(preloaded) == sorted(imported), "index.html preloads each module once, and nothing else"


def test_changed_file_is_reloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.http.static._page_folder", lambda: tmp_path)
    file = tmp_path / "main.js"
    file.write_text("let first;")
    client = TestClient(CachedStaticFiles())
    responses = [client.get("/main.js") for _ in range(2)]
    assert [answer.text for answer in responses] == ["let first;"] * 2
    file.write_text("let the_second;")
    changed = client.get("/main.js", headers={"If-None-Match": responses[0].headers["etag"]})
    assert (changed.status_code, changed.text) == (200, "let the_second;")
    assert client.head("/main.js").headers["content-length"] == str(len("let the_second;"))
    file.unlink()
    with pytest.raises(HTTPException) as caught:
        client.get("/main.js")
    assert caught.value.status_code == 404


def test_paths_outside_the_page_are_not_served(client: TestClient, check_problem) -> None:
    for path in ("/../backend/app.py", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "/backend/app.py", "/a%00b"):
        check_problem(client.get(path), 404)


def test_clips_and_sounds_are_not_cached(client: TestClient, clip: str) -> None:
    answer = client.post("/decode", json={"module": 1, "clip": clip})
    assert answer.headers["cache-control"] == "no-store"
    assert client.get(f"/clips/{clip}/latents?module=1").headers["cache-control"] == "no-store"
