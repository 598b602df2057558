"""Moving sliders are decoded over a WebSocket, with POST requests as fallback."""

from __future__ import annotations

import hashlib

import pytest
from playwright.sync_api import Route, WebSocketRoute

from .explorer import Explorer, Opener, is_decode


def posted(explorer: Explorer) -> int:
    return sum(map(is_decode, explorer.requests))


def test_websocket_and_post_give_the_same_sound(explorer: Explorer) -> None:
    posts, sent = posted(explorer), len(explorer.decodes())
    value = explorer.drag(0, to=0.8)
    digest = explorer.digest
    assert explorer.decodes()[-1]["edits"][0]["value"] == value
    assert len(explorer.decodes()) > sent
    assert posted(explorer) == posts

    explorer.page.evaluate("dispatchEvent(new Event('offline'))")  # ends the connection
    explorer.row(0).get_by_role("button", name="reset").click()
    assert explorer.digest != digest
    assert posted(explorer) == posts + 1
    exact = explorer.row(0).get_by_role("spinbutton")
    exact.fill(str(value))
    exact.press("Enter")
    assert explorer.digest == digest
    assert posted(explorer) == posts + 1, "the connection is restored"
    assert explorer.console == []


@pytest.mark.parametrize("failure", ["refused", "broken"])
def test_requests_are_posted_without_a_working_websocket(new_explorer: Opener, failure: str) -> None:
    explorer = new_explorer()

    def close_on_message(websocket: WebSocketRoute) -> None:
        websocket.on_message(lambda _: websocket.close())

    explorer.page.route_web_socket("**/decode", WebSocketRoute.close if failure == "refused" else close_on_message)
    explorer.open()
    before = explorer.digest
    for to in (0.8, 0.2):
        value = explorer.drag(0, to=to)
        assert explorer.digest != before
        assert explorer.decodes()[-1]["edits"][0]["value"] == value
    assert explorer.console == []


def test_sound_lost_after_its_spectrogram_is_requested_again(new_explorer: Opener) -> None:
    explorer = new_explorer()
    lost: list[WebSocketRoute] = []
    refused: list[Route] = []

    def drop_sound(websocket: WebSocketRoute) -> None:
        server = websocket.connect_to_server()
        server.on_message(
            lambda frame: (
                websocket.send(frame) if isinstance(frame, str) else (lost.append(websocket), websocket.close())
            )
        )

    def refuse_once(route: Route) -> None:
        if lost and not refused:
            refused.append(route)
            route.abort()
        else:
            route.continue_()

    explorer.page.route_web_socket("**/decode", drop_sound)
    explorer.page.route("**/decode", refuse_once)
    explorer.open()
    before = explorer.digest
    explorer.drag(0, to=0.8)
    assert explorer.digest != before
    assert lost
    assert refused
    with explorer.page.expect_download() as download:
        explorer.page.locator("#save").click()
    assert hashlib.sha256(download.value.path().read_bytes()).hexdigest() == explorer.digest
    assert [message for message in explorer.console if "Failed to load resource" not in message] == []
