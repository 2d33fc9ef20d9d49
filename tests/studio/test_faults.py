"""The view of faults and scripts: what is added there acts on the next request."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from helpers.browser import Visit, wait_until
from helpers.busy_server import TEXT, VIDEO, Api
from zeroscope_mock import MockServer


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


def test_recipe__is_added_with_its_arguments(server: MockServer, visit: Visit) -> None:
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


@pytest.mark.parametrize("recipe", ["storm", "outage", "lost_create", "flaky", "throttle", "slow"])
def test_recipe__is_offered(recipe: str, server: MockServer, visit: Visit) -> None:
    """Every recipe can be added with what the form begins with, or says at the field what it lacks."""
    page = visit.open("faults")
    page.get_by_role("radio", name=recipe, exact=True).check()
    form = page.get_by_role("form", name="Add a recipe")
    for field in form.get_by_label(re.compile("^(times|seconds)")).all():
        field.fill("1")
    form.get_by_role("button", name="Add recipe", exact=True).click()
    expect(form.get_by_role("status")).to_contain_text("Added")
    assert len(list(server.faults)) > 0
    server.faults.clear()


def test_fault__is_refused_at_its_field(server: MockServer, visit: Visit) -> None:
    """What the server says about a field stands at the field."""
    visit.expect_problem("422")
    page = visit.open("faults")
    form = page.get_by_role("form", name="Add a fault")
    field = form.get_by_label(re.compile(r"^operation\b"))
    field.fill("getPredicton")
    form.get_by_label(re.compile(r"^status\b")).fill("503")
    form.get_by_role("button", name="Add fault", exact=True).click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(form).to_contain_text("did you mean 'getPrediction'")
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


def test_scripts__are_cleared(server: MockServer, visit: Visit) -> None:
    """The button clears the queue of scripts."""
    server.scripts.add({"run": 5}, times=None)
    Api(server).create(VIDEO, "A lighthouse")
    page = visit.open("faults")
    expect(page.get_by_role("region", name="Scripts that wait")).to_contain_text("Used once")
    page.get_by_role("button", name="Clear scripts", exact=True).click()
    wait_until(page, lambda: len(server.scripts) == 0)
    expect(page.get_by_text("Every prediction runs as by default")).to_be_visible()
