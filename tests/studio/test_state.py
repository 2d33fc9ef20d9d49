"""The view of the state: models, limits, snapshots and the reset."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import expect

from helpers.browser import Visit, wait_until
from helpers.busy_server import INPUTS, MODELS, PICTURE, VIDEO, Api
from zeroscope_mock import MockServer

SCHEMA = {
    "openapi": "3.0.2",
    "components": {
        "schemas": {
            "Input": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            "Output": {"type": "string"},
        }
    },
}


def test_snapshot__is_downloaded_and_restored(server: MockServer, visit: Visit, tmp_path: Path) -> None:
    """A snapshot goes down, the reset clears the server, and the snapshot brings everything back."""
    api = Api(server)
    created = api.create(VIDEO, "A lighthouse in a storm", **INPUTS[VIDEO])
    server.clock.advance(600)
    page = visit.open("state")
    main = page.get_by_role("main")
    held = main.get_by_role("region", name="What it holds").get_by_role("row").filter(has_text="predictions")
    expect(held).to_contain_text("1")
    with page.expect_download() as download:
        main.get_by_role("button", name="Download snapshot", exact=True).click()
    path = tmp_path / "snapshot.json"
    download.value.save_as(path)
    assert json.loads(path.read_bytes())
    main.get_by_role("button", name="Reset", exact=True).click()
    dialog = page.get_by_role("dialog", name="Reset the server?")
    expect(dialog).to_be_visible()
    visit.screenshot("reset")
    dialog.get_by_role("button", name="Keep it", exact=True).click()
    expect(dialog).to_be_hidden()
    assert api("GET", f"/v1/predictions/{created['id']}")[0] == 200
    main.get_by_role("button", name="Reset", exact=True).click()
    dialog.get_by_role("button", name="Reset everything", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(held).to_contain_text("0")
    assert api("GET", f"/v1/predictions/{created['id']}")[0] == 404
    with page.expect_file_chooser() as chooser:
        main.get_by_role("button", name="Restore snapshot", exact=True).click()
    chooser.value.set_files(path)
    expect(main).to_contain_text("Restored snapshot.json")
    expect(held).to_contain_text("1")
    assert api("GET", f"/v1/predictions/{created['id']}")[1]["status"] == "succeeded"


def test_restore__says_what_is_wrong_with_a_file(server: MockServer, visit: Visit, tmp_path: Path) -> None:
    """A file that is no snapshot is refused with the reason, and changes nothing."""
    visit.expect_problem("4(00|22)")
    created = Api(server).create(VIDEO, "A lighthouse")
    path = tmp_path / "other.json"
    path.write_text('{"format": "something else"}')
    page = visit.open("state")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Restore snapshot", exact=True).click()
    chooser.value.set_files(path)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was restored")
    assert Api(server)("GET", f"/v1/predictions/{created['id']}")[0] == 200


def test_model__is_added_and_removed(server: MockServer, visit: Visit) -> None:
    """A model added from the form runs at once, and Remove removes it."""
    api = Api(server)
    page = visit.open("state")
    models = page.get_by_role("region", name="Models")
    for name in MODELS:
        expect(models).to_contain_text(name)
    models.get_by_text("Add a version of a model").click()
    form = page.get_by_role("form", name="Add a model")
    form.get_by_label(re.compile(r"^model\b")).fill("acme/echo")
    form.get_by_label(re.compile(r"^version\b")).fill(json.dumps(SCHEMA))
    form.get_by_role("button", name="Add model", exact=True).click()
    entry = models.get_by_role("listitem").filter(has_text="acme/echo")
    expect(entry.first).to_be_visible()
    assert api("POST", "/v1/models/acme/echo/predictions", {"input": {"text": "hello"}})[0] == 201
    assert api("POST", "/v1/models/acme/echo/predictions", {"input": {}})[0] == 422
    visit.screenshot("state")
    entry.first.get_by_role("button", name="Remove", exact=True).click()
    expect(entry).to_have_count(0)
    assert PICTURE in server.models
    assert api("POST", "/v1/models/acme/echo/predictions", {"input": {"text": "hello"}})[0] == 404


def test_model__is_refused_at_its_field(server: MockServer, visit: Visit) -> None:
    """What is wrong with a model stands in the form."""
    visit.expect_problem("422")
    page = visit.open("state")
    page.get_by_text("Add a version of a model").click()
    form = page.get_by_role("form", name="Add a model")
    form.get_by_label(re.compile(r"^model\b")).fill("no-owner")
    form.get_by_label(re.compile(r"^version\b")).fill(json.dumps(SCHEMA))
    form.get_by_role("button", name="Add model", exact=True).click()
    expect(form.locator("[aria-invalid=true], .form-errors").first).to_be_visible()
    assert sorted(server.models) == sorted(MODELS)


def test_limits__are_set(server: MockServer, visit: Visit) -> None:
    """Limits and credit set from the form are in force for the next request."""
    api = Api(server)
    page = visit.open("state")
    limits = page.get_by_role("region", name="Limits")
    limits.get_by_text("Set limits").first.click()
    limits.get_by_role("radio", name="low-credit", exact=True).check()
    form = page.get_by_role("form", name="Set limits")
    form.get_by_label(re.compile(r"^out_of_credit\b")).select_option("true")
    form.get_by_role("button", name="Set limits", exact=True).click()
    expect(limits).to_contain_text("none left")
    wait_until(page, lambda: server.limits.out_of_credit)
    status, _ = api("POST", f"/v1/models/{VIDEO}/predictions", {"input": {"prompt": "A lighthouse"}})
    assert status == 402
