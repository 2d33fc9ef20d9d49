"""The page's view of faults: those armed, their counts, and forms that add more."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from helpers.browser import Visit
from helpers.busy_server import VIDEO, Api
from zeroscope_mock import MockServer
from zeroscope_mock.documents.bundled import control_document

SCHEMAS: dict[str, Any] = control_document()["components"]["schemas"]


def fault_form(page: Page) -> Locator:
    """The form that adds a fault, with all its sections open."""
    form = page.get_by_role("form", name="Add a fault", exact=True)
    for section in ("How often", "More about the response"):
        form.get_by_text(section, exact=True).click()
    return form


def fill(form: Locator, fields: dict[str, str]) -> None:
    """Fill some fields in and send the form."""
    for name, text in fields.items():
        control = form.get_by_label(name, exact=True)
        if control.evaluate("element => element.tagName") == "SELECT":
            control.select_option(text)
        else:
            control.fill(text)
    form.get_by_role("button", name="Add fault", exact=True).click()


@pytest.mark.parametrize(
    ("fields", "settings"),
    [
        ({"status": "503", "operation": "getPrediction"}, {"status": 503, "operation": "getPrediction"}),
        (
            {"delay": "2.5", "operation": "getPrediction, listPredictions"},
            {"delay": 2.5, "operation": ["getPrediction", "listPredictions"]},
        ),
        ({"reset": "after", "method": "POST", "nth": "2, 4"}, {"reset": "after", "method": "POST", "nth": [2, 4]}),
        ({"hang": "true", "times": "1"}, {"hang": 60.0, "times": 1}),
        (
            {"html": "true", "per": "resource", "probability": "0.5"},
            {"html": True, "per": "resource", "probability": 0.5},
        ),
        ({"body": "no JSON", "headers": '{"X-A": "b"}'}, {"body": "no JSON", "headers": {"x-a": "b"}}),
        ({"body": '{"a": [1]}', "truncate": "0.5"}, {"body": {"a": [1]}, "truncate": 0.5}),
    ],
)
def test_fault__is_added_as_the_form_says(
    fields: dict[str, str], settings: dict[str, Any], server: MockServer, visit: Visit
) -> None:
    """Fields become the settings of the fault, in the types of the document."""
    page = visit.open("faults")
    expect(page.get_by_text("No request fails")).to_be_visible()
    form = fault_form(page)
    fill(form, fields)
    expect(form.get_by_text("Added f1.")).to_be_visible()
    expect(page.locator(".entry-id", has_text="f1")).to_be_visible()
    assert server.faults[0].rule.to_json() == settings


@pytest.mark.parametrize(
    ("fields", "field", "error"),
    [
        ({"operation": "getPredicton", "status": "503"}, "operation", "did you mean 'getPrediction'?"),
        ({"status": "9999"}, "status", "Must be less than or equal to 599"),
        ({"status": "many"}, "status", "Expected: null/integer, given: string"),
        ({"status": "503", "headers": "{"}, "headers", "This is not JSON"),
        ({"status": "503", "nth": "1", "skip": "2"}, "nth", "nth does not go with skip"),
    ],
)
def test_fault__is_refused_at_the_field(
    fields: dict[str, str], field: str, error: str, server: MockServer, visit: Visit
) -> None:
    """An error stands at the field that it concerns, which gets the focus; nothing is added."""
    visit.expect_problem("422")
    page = visit.open("faults")
    form = fault_form(page)
    fill(form, fields)
    control = form.get_by_label(field, exact=True)
    expect(control).to_be_focused()
    expect(control).to_have_attribute("aria-invalid", "true")
    expect(control).to_have_accessible_description(re.compile(re.escape(error)))
    assert len(server.faults) == 0


def test_fault__without_an_effect_is_explained_as_a_whole(visit: Visit) -> None:
    """An error that concerns no single field stands above the button."""
    visit.expect_problem("422")
    page = visit.open("faults")
    fill(fault_form(page), {})
    expect(page.get_by_role("alert")).to_contain_text("a fault must do something")


def test_form__has_every_setting_of_the_document(visit: Visit) -> None:
    """Whatever a fault or a script may have in the document is a field of the form."""
    page = visit.open("faults")
    for name, schema in (("Add a fault", "FaultSettings"), ("Add a script", "Script")):
        form = page.get_by_role("form", name=name, exact=True)
        # The forms come with the document, some time after the rest.
        expect(form).to_be_visible()
        names = form.locator("label > code, legend > code").all_text_contents()
        assert set(names) >= set(SCHEMAS[schema]["properties"])


@pytest.mark.parametrize("recipe", SCHEMAS["Recipe"]["enum"])
def test_recipe__is_added(recipe: str, server: MockServer, visit: Visit) -> None:
    """Each recipe is added with the arguments that it takes."""
    page = visit.open("faults")
    page.get_by_role("radio", name=recipe, exact=True).check(force=True)
    form = page.get_by_role("form", name="Add a recipe", exact=True)
    taken = form.locator("label > code").all_text_contents()
    assert taken == [
        name
        for name, described in SCHEMAS["RecipeArguments"]["properties"].items()
        if "`:" not in described["description"] or f"`{recipe}`" in described["description"].partition(":")[0]
    ]
    if recipe == "slow":
        form.get_by_label("seconds", exact=True).fill("2")
    form.get_by_role("button", name="Add recipe", exact=True).click()
    expect(form.get_by_text("Added")).to_be_visible()
    assert len(server.faults) == (26 if recipe == "storm" else 1)
    expect(page.locator(".entry-id")).to_have_count(len(server.faults))
    if recipe == "storm":
        visit.screenshot("faults")
        assert visit.violations() == []


def test_armed__counts_how_often_a_fault_struck(server: MockServer, visit: Visit) -> None:
    """The counts follow the requests, and a fault that is used up is named."""
    server.faults.add(operation="getPrediction", status=503, times=1)
    page = visit.open("faults")
    entry = page.locator(".entry", has_text="answers 503")
    expect(entry).to_contain_text("No request has matched")
    api = Api(server)
    path = f"/v1/predictions/{api.create(VIDEO, 'A lighthouse')['id']}"
    assert [api("GET", path)[0] for _ in range(3)] == [503, 200, 200]
    expect(entry).to_contain_text("Struck 1 time in 3 matching requests")
    expect(entry).to_contain_text("used up")


def test_armed__is_removed_one_by_one_or_as_a_whole(server: MockServer, visit: Visit) -> None:
    """Remove removes one fault, Clear faults all of them."""
    for status in (500, 502, 503):
        server.faults.add(status=status)
    page = visit.open("faults")
    page.locator(".entry", has_text="answers 502").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("answers 502")).to_have_count(0)
    assert [fault.rule.status for fault in server.faults] == [500, 503]
    page.get_by_role("button", name="Clear faults", exact=True).click()
    expect(page.get_by_text("No request fails")).to_be_visible()
    assert len(server.faults) == 0
