"""The view of the clock."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from helpers.browser import Visit, wait_until
from helpers.busy_server import INPUTS, TEXT, VIDEO, Api
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer
from zeroscope_mock.operations.standstill import NOTICE_AFTER


def test_clock__is_frozen_and_runs_again(server: MockServer, visit: Visit) -> None:
    """Freeze stops the clock of the server and of the page, and Run starts both."""
    page = visit.open("clock")
    main = page.get_by_role("main")
    freeze = main.get_by_role("button", name="Freeze", exact=True)
    run = main.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_disabled()
    freeze.click()
    expect(main).to_contain_text("It is frozen")
    assert server.clock.frozen
    digits = main.locator(".clock-digits")
    stopped = digits.inner_text()
    before = page.evaluate("() => performance.now()")
    page.wait_for_function("(before) => performance.now() > before + 1200", arg=before)
    assert digits.inner_text() == stopped
    visit.screenshot("clock")
    run.click()
    expect(main).to_contain_text("It runs by itself")
    expect(digits).not_to_have_text(stopped)
    assert not server.clock.frozen


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("10m", 600), ("1h 30m", 5400)])
def test_clock__is_advanced(text: str, seconds: float, visits: Open, serve: Serve) -> None:
    """Advance moves the clock by seconds or by a duration."""
    server, url = serve(clock="virtual")
    before = server.clock.time()
    page = visits(url).open("clock")
    form = page.get_by_role("form", name="Advance the clock")
    form.get_by_label(re.compile(r"^seconds\b")).fill(text)
    form.get_by_role("button", name="Advance", exact=True).click()
    expect(form.get_by_role("status")).to_contain_text("It is")
    assert server.clock.time() == before + seconds


def test_clock__refuses_what_is_no_duration(visits: Open, serve: Serve) -> None:
    """A text that is no duration is refused at the field."""
    server, url = serve(clock="virtual")
    before = server.clock.time()
    page = visits(url).open("clock")
    form = page.get_by_role("form", name="Advance the clock")
    form.get_by_label(re.compile(r"^seconds\b")).fill("soon")
    form.get_by_role("button", name="Advance", exact=True).click()
    expect(form.get_by_label(re.compile(r"^seconds\b"))).to_have_attribute("aria-invalid", "true")
    assert server.clock.time() == before


def test_clock__goes_from_event_to_event(visits: Open, serve: Serve) -> None:
    """Next event names what comes next, and moves to its start, its end, and no further."""
    server, url = serve(clock="virtual")
    page = visits(url).open("clock")
    button = page.get_by_role("button", name="Next event", exact=True)
    expect(button).to_be_disabled()
    server.scripts.add({"startup": 5, "run": 20, "logs": []})
    api = Api(server)
    created = api.create(VIDEO, "A lighthouse", **INPUTS[VIDEO])
    begin = server.clock.time()
    moments = []
    while True:
        expect(button).to_be_enabled()
        expect(page.locator(".clock-next")).to_contain_text(created["id"])
        before = server.clock.time()
        button.click()
        wait_until(page, lambda before=before: server.clock.time() > before)
        moments.append(round(server.clock.time() - begin, 3))
        if api("GET", f"/v1/predictions/{created['id']}")[1]["status"] == "succeeded":
            break
    assert moments[0] == 5
    assert moments[-1] == 25
    expect(button).to_be_disabled()
    expect(page.get_by_role("main")).to_contain_text("Nothing is due")


def test_speed__is_that_of_predictions_to_come(server: MockServer, visit: Visit) -> None:
    """Set speed changes the speed of the server."""
    page = visit.open("clock")
    form = page.get_by_role("form", name="Set the speed")
    form.get_by_label(re.compile(r"^speed\b")).fill("25")
    form.get_by_role("button", name="Set speed", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("25 times as fast as")
    assert server.speed == 25
    visit.expect_problem("422")
    form.get_by_label(re.compile(r"^speed\b")).fill("0")
    form.get_by_role("button", name="Set speed", exact=True).click()
    expect(form.get_by_label(re.compile(r"^speed\b"))).to_have_attribute("aria-invalid", "true")
    assert server.speed == 25


def test_clock__warns_of_a_client_that_polls_meanwhile(server: MockServer, visit: Visit) -> None:
    """The view says what the server told a client that polls while the clock stands still."""
    page = visit.open("clock")
    server.clock.freeze()
    api = Api(server)
    created = api.create(TEXT, "A lighthouse")
    for _ in range(NOTICE_AFTER):
        api("GET", f"/v1/predictions/{created['id']}")
    expect(page.get_by_role("main")).to_contain_text(re.compile("A client is polling.*The clock stands still"))
