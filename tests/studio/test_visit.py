"""Visits, and the problems of a page that they report."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from helpers.browser import Visit, wait_until

POLICY = "default-src 'none'; script-src 'self' 'unsafe-inline'; img-src *; frame-src *"
PROBLEMS = {
    "error": ("<script>throw new Error('broken')</script>", "error: broken"),
    "console": ("<script>console.error('broken')</script>", "error: broken"),
    "warning": ("<script>console.warn('broken')</script>", "warning: broken"),
    "missing file": ("<img src=missing.png>", "404"),
    "foreign picture": ("<img src=http://example.test/a.png>", "request: GET http://example.test/a.png"),
    "foreign address": ("<img src=http://127.0.0.1:9/a.png>", "request: GET http://127.0.0.1:9/a.png"),
    "policy": ("<link rel=stylesheet href=a.css>", "policy violation: style-src-elem"),
    "dialog": ("<script>alert('hello')</script>", "dialog: hello"),
    "window": ("<script>open('about:blank')</script>", "window: "),
}


@pytest.mark.parametrize(("markup", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_visit__reports_a_problem(markup: str, problem: str, visit: Visit) -> None:
    """Each problem is noted, and fails the check unless it was expected."""
    visit.context.route(
        "**/probe",
        lambda route: route.fulfill(
            body=f"<!doctype html><title>probe</title><link rel=icon href=data:,><main>{markup}</main>",
            headers={"content-type": "text/html", "content-security-policy": f"{POLICY}"},
        ),
    )
    visit.page.goto(f"{visit.url}/probe")
    expect(visit.page).to_have_title("probe")
    visit.page.wait_for_function("() => document.readyState === 'complete'")
    # A window that opens is reported by another process of the browser, at any time.
    wait_until(visit.page, lambda: any(problem in found for found in visit.problems))
    with pytest.raises(AssertionError):
        visit.check()
    visit.expect_problem(".")


def test_visit__reports_nothing_of_a_quiet_page(visit: Visit) -> None:
    """A page without problems passes the check."""
    visit.context.route(
        "**/probe",
        lambda route: route.fulfill(body="<link rel=icon href=data:,>", headers={"content-type": "text/html"}),
    )
    visit.page.goto(f"{visit.url}/probe")
    assert visit.problems == []
