"""Who may ask: the token, pages from elsewhere, and a server that a proxy shows under a prefix."""

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


def password(token: str, name: str = "") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{token}".encode()).decode()}


def test_with_a_token_nothing_is_told_without_it(start: Any, check_problem: Any) -> None:
    client: TestClient = start(auth_token=TOKEN)
    wrong = [{}, bearer(""), bearer("a"), bearer(TOKEN + "x"), password("x"), password(""), {"Authorization": TOKEN}]
    wrong += [{"Authorization": "Basic é"}, {"Authorization": "Basic =="}, {"Authorization": f"Digest {TOKEN}"}]
    for headers in wrong:
        for method, path in (("GET", "/"), ("GET", "/models"), ("GET", "/metrics"), ("POST", "/decode"), ("GET", "/x")):
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            answer = client.request(method, path, headers=sent, json=DRAW if method == "POST" else None)
            problem = check_problem(answer, 401, kind="no-token")
            assert TOKEN not in str(problem)
            assert "Basic" in answer.headers["www-authenticate"]
    for headers in (bearer(TOKEN), password(TOKEN), password(TOKEN, "anna"), {"Authorization": f"bearer {TOKEN}"}):
        assert client.get("/", headers=headers).status_code == 200
        assert client.post("/decode", headers=headers, json=DRAW).status_code == 200
    for path in ("/livez", "/readyz"):
        assert client.get(path).status_code == 200, "whoever watches over the server needs no token"


def test_a_token_must_not_be_guessed_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_TOKEN", "short")
    with pytest.raises(SystemExit, match=r"AUTH_TOKEN: .*16") as caught:
        load_settings()
    assert "short'" not in str(caught.value)
    monkeypatch.setenv("AUTH_TOKEN", TOKEN)
    assert TOKEN not in repr(load_settings())


def test_pages_of_other_sites_have_nothing_done(client: TestClient, check_problem: Any) -> None:
    for site in ("cross-site", "same-site"):
        headers = {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": site}
        check_problem(client.post("/decode", json=DRAW, headers=headers), 403, kind="foreign-page")
        answer = client.get("/models", headers=headers)
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers, "and the browser keeps what it gets from them"
    for site in ("same-origin", "none"):
        assert client.post("/decode", json=DRAW, headers={"Sec-Fetch-Site": site}).status_code == 200


def test_pages_of_the_origins_may_use_it(start: Any, check_problem: Any) -> None:
    client: TestClient = start(origins=("https://lab.example",), auth_token=TOKEN)
    page = {"Origin": "https://lab.example", "Sec-Fetch-Site": "cross-site"}
    asked = client.options("/decode", headers={**page, "Access-Control-Request-Method": "POST"})
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (204, "https://lab.example")
    assert "Authorization" in asked.headers["access-control-allow-headers"]
    answer = client.post("/decode", json=DRAW, headers={**page, **bearer(TOKEN)})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://lab.example"
    assert answer.headers["vary"] == "Origin"
    refused = client.post("/decode", json=DRAW, headers=page)
    check_problem(refused, 401, kind="no-token")
    assert refused.headers["access-control-allow-origin"] == "https://lab.example", "so that the page can tell why"
    for origin in ("https://lab.example.evil.example", "http://lab.example", "null"):
        answer = client.options("/decode", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert "access-control-allow-origin" not in answer.headers


def test_origins_are_listed_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGINS", "https://a.example/, http://localhost:3000,")
    assert load_settings().origins == ("https://a.example", "http://localhost:3000")


@pytest.mark.parametrize("taken_off", [False, True])
def test_the_page_and_all_it_needs_live_under_a_prefix(start: Any, taken_off: bool) -> None:
    client: TestClient = start(prefix="/lab/explorer")
    shown = "http://proxy/lab/explorer/"

    def fetch(address: str) -> Any:
        path = address.removeprefix("http://proxy")
        return client.get(path.removeprefix("/lab/explorer") if taken_off else path, follow_redirects=False)

    assert fetch(shown + "models").json()["models"][0]["model"] == "tiny"
    assert fetch(shown + "openapi.json").json()["servers"] == [{"url": "/lab/explorer"}]
    todo, seen = [shown], set()
    while todo:
        address = todo.pop()
        if address not in seen:
            seen.add(address)
            answer = fetch(address)
            assert answer.status_code == 200, address
            named = re.findall(r"""(?:src|href)="([^"#:]+)"|\bfrom "(\.[^"]+)"|import\("(\.[^"]+)"\)""", answer.text)
            todo += [urljoin(address, next(filter(None, names))) for names in named]
    assert shown + "main.js" in seen
    assert len(seen) > 20
    assert all(address.startswith(shown) for address in seen)


def test_a_prefix_without_its_slash_leads_to_the_page(start: Any) -> None:
    answer = start(prefix="/lab").get("/lab", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/lab/")


def test_a_prefix_that_is_none_is_refused() -> None:
    for prefix in ("lab", "/lab/", "/a b", "//a", "/a?b", "https://a"):
        with pytest.raises(ValueError, match="prefix"):
            Settings(prefix=prefix)
