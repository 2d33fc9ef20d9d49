"""The page's view of scripts: the queue, and a form that adds to it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from helpers.browser import Visit
from helpers.busy_server import VIDEO, Api
from zeroscope_mock import MockServer


def script_form(page: Page) -> Locator:
    """The form that adds a script by its fields."""
    form = page.get_by_role("form", name="Add a script", exact=True)
    form.get_by_text("For which predictions", exact=True).click()
    return form


def send(form: Locator) -> None:
    """Send the form."""
    form.get_by_role("button", name="Add script", exact=True).click()


def test_script__is_added_by_its_fields(server: MockServer, visit: Visit) -> None:
    """A script from the form says what happens to the next prediction that it is for."""
    page = visit.open("faults")
    expect(page.get_by_text("Every prediction runs as by default")).to_be_visible()
    form = script_form(page)
    form.get_by_label("outcome", exact=True).select_option("failed")
    form.get_by_label("error", exact=True).fill("out of luck")
    form.get_by_label("run", exact=True).fill("600")
    form.get_by_role("textbox", name="logs", exact=True).fill('first\n{"at": 2, "text": "second"}')
    form.get_by_label("model", exact=True).fill("anotherjesse/*")
    form.get_by_label("times", exact=True).fill("null")
    send(form)
    entry = page.locator("ol.entries .entry")
    expect(entry).to_contain_text("runs for 10 min, prints 2 lines, ends as failed: out of luck")
    expect(entry).to_contain_text("For all that follow: anotherjesse/*")
    expect(entry).to_contain_text("Not used yet")
    server.clock.freeze()
    created = Api(server).create(VIDEO, "A lighthouse")
    expect(entry).to_contain_text("Used once")
    server.clock.advance(3600)
    status, prediction = Api(server)("GET", f"/v1/predictions/{created['id']}")
    assert (status, prediction["status"], prediction["error"]) == (200, "failed", "out of luck")


def test_script__is_added_as_json(server: MockServer, visit: Visit) -> None:
    """A list of scripts as JSON is added as a whole, or refused as a whole."""
    visit.expect_problem("422")
    page = visit.open("faults")
    page.get_by_label("as JSON").check()
    form = page.get_by_role("form", name="Add a script as JSON", exact=True)
    text = form.get_by_role("textbox", name="script", exact=True)
    text.fill('[{"run": 1}, {"outcome": "luck"}]')
    send(form)
    expect(form.locator(".field-error")).to_contain_text("script.1.outcome must be one of")
    assert len(server.scripts) == 0
    text.fill('[{"run": 1}, {"outcome": "failed"}]')
    send(form)
    expect(page.locator("ol.entries .entry")).to_have_count(2)
    page.get_by_role("button", name="Clear scripts", exact=True).click()
    expect(page.get_by_text("Every prediction runs as by default")).to_be_visible()
    assert len(server.scripts) == 0


def test_script__is_refused_at_the_field(visit: Visit) -> None:
    """Errors of a script stand at its fields, also those that the server names for the script as a whole."""
    visit.expect_problem("422")
    page = visit.open("faults")
    form = script_form(page)
    for name, text, error in (
        ("run", "-1", "Must be greater than or equal to 0"),
        ("model", "someone", "a model is 'owner/name'"),
    ):
        control = form.get_by_label(name, exact=True)
        control.fill(text)
        send(form)
        expect(control).to_have_accessible_description(re.compile(re.escape(error)))
        control.fill("")
