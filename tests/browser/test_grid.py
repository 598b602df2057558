"""The grid: one dimension set to one value after another, or two against each other, seen, heard and put to use."""

from __future__ import annotations

import base64
import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from .explorer import Explorer, Opener
from .test_accessibility import violations


def drawn(explorer: Explorer) -> Explorer:
    """Wait until the grid shows what it was asked for."""
    expect(explorer.page.locator("#panel-grid")).to_have_attribute("data-pending", "false")
    expect(cells(explorer.page).first).to_be_visible()
    expect(explorer.page.locator("#cells")).to_have_attribute("aria-busy", "false")
    return explorer


def opened(explorer: Explorer) -> Explorer:
    tab(explorer, "Grid")
    return drawn(explorer)


def tab(explorer: Explorer, name: str) -> None:
    explorer.page.get_by_role("tab", name=name).click()


def cells(page: Page) -> Locator:
    return page.locator("#cells button")


def names(page: Page) -> list[str]:
    return [cell.get_attribute("aria-label") or "" for cell in cells(page).all()]


def traversals(explorer: Explorer) -> list[dict[str, Any]]:
    return [request.post_data_json or {} for request in explorer.requests if request.url.endswith("/traverse")]


def digest_of(explorer: Explorer, request: dict[str, Any]) -> str:
    """SHA-256 of the sound that the server answers with."""
    answer = explorer.page.request.post(f"{explorer.address}/decode", data=request)
    assert answer.ok
    return hashlib.sha256(base64.b64decode(answer.json()["audio"])).hexdigest()


def hear(explorer: Explorer, cell: Locator) -> dict[str, Any]:
    """Click a cell and wait until it was heard; returns what was asked of /decode for it."""
    asked = len(explorer.listen().decodes())
    cell.click()
    assert [note["side"] for note in explorer.sounds(2)] == ["cell", ""]
    (request,) = explorer.decodes()[asked:]
    return request


def test_a_grid_shows_the_most_telling_dimension_and_is_fetched_only_when_opened(explorer: Explorer) -> None:
    assert traversals(explorer) == []
    first = explorer.row(0).get_attribute("data-dim")
    drawn(opened(explorer))
    (request,) = traversals(explorer)
    assert str(request["dim"]) == first
    assert request["values"] == [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25, 3]
    shown = explorer.page.locator("#cells .cell-value").all_text_contents()
    assert shown == ["−3", "−2.25", "−1.5", "−0.75", "0", "+0.75", "+1.5", "+2.25", "+3"]
    assert names(explorer.page)[0] == f"Dimension {first} at −3"
    pictures = explorer.page.locator("#cells canvas").evaluate_all("all => all.map((one) => one.toDataURL())")
    assert len(set(pictures)) == 9
    tab(explorer, "Sliders")
    opened(explorer)
    assert traversals(explorer)[1:] == [request], "what nobody looks at is not kept up, and comes again"
    assert explorer.console == []


def test_a_cell_is_heard_and_seen_in_the_decoded_lane(explorer: Explorer) -> None:
    decoded = drawn(opened(explorer)).picture
    dim = traversals(explorer)[0]["dim"]
    request = hear(explorer, cells(explorer.page).nth(7))
    assert request["edits"] == [{"dim": dim, "op": "set", "value": 2.25}]
    began, ended = explorer.sounds()
    assert began["caption"] == "Grid cell"
    assert began["picture"] != decoded
    assert (ended["caption"], ended["picture"]) == ("Decoded", decoded)
    expect(explorer.page.locator("#grid-chosen")).to_have_text(f"Dimension {dim} at +2.25")
    expect(cells(explorer.page).nth(7)).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize(
    "gesture",
    [
        pytest.param("", id="untouched"),
        pytest.param("&edits3=5:1,9=2", id="edited"),
        pytest.param("&edits3=5:1,5=2@0.1-0.3&muted3=7", id="edited in a span"),
        pytest.param("&span=0.2-0.4&edits3=5:1,5=2@0.2-0.4", id="over a span"),
        pytest.param("&span=0.2-0.4&muted3=5,7", id="over a span of a muted one"),
    ],
)
def test_a_cell_put_to_use_sounds_as_it_did_and_is_one_step_back(fresh: Opener, gesture: str) -> None:
    explorer = drawn(fresh().open(f"#panel=grid&grid=3.5,9,-3,3{gesture}"))
    before = explorer.digest
    request = hear(explorer, cells(explorer.page).nth(2))
    use = explorer.page.get_by_role("button", name="Use")
    use.click()
    explorer.choice("5=-1.5")
    assert explorer.digest == digest_of(explorer, request) != before

    tab(explorer, "Sliders")
    explorer.page.get_by_role("button", name="Undo").click()
    assert explorer.digest == before
    expect(explorer.page.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_double_click_uses_both_dimensions_of_a_cell(fresh: Opener) -> None:
    explorer = drawn(fresh().open("#panel=grid&grid=3.5x9,5,-2,2"))
    (request,) = traversals(explorer)
    assert request["values"] == [2, 1, 0, -1, -2], "upward, as on any plot"
    assert request["across"] == {"dim": 5, "values": [-2, -1, 0, 1, 2]}
    assert names(explorer.page)[0] == "Dimension 5 at −2, dimension 9 at +2"
    assert len(names(explorer.page)) == 25
    assert violations(explorer.page) == []
    cells(explorer.page).nth(3).dblclick()
    explorer.choice("edits3=5=1,9=2")
    explorer.settle()
    assert {(edit["dim"], edit["value"]) for edit in explorer.decodes()[-1]["edits"]} == {(5, 1), (9, 2)}


def test_cells_are_reached_and_heard_by_keys(fresh: Opener) -> None:
    explorer = drawn(fresh().open("#panel=grid&grid=3.5x9,5,-2,2"))
    page = explorer.page
    cells(page).first.focus()
    ways = {
        "ArrowRight": (-1, 2),
        "ArrowDown": (-1, 1),
        "ArrowUp": (-1, 2),
        "ArrowLeft": (-2, 2),
        "End": (2, 2),
        "Control+End": (2, -2),
        "Home": (-2, -2),
        "Control+Home": (-2, 2),
    }
    for key, (across, upward) in ways.items():
        page.keyboard.press(key)
        sign = {number: f"{'+' if number > 0 else '−'}{abs(number)}" for number in (across, upward)}
        assert (
            page.evaluate("document.activeElement.ariaLabel")
            == f"Dimension 5 at {sign[across]}, dimension 9 at {sign[upward]}"
        ), key
    assert page.locator("#cells [tabindex='0']").count() == 1
    asked = len(explorer.listen().decodes())
    page.keyboard.press("Enter")
    explorer.sounds(1)
    assert [edit["value"] for edit in explorer.decodes()[asked]["edits"]] == [-2, 2]


def test_what_was_moved_last_is_what_the_grid_shows(explorer: Explorer) -> None:
    dims = [int(explorer.row(place).get_attribute("data-dim") or "") for place in (3, 1)]
    explorer.drag(3, to=0.8)
    explorer.drag(1, to=0.3)
    opened(explorer)
    request = traversals(explorer)[-1]
    assert request["dim"] == dims[1]
    assert [edit["dim"] for edit in request["edits"]] == [dims[0]], "the rest of the gesture is its base"
    tab(explorer, "Sliders")
    explorer.drag(3, to=0.6)
    opened(explorer)
    assert traversals(explorer)[-1]["dim"] == dims[0]


def test_it_follows_what_is_chosen_and_says_so_in_the_address(explorer: Explorer, fresh: Opener) -> None:
    page = drawn(opened(explorer)).page
    page.get_by_label("Across").select_option("5")
    page.get_by_label("Upward").select_option("9")
    page.get_by_label("Steps", exact=True).fill("6")
    page.get_by_label("From", exact=True).fill("-1")
    other = drawn(fresh().open(explorer.choice("grid=3.5x9,6,-1,3")))
    assert names(other.page) == names(drawn(explorer).page)
    assert len(names(page)) == 36

    explorer.module(2)
    drawn(explorer)
    assert traversals(explorer)[-1]["module"] == 2
    assert "across" not in traversals(explorer)[-1], "the dimensions of one module are not those of another"
    page.locator("#examples button").nth(1).click()
    explorer.settle()
    drawn(explorer)
    assert traversals(explorer)[-1]["clip"] == explorer.decodes()[-1]["clip"]
    page.get_by_label("Steps", exact=True).fill("70")
    assert page.get_by_label("Steps", exact=True).evaluate("field => field.validity.valid") is False
    page.wait_for_timeout(500)
    assert len(traversals(explorer)[-1]["values"]) == 6


def test_a_marked_span_is_what_cells_change_and_show(fresh: Opener) -> None:
    explorer = drawn(fresh().open("#panel=grid&span=0.2-0.4&module=1"))
    (request,) = traversals(explorer)
    assert (request["start"], request["end"]) == (0.2, 0.4)
    reach = (request["window"]["end"] - request["window"]["start"] - 0.2) / 2
    assert 0 < reach < 0.1, "the receptive field of module 1"
    expect(explorer.page.locator("#grid-note")).to_contain_text("0.20 s to 0.40 s")


def test_leaving_the_panel_breaks_off_and_only_the_newest_is_waited_for(fresh: Opener) -> None:
    explorer = fresh().open("#example=sentence-man")
    page = explorer.page
    tab(explorer, "Grid")

    def large(request: Request) -> bool:
        return request.url.endswith("/traverse") and len((request.post_data_json or {})["values"]) == 64

    with page.expect_event("requestfailed", large):
        with page.expect_request(large):
            page.get_by_label("Steps", exact=True).fill("64")
        tab(explorer, "Sliders")
    expect(page.locator("#notice")).to_be_hidden()
    assert cells(page).count() == 0

    tab(explorer, "Grid")
    for steps in ("60", "61", "3"):
        page.get_by_label("Steps", exact=True).fill(steps)
        page.wait_for_timeout(300)
    expect(cells(page)).to_have_count(3)
    drawn(explorer)
    assert len(traversals(explorer)[-1]["values"]) == 3
    expect(page.locator("#notice")).to_be_hidden()
    assert explorer.console == []


def test_a_locked_dimension_is_not_moved_by_use(explorer: Explorer) -> None:
    explorer.slider(0).press("l")
    opened(explorer)
    hear(explorer, cells(explorer.page).nth(0))
    expect(explorer.page.get_by_role("button", name="Use")).to_be_disabled()
    cells(explorer.page).nth(0).dblclick()
    explorer.sounds(4)
    assert "edits3" not in explorer.page.url
    tab(explorer, "Sliders")
    explorer.slider(0).press("l")
    opened(explorer)
    hear(explorer, cells(explorer.page).nth(0))
    expect(explorer.page.get_by_role("button", name="Use")).to_be_enabled()


def test_the_grid_is_kept_as_a_picture(explorer: Explorer, tmp_path: Path) -> None:
    page = drawn(opened(explorer)).page
    dim = traversals(explorer)[0]["dim"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save PNG").click()
    assert download.value.suggested_filename == f"badigu-man-module-3-dimension-{dim}.png"
    data = Path(download.value.path()).read_bytes()
    assert data.startswith(b"\x89PNG")
    size = struct.unpack(">II", data[16:24])
    assert size == (2 * (40 + 3 * 226 - 6), 2 * (40 + 30 + 3 * (110 + 18 + 6) - 6))
    colours = page.evaluate(
        """async (data) => {
            const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0));
            const image = await createImageBitmap(new Blob([bytes]));
            const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
            context.drawImage(image, 0, 0);
            const at = (x, y) => context.getImageData(2 * x, 2 * y, 1, 1).data.join();
            return [at(3, 3), at(100, 140), at(330, 140), at(560, 140)];
        }""",
        base64.b64encode(data).decode(),
    )
    assert colours[0] not in colours[1:]


def test_a_clip_the_server_forgot_is_encoded_again(explorer: Explorer, vowel: Path) -> None:
    explorer.upload(vowel).forget()
    opened(explorer)
    assert len(traversals(explorer)) == 2
    explorer.forget()
    cells(explorer.listen().page).nth(1).click()
    assert explorer.sounds(1)[0]["side"] == "cell"
    expect(explorer.page.locator("#notice")).to_be_hidden()


def test_without_a_connection_the_grid_waits_and_goes_on(explorer: Explorer) -> None:
    explorer.page.context.set_offline(True)
    tab(explorer, "Grid")
    expect(explorer.page.get_by_role("alert")).to_contain_text("No connection")
    explorer.page.context.set_offline(False)
    drawn(explorer)
    expect(explorer.page.get_by_role("alert")).to_be_hidden()
    assert len(names(explorer.page)) == 9
