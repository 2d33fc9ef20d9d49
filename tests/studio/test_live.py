"""What the page does when it has missed something: a lost connection, a burst, a reset, a late answer."""

from __future__ import annotations

from playwright.sync_api import Route, expect

from helpers.browser import wait_until
from helpers.busy_server import VIDEO, Api
from studio.conftest import Open, Serve


def test_cards__are_read_on_after_a_failure(visits: Open, serve: Serve) -> None:
    """A page of predictions that cannot be read is asked for again with the first page, not all the time."""
    server, url = serve(clock="virtual")
    api, visit = Api(server), visits(url)
    for number in range(150):
        api.create(VIDEO, f"A lighthouse, number {number}")
    visit.expect_problem("net::ERR_FAILED")
    failed: list[Route] = []

    def fail(route: Route) -> None:
        failed.append(route)
        route.abort()

    visit.page.route("**/_mock/predictions?*before=*", fail)
    page = visit.open()
    expect(page.locator("main article").first).to_be_visible()
    page.locator(".card-box").evaluate("(box) => { box.scrollTop = box.scrollHeight; }")
    wait_until(page, lambda: failed)
    for number in range(2):
        api.create(VIDEO, f"A new lighthouse, number {number}")
        expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text(str(151 + number))
    assert len(failed) < 10
    page.unroute("**/_mock/predictions?*before=*")
    api.create(VIDEO, "The last lighthouse")
    page.wait_for_function(
        """() => {
          const box = document.querySelector(".card-box");
          box.scrollTop = box.scrollHeight;
          return box.textContent.includes("A lighthouse, number 0");
        }""",
        polling=50,
    )
