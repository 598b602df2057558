from __future__ import annotations

from starlette.testclient import TestClient


def test_the_page_is_served_under_a_strict_policy(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/main.js").headers["content-type"].split(";")[0].endswith("javascript")
    assert client.head("/").status_code == 200


def test_its_files_are_asked_for_anew_and_sent_only_if_changed(client: TestClient) -> None:
    answer = client.get("/main.js")
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_nothing_outside_the_page_is_served(client: TestClient, check_problem) -> None:
    for path in ("/../backend/app.py", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "/backend/app.py", "/a%00b"):
        check_problem(client.get(path), 404)


def test_what_a_person_sent_or_made_is_kept_in_no_cache(client: TestClient, clip: str) -> None:
    answer = client.post("/decode", json={"module": 1, "clip": clip})
    assert answer.headers["cache-control"] == "no-store"
    assert client.get(f"/clips/{clip}/latents?module=1").headers["cache-control"] == "no-store"
