from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from backend.app import create_app
from backend.settings import Settings


def test_unknown_path(client: TestClient, check_problem) -> None:
    for path in ("/nothing", "/models/tiny/nothing", "/docs", "/clips"):
        check_problem(client.get(path), 404, kind="about:blank")


@pytest.mark.parametrize(
    "path",
    ["%00", "%ff", "..%2f..%2fetc/passwd", "%2e%2e/x", "a" * 5000, "models/%00", "models/%ed%a0%80", "x%0d%0ay", "//x"],
)
def test_malformed_paths(path: str, client: TestClient, check_problem) -> None:
    check_problem(client.get("/" + path), 404, field="model" if path.startswith("models") else None)


def test_wrong_method(client: TestClient, check_problem) -> None:
    assert "POST" in allowed_methods(client, check_problem, "GET", "/decode")
    assert "POST" in allowed_methods(client, check_problem, "PUT", "/encode")
    assert "GET" in allowed_methods(client, check_problem, "POST", "/models")
    assert "GET" in allowed_methods(client, check_problem, "DELETE", "/")
    assert allowed_methods(client, check_problem, "PUT", "/clips/" + "0" * 32) == "DELETE, GET"


def allowed_methods(client: TestClient, check_problem, method: str, path: str) -> str:
    answer = client.request(method, path)
    check_problem(answer, 405)
    return answer.headers["allow"]


def test_content_length_above_the_limit_is_refused(client: TestClient, check_problem) -> None:
    headers = {"content-length": str(10**12), "content-type": "application/json"}
    answer = client.post("/decode", content=b"{}", headers=headers)
    check_problem(answer, 413, kind="too-large")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/decode", "/encode"])
def test_body_above_the_limit_without_content_length_is_refused(client: TestClient, check_problem, path) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
        for _ in range(100):
            yield bytes(1 << 16)

    content_type = "application/json" if path == "/decode" else "multipart/form-data; boundary=x"
    answer = client.post(path, content=endless(), headers={"content-type": content_type})
    check_problem(answer, 413, kind="too-large")


def test_unexpected_error_is_logged_but_not_sent(tiny, check_problem, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings(), tiny)

    def fail() -> None:
        raise RuntimeError("secret of /inside/here.py")

    app.add_api_route("/fail", fail)
    with TestClient(app) as client:
        with caplog.at_level(logging.ERROR, "backend.http.middleware"):
            problem = check_problem(client.get("/fail"), 500)
        assert "secret" not in str(problem)
        assert problem["request_id"] in caplog.text
        assert "secret of /inside/here.py" in caplog.text
        assert client.get("/livez").status_code == 200


def test_response_has_a_request_id_or_keeps_the_given_one(client: TestClient) -> None:
    first, second = (client.get("/livez").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert client.get("/", headers={"X-Request-ID": "trace-1.a_b"}).headers["x-request-id"] == "trace-1.a_b"
    for bad in ("a b", "x" * 65, "<script>", ""):
        assert client.get("/", headers={"X-Request-ID": bad}).headers["x-request-id"] != bad
