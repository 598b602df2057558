"""The sound that follows a hand is asked for over a WebSocket, and by requests where there is none."""

from __future__ import annotations

import hashlib

import pytest
from playwright.sync_api import Route, WebSocketRoute

from .explorer import Explorer, Opener, is_decode


def posted(explorer: Explorer) -> int:
    return sum(map(is_decode, explorer.requests))


def test_movements_are_messages_and_sound_as_if_they_were_posted(explorer: Explorer) -> None:
    posts, asked = posted(explorer), len(explorer.decodes())
    value = explorer.drag(0, to=0.8)
    digest = explorer.digest
    assert explorer.decodes()[-1]["edits"][0]["value"] == value
    assert len(explorer.decodes()) > asked
    assert posted(explorer) == posts

    explorer.page.evaluate("dispatchEvent(new Event('offline'))")  # which ends the connection
    explorer.row(0).get_by_role("button", name="reset").click()
    assert explorer.digest != digest
    assert posted(explorer) == posts + 1
    exact = explorer.row(0).get_by_role("spinbutton")
    exact.fill(str(value))
    exact.press("Enter")
    assert explorer.digest == digest
    assert posted(explorer) == posts + 1, "there is a connection again"
    assert explorer.console == []


@pytest.mark.parametrize("way", ["refused", "broken"])
def test_without_one_that_holds_everything_is_posted(fresh: Opener, way: str) -> None:
    explorer = fresh()

    def breaks(live: WebSocketRoute) -> None:
        live.on_message(lambda _: live.close())

    explorer.page.route_web_socket("**/decode", WebSocketRoute.close if way == "refused" else breaks)
    explorer.open()
    before = explorer.digest
    for to in (0.8, 0.2):
        value = explorer.drag(0, to=to)
        assert explorer.digest != before
        assert explorer.decodes()[-1]["edits"][0]["value"] == value
    assert explorer.console == []


def test_a_sound_that_was_lost_after_its_picture_is_posted_for_until_it_is_here(fresh: Opener) -> None:
    explorer = fresh()
    lost: list[WebSocketRoute] = []
    refused: list[Route] = []

    def loses(live: WebSocketRoute) -> None:
        server = live.connect_to_server()
        server.on_message(lambda part: live.send(part) if isinstance(part, str) else (lost.append(live), live.close()))

    def refuses_once(route: Route) -> None:
        if lost and not refused:
            refused.append(route)
            route.abort()
        else:
            route.continue_()

    explorer.page.route_web_socket("**/decode", loses)
    explorer.page.route("**/decode", refuses_once)
    explorer.open()
    before = explorer.digest
    explorer.drag(0, to=0.8)
    assert explorer.digest != before
    assert lost
    assert refused
    with explorer.page.expect_download() as download:
        explorer.page.locator("#save").click()
    assert hashlib.sha256(download.value.path().read_bytes()).hexdigest() == explorer.digest
    assert [said for said in explorer.console if "Failed to load resource" not in said] == []
