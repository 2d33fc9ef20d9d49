"""The page's view of the clock: what it says, and what moves it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from helpers.browser import Visit, wait_until
from helpers.busy_server import VIDEO, Api
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer

START = 1767225600.0
"""The time of day at which a virtual clock begins."""


@pytest.fixture
def serving(serve: Serve) -> tuple[MockServer, str]:
    """A server on a virtual clock."""
    return serve(clock="virtual")


def press(page: Page, button: str) -> None:
    """Press a button of the view, not that of the warning above it."""
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def field(page: Page, name: str) -> Locator:
    """A field of one of the forms."""
    return page.get_by_role("textbox", name=name, exact=True)


@pytest.mark.parametrize(("text", "seconds"), [("0.5", 0.5), ("250ms", 0.25), ("1h 30m", 5400), ("2D", 172800)])
def test_advance__takes_seconds_and_durations(text: str, seconds: float, server: MockServer, visit: Visit) -> None:
    """The clock moves by a number of seconds or a duration, which stays in the field for the next time."""
    page = visit.open("clock")
    field(page, "seconds").fill(text)
    press(page, "Advance")
    expect(page.get_by_text("now.")).to_be_visible()
    assert server.clock.time() == START + seconds
    expect(field(page, "seconds")).to_have_value(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("soon", "Write seconds, or a duration"),
        ("1h 30", "Write seconds, or a duration"),
        ("99999d", "Must be less than or equal to 1000000000"),
    ],
)
def test_advance__explains_a_mistake(text: str, error: str, server: MockServer, visit: Visit) -> None:
    """An error stands at the field, which gets the focus, and the clock stays."""
    visit.expect_problem("422")
    page = visit.open("clock")
    field(page, "seconds").fill(text)
    press(page, "Advance")
    expect(page.locator(".field-error")).to_contain_text(error)
    expect(field(page, "seconds")).to_be_focused()
    assert server.clock.time() == START


def test_next_event__is_named_and_reached(server: MockServer, visit: Visit) -> None:
    """The page says what happens next and when, and moves the clock there."""
    page = visit.open("clock")
    expect(page.get_by_text("Nothing is due")).to_be_visible()
    expect(page.get_by_role("button", name="Next event", exact=True)).to_be_disabled()
    server.scripts.add({"startup": 90, "run": 600, "logs": []})
    created = Api(server).create(VIDEO, "A lighthouse")["id"]
    expect(page.get_by_text(f"Prediction {created} starts in 1 min 30 s")).to_be_visible()
    assert visit.violations() == []
    press(page, "Next event")
    expect(page.get_by_text(f"Prediction {created} ends in 10 min")).to_be_visible()
    press(page, "Next event")
    wait_until(page, lambda: server.clock.time() == START + 690)


def test_freeze__stops_a_clock_until_it_runs(visits: Open, serve: Serve) -> None:
    """Freeze and Run stop and release a clock, and the page says which it is."""
    server, url = serve(clock="real")
    page = visits(url).open("clock")
    expect(page.get_by_text("It runs by itself")).to_be_visible()
    press(page, "Freeze")
    expect(page.get_by_text("It is frozen")).to_be_visible()
    stopped = server.clock.time()
    assert server.clock.time() == stopped
    press(page, "Run")
    expect(page.get_by_text("It runs by itself")).to_be_visible()
    wait_until(page, lambda: server.clock.time() > stopped)


def test_speed__is_set_for_predictions_to_come(server: MockServer, visit: Visit) -> None:
    """The speed is set by the form, and an impossible one is refused at its field."""
    visit.expect_problem("422")
    page = visit.open("clock")
    field(page, "speed").fill("0")
    press(page, "Set speed")
    expect(page.locator(".field-error")).to_contain_text("Must be greater than 0")
    field(page, "speed").fill("10")
    press(page, "Set speed")
    expect(page.get_by_text("10 times as fast as")).to_be_visible()
    assert server.speed == 10


def test_warning__quotes_what_the_server_tells_the_client(server: MockServer, visit: Visit) -> None:
    """While a client polls and the clock stands still, the view says so, until the clock moves."""
    page = visit.open("clock")
    api = Api(server)
    path = f"/v1/predictions/{api.create(VIDEO, 'A lighthouse')['id']}"
    for _ in range(20):
        api("GET", path)
    warning = page.get_by_role("main").get_by_text("A client polls while the clock stands still")
    expect(warning).to_be_visible()
    visit.screenshot("clock")
    press(page, "Advance")
    expect(warning).to_have_count(0)
