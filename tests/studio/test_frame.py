"""The frame of the page: its address, navigation, connection and warning."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from helpers.browser import Visit, wait_until
from helpers.busy_server import VIDEO, Api, client
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer
from zeroscope_mock.operations.standstill import NOTICE_AFTER

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
VIEWS = ("Predictions", "Exchanges", "Webhooks", "Clock", "Faults", "State")


def test_root__leads_browsers_to_the_page(visit: Visit) -> None:
    """The server's address is the page for a browser, and no page for a client of the API."""
    visit.page.goto(visit.url)
    expect(visit.page).to_have_url(re.compile(r"/_mock/ui/"))
    expect(visit.page).to_have_title(re.compile("zeroscope mock"))
    answer = httpx.get(visit.url)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/")


@pytest.mark.parametrize("path", ["/_mock/ui/", "/_mock/ui", "/_mock/ui/index.html", "/_mock/ui/app.js", "/"])
def test_page__does_not_exist_without_control(path: str, serve: Serve) -> None:
    """A server without control over HTTP has nothing of the page, and does not lead there."""
    _, url = serve(control=False)
    assert httpx.get(f"{url}{path}", headers=HTML).status_code in (401, 404)


def test_navigation__leads_to_every_view(visit: Visit) -> None:
    """Each link of the navigation opens its view and marks it."""
    page = visit.open()
    for name in VIEWS:
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")


def test_page__goes_on_after_a_restart(visits: Open, opened: ExitStack, port: int) -> None:
    """The page says that the server is gone, and follows the next one on the same port."""
    with MockServer(clock="real") as server, server.listen(port=port) as listening:
        Api(server).create(VIDEO, "Before the restart")
        visit = visits(listening.url)
        page = visit.open("exchanges")
        main = page.get_by_role("main")
        expect(main.get_by_text("Before the restart")).to_be_visible()
        expect(page.get_by_text("live", exact=True)).to_be_visible()
    visit.expect_problem("net::ERR_(CONNECTION|INCOMPLETE_CHUNKED|EMPTY)")
    lost = page.get_by_role("alert").filter(has_text="Disconnected")
    expect(lost).to_be_visible()
    server = opened.enter_context(MockServer(clock="real"))
    opened.enter_context(server.listen(port=port))
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    expect(lost).to_have_count(0)
    expect(main.get_by_text("Before the restart")).to_have_count(0)
    Api(server).create(VIDEO, "After the restart")
    expect(main.get_by_text("After the restart")).to_be_visible()


@pytest.mark.parametrize("button", ["Run", "Advance"])
def test_page__warns_of_a_client_that_waits_for_nothing(button: str, server: MockServer, visit: Visit) -> None:
    """A client that polls while the clock stands still causes a warning with the way out of it."""
    page = visit.open("exchanges")
    server.clock.freeze()
    with client(visit.url) as api:
        created = api.post(f"/models/{VIDEO}/predictions", json={"input": {"prompt": "A lighthouse"}}).json()
        warning = page.get_by_role("alert").filter(has_text="clock stands still")
        expect(warning).to_have_count(0)
        for _ in range(NOTICE_AFTER):
            api.get(f"/predictions/{created['id']}")
        expect(warning).to_be_visible()
        visit.screenshot("warning")
        before = server.clock.time()
        warning.get_by_role("button", name=re.compile(f"^{button}")).click()
        if button == "Run":
            expect(warning).to_have_count(0)
    wait_until(page, lambda: server.clock.time() > before)


def test_frozen_clock__is_named_in_the_frame(server: MockServer, visit: Visit) -> None:
    """Whether the clock is frozen is visible on every view."""
    page = visit.open()
    server.clock.freeze()
    page.get_by_role("link", name="Exchanges", exact=True).click()
    httpx.post(f"{visit.url}/_mock/clock/freeze")
    expect(page.get_by_role("banner").get_by_text("frozen")).to_be_visible()


@pytest.mark.parametrize(
    "window",
    [{"viewport": {"width": 360, "height": 740}}, {"color_scheme": "dark"}, {"reduced_motion": "reduce"}],
    ids=["narrow", "dark", "reduced motion"],
)
def test_page__makes_requests_to_the_server_only(window: dict[str, Any], visits: Open, url: str) -> None:
    """Every view is loaded from the server alone; a visit fails on any other request."""
    visit = visits(url, **window)
    requested: list[str] = []
    visit.context.on("request", lambda request: requested.append(request.url))
    for name in VIEWS:
        visit.open(name.lower())
    assert requested
    assert all(address.startswith((visit.url, "data:", "blob:")) for address in requested)
