"""The page after it missed something: a lost connection, a burst or a reset."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from playwright.sync_api import Route, expect

from helpers.browser import Visit, wait_until
from helpers.busy_server import VIDEO, Api
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer


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


def change(server: MockServer, how: str) -> None:
    """Replace what the server knows, from Python."""
    if how == "reset":
        server.reset()
    elif how == "restore":
        server.restore(MockServer(clock="virtual").snapshot())
    else:
        server.journal.clear()


CHANGES = ("reset", "restore", "clear")


@pytest.mark.parametrize("how", CHANGES)
def test_exchanges__are_read_anew_after_a_change_from_python(how: str, server: MockServer, visit: Visit) -> None:
    """A reset, a restore and a cleared journal, of which no call tells, empty the table, and it goes on from there."""
    api = Api(server)
    for number in range(3):
        api.create(VIDEO, f"An old lighthouse, number {number}")
    page = visit.open("exchanges")
    main = page.get_by_role("main")
    expect(main.get_by_text("An old lighthouse, number 2")).to_be_visible()
    change(server, how)
    expect(main.get_by_text("An old lighthouse")).to_have_count(0)
    api.create(VIDEO, "A new lighthouse")
    expect(main.get_by_text("A new lighthouse")).to_be_visible()


def test_exchanges__are_read_anew_after_a_reset_during_a_read(server: MockServer, visit: Visit) -> None:
    """An answer from before a reset, which comes after it, does not stay in the table."""
    api = Api(server)
    for number in range(3):
        api.create(VIDEO, f"An old lighthouse, number {number}")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    visit.page.route("**/_mock/exchanges?*", hold)
    page = visit.open("exchanges")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    wait_until(page, lambda: held)
    answer = held[0].fetch()
    server.reset()
    api.create(VIDEO, "A new lighthouse")
    with page.expect_response("**/_mock/exchanges?*"):
        held[0].fulfill(response=answer)
    main = page.get_by_role("main")
    expect(main.get_by_text("A new lighthouse")).to_be_visible()
    expect(main.get_by_text("An old lighthouse")).to_have_count(0)


def test_burst__is_on_the_page_in_full(visits: Open, serve: Serve) -> None:
    """The table has all of a burst, of which the events leave most out."""
    server, url = serve(journal_limit=5000)
    api, visit = Api(server), visits(url)
    api.create(VIDEO, "The first lighthouse")
    page = visit.open("exchanges")
    heading = page.get_by_role("heading", level=1).locator("..")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    expect(heading).to_contain_text("Exchanges1")
    for number in range(50):
        api.create(VIDEO, f"A lighthouse, number {number}")
    for _ in range(1949):
        api.send("GET", "/v1/models")
    expect(heading).to_contain_text("2,000")
    page.get_by_label("Filter exchanges").fill('prompt:"number 49"')
    expect(page.get_by_text("1 of 2,000 match")).to_be_visible()


def test_pause__holds_exchanges_back_when_all_are_read_anew(visits: Open, opened: ExitStack, port: int) -> None:
    """A paused table stays as it is when the page has a new connection to the server, and counts what waits."""
    server = opened.enter_context(MockServer(clock="real"))
    api = Api(server)
    api.create(VIDEO, "The first lighthouse")
    with server.listen(port=port) as listening:
        visit = visits(listening.url)
        page = visit.open("exchanges")
        expect(page.get_by_text("live", exact=True)).to_be_visible()
        expect(page.get_by_role("main").get_by_text("The first lighthouse")).to_be_visible()
        page.get_by_role("button", name="Pause").click()
    visit.expect_problem("net::ERR_(CONNECTION|INCOMPLETE_CHUNKED|EMPTY)")
    expect(page.get_by_role("alert").filter(has_text="Disconnected")).to_be_visible()
    api.create(VIDEO, "The second lighthouse")
    opened.enter_context(server.listen(port=port))
    expect(page.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("The second lighthouse")).to_have_count(0)


def test_table__keeps_its_place_when_the_connection_is_lost(visits: Open, opened: ExitStack, port: int) -> None:
    """The row that is being read stays where it is when the page has a new connection to the server."""
    server = opened.enter_context(MockServer(clock="real"))
    api = Api(server)
    with server.listen(port=port) as listening:
        for number in range(300):
            api.create(VIDEO, f"A lighthouse, number {number}")
        visit = visits(listening.url)
        page = visit.open("exchanges")
        expect(page.get_by_text("number 299", exact=False)).to_be_visible()
        page.locator(".table-box").evaluate("(box) => { box.scrollTop = 3400; }")
        row = page.get_by_text("A lighthouse, number 195", exact=True)
        expect(row).to_be_visible()
        before = row.bounding_box()
    visit.expect_problem("net::ERR_(CONNECTION|INCOMPLETE_CHUNKED|EMPTY)")
    expect(page.get_by_role("alert").filter(has_text="Disconnected")).to_be_visible()
    for number in range(20):
        api.create(VIDEO, f"A new lighthouse, number {number}")
    opened.enter_context(server.listen(port=port))
    expect(page.get_by_role("heading", level=1).locator("..")).to_contain_text("320")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert row.bounding_box() == before


def deliver(server: MockServer, receiver: str) -> None:
    """Send the webhook of a prediction that ends two seconds after it was created."""
    server.scripts.add({"startup": 1, "run": 1})
    body = {"input": {"prompt": "A lighthouse"}, "webhook": receiver, "webhook_events_filter": ["completed"]}
    assert Api(server)("POST", f"/v1/models/{VIDEO}/predictions", body)[0] == 201
    server.clock.advance(2)


@pytest.mark.parametrize("reset", [False, True], ids=["as they are", "after a reset"])
def test_deliveries__are_true_after_a_late_answer(reset: bool, visits: Open, serve: Serve) -> None:
    """An answer takes away no attempt that came while it was read, and one from before a reset does not stay."""
    server, url = serve(clock="virtual", receiver=lambda request: 204)
    visit = visits(url)
    deliver(server, "https://my.app/first")
    held: list[Route] = []
    again: list[Route] = []

    def hold(route: Route) -> None:
        if held:
            again.append(route)
            route.continue_()
        else:
            held.append(route)

    visit.page.route("**/_mock/deliveries?*", hold)
    page = visit.open("webhooks")
    main = page.get_by_role("main")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    wait_until(page, lambda: held)
    answer = held[0].fetch()
    if reset:
        server.reset()
    deliver(server, "https://my.app/second")
    expect(main.get_by_text("my.app/second")).to_be_visible()
    held[0].fulfill(response=answer)
    if reset:
        wait_until(page, lambda: again)
    expect(main.get_by_text("my.app/first")).to_have_count(int(not reset))
    expect(main.get_by_text("my.app/second")).to_be_visible()
