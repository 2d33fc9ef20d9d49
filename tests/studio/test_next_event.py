"""The next event on the page's view of the clock, while the clock runs."""

from __future__ import annotations

from playwright.sync_api import expect

from helpers.browser import Visit
from helpers.busy_server import VIDEO, Api
from zeroscope_mock import MockServer


def test_next_event__follows_a_clock_that_runs(server: MockServer, visit: Visit) -> None:
    """What happens next is read again when a request changes it, and when it has happened."""
    page = visit.open("clock")
    expect(page.get_by_text("Nothing is due")).to_be_visible()
    server.scripts.add({"startup": 4, "run": 600, "logs": []})
    created = Api(server).create(VIDEO, "A lighthouse")["id"]
    expect(page.get_by_text(f"Prediction {created}")).to_be_visible()
    expect(page.get_by_text(f"Prediction {created} ends in")).to_be_visible()
