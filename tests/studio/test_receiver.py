"""A receiver that checks signatures, and deliveries sent to it from the page."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook, WebhookVerificationError

from helpers.browser import Visit, wait_until
from helpers.busy_server import INPUTS, VIDEO, Api
from zeroscope_mock import MockServer


class Receiver(ThreadingHTTPServer):
    """Receives webhooks as a program should: it refuses those with an invalid signature.

    Attributes:
        secret: The key of the signatures; None to accept everything.
        failures: How many deliveries it is still to fail.
        received: The id, the body and the status of the answer of each delivery.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.secret: str | None = None
        self.failures = 0
        self.received: list[tuple[str, dict[str, Any], int]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook"

    def answer(self, headers: dict[str, str], body: bytes) -> int:
        if self.failures:
            self.failures -= 1
            return 503
        if self.secret:
            try:
                Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                return 401
        return 204


class _Handler(BaseHTTPRequestHandler):
    # All is sent at once, after `do_POST`: the server waits a second for the body, and tests read `received` once the
    # page shows the answer.
    wbufsize = -1

    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        status = self.server.answer(headers, body)
        # Before the answer, after which the page may show it at any moment.
        self.server.received.append((headers["webhook-id"], json.loads(body), status))
        self.send_response(status)
        text = b"" if status == 204 else f"answer {status}".encode()
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks on a socket."""
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield receiver
        receiver.shutdown()
        thread.join()


def deliver(server: MockServer, receiver: Receiver) -> dict[str, Any]:
    """Create a prediction whose end is sent to the receiver; returns the prediction."""
    api = Api(server)
    receiver.secret = api("GET", "/v1/webhooks/default/secret")[1]["key"]
    server.scripts.add({"startup": 0, "run": 0.1})
    body = {
        "input": {"prompt": "A lighthouse", **INPUTS[VIDEO]},
        "webhook": receiver.url,
        "webhook_events_filter": ["completed"],
    }
    return api("POST", f"/v1/models/{VIDEO}/predictions", body)[1]


def attempts(page: Page) -> Any:
    return page.get_by_role("main").locator(".attempt")


def test_deliveries__come_in_with_signature_and_answer(server: MockServer, visit: Visit, receiver: Receiver) -> None:
    """A delivery appears by itself, with its body, the signature that was sent and the receiver's answer."""
    page = visit.open("webhooks")
    expect(page.get_by_text("No webhook has been due")).to_be_visible()
    receiver.failures = 1
    server.clock.freeze()
    created = deliver(server, receiver)
    server.clock.advance(0.5)
    head = page.get_by_role("main").get_by_role("button", expanded=False).filter(has_text=created["id"])
    expect(head).to_contain_text("503")
    expect(head).to_contain_text("completed")
    server.clock.run()
    head.click()
    expect(attempts(page)).to_have_count(2)
    first, second = attempts(page).first, attempts(page).last
    expect(first).to_contain_text("503")
    first.locator("summary").click()
    expect(first.get_by_label(re.compile("Answer"))).to_contain_text("answer 503")
    headers = second.locator(".headers")
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        expect(headers).to_contain_text(name)
    expect(headers).to_contain_text(server.deliveries[0].id)
    expect(second.get_by_label(re.compile("Body"))).to_contain_text(f'"id": "{created["id"]}"')
    visit.screenshot("webhooks")
    assert [status for _, _, status in receiver.received] == [503, 204]


BUTTONS = {
    "Resend": [204],
    "Send forged": [401],
    "Send late": [401],
    "Send twice": [204, 204],
}


@pytest.mark.parametrize("button", BUTTONS)
def test_button__sends_again(button: str, server: MockServer, visit: Visit, receiver: Receiver) -> None:
    """Each button sends the delivery again, and a receiver that checks signatures refuses forged and late ones."""
    deliver(server, receiver)
    page = visit.open("webhooks")
    wait_until(page, lambda: len(receiver.received) == 1)
    id, body, _ = receiver.received[0]
    page.get_by_role("main").get_by_role("button", expanded=False).filter(has_text="completed").click()
    page.get_by_role("button", name=button, exact=True).click()
    wait_until(page, lambda: len(receiver.received) == 1 + len(BUTTONS[button]))
    assert [status for _, _, status in receiver.received[1:]] == BUTTONS[button]
    for found, content, _ in receiver.received[1:]:
        assert (found, content) == (id, body)
    expect(attempts(page)).to_have_count(1 + len(BUTTONS[button]))
    if button.startswith("Send"):
        word = {"Send forged": "forged", "Send late": "late", "Send twice": "twice"}[button]
        expect(attempts(page).last).to_contain_text(word)
    if button in ("Send forged", "Send late"):
        expect(attempts(page).last).to_contain_text("401")
