"""The page's view of the state: its size, limits, models, snapshots, the reset."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from helpers.browser import Visit
from helpers.busy_server import MODELS, VIDEO, Api
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer

VERSION = {
    "openapi": "3.0.2",
    "components": {
        "schemas": {
            "Input": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            "Output": {"type": "string"},
        }
    },
}


def held(page: Page, kind: str) -> Locator:
    """The numbers of a kind that are held and dropped."""
    return page.get_by_role("region", name="What it holds").get_by_role("row", name=kind)


def press(page: Page, button: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=button, exact=True).click()


def test_holds__follows_the_server(server: MockServer, visit: Visit) -> None:
    """The counts are those of the server as they change."""
    page = visit.open("state")
    expect(held(page, "predictions")).to_contain_text("0")
    for _ in range(3):
        Api(server).create(VIDEO, "A lighthouse")
    expect(held(page, "predictions")).to_contain_text("3")
    expect(held(page, "exchanges")).to_contain_text("3")


def test_reset__is_confirmed_first(server: MockServer, visit: Visit) -> None:
    """A reset happens after a confirmation, and not without it."""
    server.faults.add(status=503)
    page = visit.open("state")
    press(page, "Reset")
    assert visit.violations() == []
    press(page, "Keep it")
    expect(page.get_by_role("dialog", name="Reset the server?")).to_be_hidden()
    assert len(server.faults) == 1
    press(page, "Reset")
    press(page, "Reset everything")
    expect(page.get_by_text("The server is as new.")).to_be_visible()
    expect(held(page, "faults")).to_contain_text("0")
    assert len(server.faults) == 0


def test_snapshot__is_downloaded_and_restored(server: MockServer, visit: Visit, tmp_path: Path) -> None:
    """A snapshot from the page restores the predictions that a reset cleared."""
    server.clock.freeze()
    created = Api(server).create(VIDEO, "A lighthouse")["id"]
    page = visit.open("state")
    with page.expect_download() as download:
        press(page, "Download snapshot")
    download.value.save_as(tmp_path / "snapshot.json")
    assert json.loads((tmp_path / "snapshot.json").read_text(encoding="utf-8")) == server.snapshot()
    server.reset()
    page.get_by_label("File of the snapshot").set_input_files(tmp_path / "snapshot.json")
    expect(page.get_by_role("dialog")).to_contain_text("Restore snapshot.json?")
    assert visit.violations() == []
    press(page, "Replace everything")
    expect(page.get_by_text("Restored snapshot.json.")).to_be_visible()
    expect(held(page, "predictions")).to_contain_text("1")
    assert Api(server)("GET", f"/v1/predictions/{created}")[0] == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"clock": {"time": "late", "frozen": False}}, "clock.time: Invalid type. Expected: number, given: string"),
        ({"seed": 5}, "seed"),
        (None, "The request body is not JSON"),
    ],
)
def test_snapshot__is_refused_by_field(
    changes: dict[str, Any] | None, error: str, server: MockServer, visit: Visit, tmp_path: Path
) -> None:
    """A file that is no snapshot of such a server changes nothing, and the page says what is wrong with it."""
    visit.expect_problem("4(00|22)")
    snapshot = "{" if changes is None else json.dumps({**server.snapshot(), **changes})
    (tmp_path / "snapshot.json").write_text(snapshot, encoding="utf-8")
    page = visit.open("state")
    page.get_by_label("File of the snapshot").set_input_files(tmp_path / "snapshot.json")
    expect(page.get_by_role("dialog")).to_contain_text("Restore snapshot.json?")
    assert visit.violations() == []
    press(page, "Replace everything")
    expect(page.get_by_role("alert")).to_contain_text("Nothing was restored:")
    expect(page.get_by_role("alert")).to_contain_text(error)


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ("live", "600 a minute"),
        ("low-credit", "6 a minute, 1 at once"),
        ("none", "no request is refused for its rate"),
    ],
)
def test_limits__are_set_by_name(rates: str, words: str, visits: Open, serve: Serve) -> None:
    """The rates of the service, or none, are put into force, and so is a lack of credit."""
    server, url = serve(rate_limits=None if rates != "none" else "live")
    visit = visits(url)
    page = visit.open("state")
    page.get_by_text("Set limits", exact=True).first.click()
    page.get_by_role("radio", name=rates, exact=True).check(force=True)
    page.get_by_label("out_of_credit", exact=True).select_option("true")
    press(page, "Set limits")
    expect(page.get_by_role("region", name="Limits")).to_contain_text(words)
    expect(page.get_by_role("region", name="Limits")).to_contain_text("none left: creates get 402")
    assert server.limits.out_of_credit
    assert (server.limits.rates is None) == (rates == "none")


def test_limits__of_ones_own_are_checked_at_the_field(server: MockServer, visit: Visit) -> None:
    """Rates of one's own are put into force once they are possible."""
    visit.expect_problem("422")
    page = visit.open("state")
    page.get_by_text("Set limits", exact=True).first.click()
    page.get_by_role("radio", name="own", exact=True).check(force=True)
    creates = page.get_by_role("group", name="creates")
    creates.get_by_label("requests", exact=True).fill("0")
    press(page, "Set limits")
    expect(creates.locator(".field-error")).to_have_text("Must be greater than or equal to 1")
    creates.get_by_label("requests", exact=True).fill("7")
    press(page, "Set limits")
    expect(page.get_by_role("region", name="Limits")).to_contain_text("7 a minute")
    assert server.limits.rates is not None
    assert server.limits.rates.creates.requests == 7


def test_model__is_added_from_a_file_and_removed(server: MockServer, visit: Visit, tmp_path: Path) -> None:
    """A version from a file is a model of the server until it is removed; a wrong one is refused at its field."""
    visit.expect_problem("422")
    (tmp_path / "version.json").write_text(json.dumps(VERSION), encoding="utf-8")
    page = visit.open("state")
    expect(page.get_by_role("region", name="Models").locator(".entry")).to_have_count(len(MODELS))
    page.get_by_text("Add a version of a model").click()
    form = page.get_by_role("form", name="Add a model")
    form.get_by_label("File for version").set_input_files(tmp_path / "version.json")
    expect(form.get_by_label("version", exact=True)).to_have_value(json.dumps(VERSION))
    form.get_by_label("model", exact=True).fill("acme")
    press(page, "Add model")
    expect(form.locator(".field-error")).to_contain_text("Does not match pattern")
    form.get_by_label("model", exact=True).fill("acme/echo")
    press(page, "Add model")
    entry = page.locator(".entry", has_text="acme/echo")
    expect(entry).to_contain_text("returns text")
    visit.screenshot("state")
    assert visit.violations() == []
    assert Api(server)("GET", "/v1/models/acme/echo")[0] == 200
    entry.get_by_role("button", name="Remove", exact=True).click()
    expect(entry).to_have_count(0)
    assert Api(server)("GET", "/v1/models/acme/echo")[0] == 404
