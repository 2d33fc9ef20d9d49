"""The page's view of webhooks: deliveries as they are sent, and sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from standardwebhooks import Webhook, WebhookVerificationError

from helpers.browser import Visit
from helpers.busy_server import TOKENS, VIDEO, Api
from studio.conftest import Open, Serve
from zeroscope_mock import MockServer

Receiver = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def statuses() -> list[int]:
    """The statuses that the receiver responds with, one after another; 200 once they are used up."""
    return []


@pytest.fixture
def serving(statuses: list[int], serve: Serve) -> tuple[MockServer, str]:
    """A server on a virtual clock whose receiver responds with `statuses`."""
    left: Iterator[int] = iter(statuses)
    return serve(clock="virtual", receiver=lambda request: httpx.Response(next(left, 200), text="<i>thanks</i>"))


def deliver(server: MockServer, url: str = "https://my.app/hook") -> None:
    """Send the `completed` webhook of a prediction, which ends two seconds after it was created."""
    server.scripts.add({"startup": 1, "run": 1})
    body = {"input": {"prompt": "A lighthouse"}, "webhook": url, "webhook_events_filter": ["completed"]}
    status, _ = Api(server)("POST", f"/v1/models/{VIDEO}/predictions", body)
    assert status == 201
    server.clock.advance(2)


def row(page: Page) -> Locator:
    """The first delivery of the list."""
    return page.get_by_role("main").locator(".delivery-head").first


@pytest.mark.parametrize("statuses", [[503]])
def test_delivery__is_followed_through_its_retry(server: MockServer, visit: Visit) -> None:
    """A delivery appears when it is sent, says when it is tried again, and that it was received then."""
    page = visit.open("webhooks")
    expect(page.get_by_text("No webhook has been due")).to_be_visible()
    deliver(server)
    expect(row(page)).to_contain_text("retrying")
    expect(row(page)).to_contain_text("answered with 503 · tried again in 1 s")
    server.clock.advance(1)
    expect(row(page)).to_contain_text("delivered")
    expect(row(page)).to_contain_text("2 attempts")
    visit.screenshot("webhooks")


def test_attempt__has_its_signature_body_and_answer(server: MockServer, visit: Visit) -> None:
    """An attempt shows the headers as sent, the body and what the receiver answered."""
    page = visit.open("webhooks")
    deliver(server)
    row(page).click()
    attempt = server.deliveries[0]
    expect(page.locator(".attempt")).to_contain_text("webhook-signature")
    expect(page.locator(".attempt")).to_contain_text(attempt.id)
    expect(page.get_by_role("region", name="Body of request 1")).to_contain_text('"prompt": "A lighthouse"')
    expect(page.get_by_role("region", name="Answer to request 1")).to_have_text("<i>thanks</i>")
    assert visit.violations() == []


@pytest.mark.parametrize(
    ("button", "words", "requests"),
    [("Resend", "Attempt 2", 2), ("Send forged", "forged", 2), ("Send late", "late", 2), ("Send twice", "doubled", 3)],
)
def test_button__sends_a_delivery_again(
    button: str, words: str, requests: int, server: MockServer, visit: Visit
) -> None:
    """Each button sends the delivery once more in its way, and the page shows the new attempts."""
    page = visit.open("webhooks")
    deliver(server)
    row(page).click()
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".attempt")).to_have_count(requests)
    expect(page.locator(".attempt").last).to_contain_text(words)
    assert len(server.deliveries) == requests


@pytest.mark.parametrize("button", ["Send forged", "Send late"])
def test_receiver__that_accepts_what_it_must_refuse_is_named(button: str, server: MockServer, visit: Visit) -> None:
    """The page says when a receiver accepts a delivery that a check of signatures refuses."""
    page = visit.open("webhooks")
    deliver(server)
    row(page).click()
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_text("The receiver accepted it, although it had to refuse it")).to_be_visible()


def test_receiver__that_checks_signatures_is_not_blamed(visits: Open, serve: Serve) -> None:
    """A delivery stays delivered when the receiver refuses a forged copy of it, as it should."""

    def receive(request: httpx.Request) -> httpx.Response:
        try:
            Webhook(secret).verify(request.content, dict(request.headers))
        except WebhookVerificationError:
            return httpx.Response(401)
        return httpx.Response(204)

    server, url = serve(clock="real", receiver=receive)
    headers = {"Authorization": f"Bearer {TOKENS[0]}"}
    secret = httpx.get(f"{url}/v1/webhooks/default/secret", headers=headers).json()["key"]
    visit = visits(url)
    page = visit.open("webhooks")
    deliver(server)
    row(page).click()
    page.get_by_role("button", name="Send forged", exact=True).click()
    expect(page.locator(".attempt").last).to_contain_text("401")
    expect(row(page)).to_contain_text("delivered")
    expect(page.get_by_text("had to refuse")).to_have_count(0)


def test_page__says_why_nothing_is_sent(visits: Open, serve: Serve) -> None:
    """A webhook that the server does not send is explained above the list."""
    server, url = serve(clock="virtual")
    visit = visits(url)
    page = visit.open("webhooks")
    deliver(server, "http://my.app/hook")
    expect(page.get_by_text("Nothing is sent to http://my.app/hook: http is for loopback hosts")).to_be_visible()
    expect(row(page)).to_contain_text("failed")


@pytest.mark.parametrize("statuses", [[], [400]], ids=["delivered", "failed"])
def test_filter__shows_only_what_matches(statuses: list[int], server: MockServer, visit: Visit) -> None:
    """Words of the filter select deliveries by their state, ids, event and URL."""
    page = visit.open("webhooks")
    deliver(server)
    filtering = page.get_by_role("searchbox", name="Filter deliveries")
    expect(filtering).to_be_visible()
    page.keyboard.press("/")
    expect(filtering).to_be_focused()
    for words, found in (("failed", bool(statuses)), ("completed my.app", True), ("completed start", False)):
        filtering.fill(words)
        expect(page.locator(".delivery-head")).to_have_count(int(found))


def test_link__opens_a_delivery(server: MockServer, visit: Visit) -> None:
    """The address of a delivery opens it in the list, for links from a prediction."""
    deliver(server)
    page = visit.open(f"webhooks/{server.deliveries[0].id}")
    expect(row(page)).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".attempt")).to_have_count(1)
