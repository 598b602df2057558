"""Authentication: token, origins, and a server behind a proxy under a prefix."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urljoin

import pytest
from starlette.testclient import TestClient

from backend.settings import Settings, load_settings

TOKEN = "a-secret-of-some-length"
DRAW = {"module": 1, "seconds": 0.1, "base": "zero"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def basic(token: str, name: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


def test_requests_without_the_token_are_refused(start: Any, check_problem: Any) -> None:
    client: TestClient = start(auth_token=TOKEN)
    wrong = [{}, bearer(""), bearer("a"), bearer(TOKEN + "x"), basic("x"), basic(""), {"Authorization": TOKEN}]
    wrong += [{"Authorization": "Basic é"}, {"Authorization": "Basic =="}, {"Authorization": f"Digest {TOKEN}"}]
    for headers in wrong:
        for method, path in (("GET", "/"), ("GET", "/models"), ("GET", "/metrics"), ("POST", "/decode"), ("GET", "/x")):
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            answer = client.request(method, path, headers=sent, json=DRAW if method == "POST" else None)
            problem = check_problem(answer, 401, kind="no-token")
            assert TOKEN not in str(problem)
            assert "Basic" in answer.headers["www-authenticate"]
    for headers in (bearer(TOKEN), basic(TOKEN), basic(TOKEN, "anna"), {"Authorization": f"bearer {TOKEN}"}):
        assert client.get("/", headers=headers).status_code == 200
        assert client.post("/decode", headers=headers, json=DRAW).status_code == 200
    for path in ("/livez", "/readyz"):
        assert client.get(path).status_code == 200, "health checks need no token"


def test_token_has_a_minimum_length_and_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_TOKEN", "short")
    with pytest.raises(SystemExit, match=r"AUTH_TOKEN: .*16") as caught:
        load_settings()
    assert "short'" not in str(caught.value)
    monkeypatch.setenv("AUTH_TOKEN", TOKEN)
    assert TOKEN not in repr(load_settings())


def test_unsafe_requests_of_other_sites_are_refused(client: TestClient, check_problem: Any) -> None:
    for site in ("cross-site", "same-site"):
        headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": site}
        check_problem(client.post("/decode", json=DRAW, headers=headers), 403, kind="foreign-page")
        answer = client.get("/models", headers=headers)
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers, "the browser hides the response from the page"
    for site in ("same-origin", "none"):
        assert client.post("/decode", json=DRAW, headers={"Sec-Fetch-Site": site}).status_code == 200


def test_configured_origins_may_call_the_server(start: Any, check_problem: Any) -> None:
    client: TestClient = start(origins=("https://lab.example",), auth_token=TOKEN)
    page = {"Origin": "https://lab.example", "Sec-Fetch-Site": "cross-site"}
    preflight = client.options("/decode", headers={**page, "Access-Control-Request-Method": "POST"})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "https://lab.example")
    assert "Authorization" in preflight.headers["access-control-allow-headers"]
    answer = client.post("/decode", json=DRAW, headers={**page, **bearer(TOKEN)})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://lab.example"
    assert answer.headers["vary"] == "Origin"
    response = client.post("/decode", json=DRAW, headers=page)
    check_problem(response, 401, kind="no-token")
    assert response.headers["access-control-allow-origin"] == "https://lab.example", "the page can read the problem"
    for origin in ("https://lab.example.evil.example", "http://lab.example", "null"):
        answer = client.options("/decode", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert "access-control-allow-origin" not in answer.headers


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGINS", "https://a.example/, http://localhost:3000,")
    assert load_settings().origins == ("https://a.example", "http://localhost:3000")


@pytest.mark.parametrize("prefix_removed", [False, True])
def test_page_and_api_work_under_a_prefix(start: Any, prefix_removed: bool) -> None:
    client: TestClient = start(prefix="/lab/explorer")
    base_url = "http://proxy/lab/explorer/"

    def fetch(address: str) -> Any:
        path = address.removeprefix("http://proxy")
        return client.get(path.removeprefix("/lab/explorer") if prefix_removed else path, follow_redirects=False)

    assert fetch(base_url + "models").json()["models"][0]["model"] == "tiny"
    assert fetch(base_url + "openapi.json").json()["servers"] == [{"url": "/lab/explorer"}]
    pending, seen = [base_url], set()
    while pending:
        address = pending.pop()
        if address not in seen:
            seen.add(address)
            answer = fetch(address)
            assert answer.status_code == 200, address
            links = re.findall(r"""(?:src|href)="([^"#:]+)"|\bfrom "(\.[^"]+)"|import\("(\.[^"]+)"\)""", answer.text)
            pending += [urljoin(address, next(filter(None, groups))) for groups in links]
    assert base_url + "main.js" in seen
    assert len(seen) > 20
    assert all(address.startswith(base_url) for address in seen)


def test_prefix_without_trailing_slash_redirects_to_the_page(start: Any) -> None:
    answer = start(prefix="/lab").get("/lab", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/lab/")


def test_invalid_prefix_is_rejected() -> None:
    for prefix in ("lab", "/lab/", "/a b", "//a", "/a?b", "https://a"):
        with pytest.raises(ValueError, match="prefix"):
            Settings(prefix=prefix)
