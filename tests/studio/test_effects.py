"""Effects on the next request of what is added or set on the page."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from helpers.browser import Visit, wait_until
from helpers.busy_server import TEXT, VIDEO, Api
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


def test_fault__strikes_the_next_request(server: MockServer, visit: Visit) -> None:
    """A fault added from the form applies to the next request; its count follows, and Remove ends it."""
    api = Api(server)
    page = visit.open("faults")
    form = page.get_by_role("form", name="Add a fault")
    form.get_by_label(re.compile(r"^operation\b")).fill("listPredictions")
    form.get_by_label(re.compile(r"^status\b")).fill("503")
    form.get_by_role("button", name="Add fault", exact=True).click()
    armed = page.get_by_role("region", name="Armed").get_by_role("listitem").filter(has_text="answers 503")
    expect(armed).to_contain_text("No request has matched")
    assert [api("GET", "/v1/predictions")[0] for _ in range(2)] == [503, 503]
    expect(armed).to_contain_text("Struck 2 times")
    visit.screenshot("faults")
    armed.get_by_role("button", name="Remove", exact=True).click()
    expect(armed).to_have_count(0)
    assert api("GET", "/v1/predictions")[0] == 200


def test_recipe__fails_the_next_read(server: MockServer, visit: Visit) -> None:
    """A recipe added from the form applies to the next requests."""
    page = visit.open("faults")
    page.get_by_role("radio", name="flaky", exact=True).check()
    form = page.get_by_role("form", name="Add a recipe")
    form.get_by_label(re.compile(r"^times\b")).fill("1")
    form.get_by_role("button", name="Add recipe", exact=True).click()
    expect(page.get_by_role("region", name="Armed").get_by_role("listitem").first).to_be_visible()
    assert len(list(server.faults)) > 0
    api = Api(server)
    assert api("GET", "/v1/predictions")[0] >= 500
    assert api("GET", "/v1/predictions")[0] == 200
    page.get_by_role("button", name="Clear faults", exact=True).click()
    expect(page.get_by_text("No request fails")).to_be_visible()
    assert list(server.faults) == []


@pytest.mark.parametrize("form", ["fields", "JSON"])
def test_script__decides_the_next_prediction(form: str, server: MockServer, visit: Visit) -> None:
    """A script added from the form, or as JSON, decides what the next prediction does, and is gone then."""
    api = Api(server)
    page = visit.open("faults")
    if form == "fields":
        fields = page.get_by_role("form", name="Add a script", exact=True)
        fields.get_by_label(re.compile(r"^outcome\b")).select_option("failed")
        fields.get_by_label(re.compile(r"^error\b")).fill("out of luck")
        fields.get_by_label(re.compile(r"^run\b")).fill("2")
    else:
        page.get_by_label("as JSON").check()
        fields = page.get_by_role("form", name="Add a script as JSON")
        script = {"outcome": "failed", "error": "out of luck", "run": 2}
        fields.get_by_label(re.compile(r"^script\b")).fill(json.dumps(script))
    fields.get_by_role("button", name="Add script", exact=True).click()
    waiting = page.get_by_role("region", name="Scripts that wait").get_by_role("listitem")
    expect(waiting).to_contain_text("ends as failed: out of luck")
    created = api.create(TEXT, "A lighthouse")
    expect(waiting).to_have_count(0)
    server.clock.advance(60)
    _, read = api("GET", f"/v1/predictions/{created['id']}")
    assert (read["status"], read["error"]) == ("failed", "out of luck")


def test_model__runs_from_the_next_request_on(server: MockServer, visit: Visit) -> None:
    """A model added from the form runs at once, and Remove removes it."""
    api = Api(server)
    page = visit.open("state")
    models = page.get_by_role("region", name="Models")
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
    assert api("POST", "/v1/models/acme/echo/predictions", {"input": {"text": "hello"}})[0] == 404


def test_limits__hold_for_the_next_request(server: MockServer, visit: Visit) -> None:
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
