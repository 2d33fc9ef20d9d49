"""Provokes the errors of the page on troubleshooting, and follows its advice."""

from __future__ import annotations

import pickle
import re
import socket
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope_mock
from helpers.pages import code_blocks, read_page
from zeroscope import Zeroscope, errors, webhooks
from zeroscope_mock import MockServer

PAGE = read_page("troubleshooting.md")
SECTIONS = dict(re.findall(r"^### ([^\n]*)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))
PROMPT = "A lighthouse in a storm"


class Situation:
    """What a test of a section has at hand.

    Attributes:
        server: A mock server.
        client: A client of it.
        folder: An empty folder, which is the current one.
        patch: Changes the environment.
        section: The section's text.
    """

    def __init__(self, section: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.server = MockServer(receiver=lambda request: 200)
        self.client = self.server.client()
        self.folder, self.patch, self.section = folder, patch, section
        (self._pattern,) = code_blocks(section, "text")

    def refuse(self, call: Callable[[], Any], kind: type[BaseException]) -> Any:
        """Make a call that raises the error of the section, and return the error."""
        pattern = ".*".join(map(re.escape, self._pattern.strip().split("…")))
        with pytest.raises(kind, match=f"(?s){pattern}") as caught:
            call()
        return caught.value

    def run(self) -> None:
        """Make a video, as a program does that has no problem."""
        assert self.client.run(prompt=PROMPT)[0].read()[4:8] == b"ftyp"


def no_token(at: Situation) -> None:
    at.patch.delenv("REPLICATE_API_TOKEN", raising=False)
    at.refuse(Zeroscope, errors.ConfigurationError)
    Zeroscope(token="a-token").close()
    at.patch.setenv("REPLICATE_API_TOKEN", "a-token")
    Zeroscope().close()


def refused_token(at: Situation) -> None:
    server = MockServer(token="the-token")
    with server.client(token="another") as client:
        at.refuse(lambda: client.run(prompt=PROMPT), errors.AuthenticationError)
    with server.client(token="the-token") as client:
        client.run(prompt=PROMPT)
    for broken in ("the token", "the\ntoken"):
        with pytest.raises(errors.ConfigurationError, match="characters that no token has"):
            Zeroscope(broken)


def no_credit(at: Situation) -> None:
    at.server.faults.add(operation="createPrediction", status=402, times=1)
    at.refuse(lambda: at.client.run(prompt=PROMPT), errors.PaymentRequiredError)
    assert list(at.client.predictions.list()) == []
    at.run()


def too_many_requests(at: Situation) -> None:
    (block,) = code_blocks(at.section, "python")
    names: dict[str, Any] = {}
    at.patch.setenv("REPLICATE_API_TOKEN", "a-token")
    exec(compile(block, "troubleshooting.md", "exec"), names)
    names["client"].close()
    at.server.faults.add(operation="createPrediction", status=429, times=6)
    at.refuse(lambda: at.client.run(prompt=PROMPT), errors.RateLimitError)
    at.server.faults.clear()
    at.server.faults.add(operation="createPrediction", status=429, times=6)
    with at.server.client(retry=names["Retry"](attempts=10, maximum=300)) as client:
        client.run(prompt=PROMPT)


def no_such_prediction(at: Situation) -> None:
    at.run()
    (known,) = at.client.predictions.list()
    at.refuse(lambda: at.client.predictions.get(known.id + "x"), errors.NotFoundError)
    assert at.client.predictions.get(known.id) == known


def invalid_input(at: Situation) -> None:
    fields: Any = {"promt": PROMPT}
    error = at.refuse(lambda: at.client.run(**fields), errors.InvalidInputError)
    assert [invalid.field for invalid in error.invalid_fields] == ["input.promt"]
    assert len(at.server.journal) == 0
    at.run()


def unreadable_file(at: Situation) -> None:
    at.refuse(lambda: at.client.run(init_video="draft.mp4"), errors.InvalidInputError)
    at.client.run(prompt=PROMPT)[0].save("draft.mp4")
    at.client.run(init_video="draft.mp4")


def no_response(at: Situation) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with Zeroscope("a-token", base_url=url, retry=None) as client:
            at.refuse(lambda: client.run(prompt=PROMPT), errors.TransportError)
    with MockServer(clock="real", speed=1000) as server, server.listen() as listening:
        at.patch.setenv("ZEROSCOPE_BASE_URL", f"{listening.url}/v1")
        with Zeroscope("a-token") as client:
            client.run(prompt=PROMPT)


def lost_create(at: Situation) -> None:
    at.server.faults.lost_create()
    error = at.refuse(lambda: at.client.run(prompt=PROMPT), errors.UnknownOutcomeError)
    (found,) = error.find()
    assert found.wait().status == "succeeded"


def refused_certificate(at: Situation) -> None:
    with MockServer() as server, server.listen(tls=at.folder) as listening:
        with Zeroscope("a-token", base_url=f"{listening.url}/v1", retry=None) as client:
            at.refuse(lambda: client.predictions.create({"prompt": PROMPT}), errors.CertificateError)
        for name, value in listening.environment.items():
            at.patch.setenv(name, value)
        with Zeroscope("a-token", base_url=f"{listening.url}/v1", retry=None) as client:
            client.predictions.create({"prompt": PROMPT})


def frozen_time(at: Situation) -> None:
    at.patch.setattr("time.monotonic", lambda: 1.0)
    transport = at.server.transport
    with closing(httpx.Client(transport=transport)) as http, Zeroscope("a-token", http_client=http) as client:
        at.refuse(lambda: client.run(prompt=PROMPT), errors.ConfigurationError)
    at.run()


def not_ended(at: Situation) -> None:
    prediction = at.client.predictions.create({"prompt": "mock:slow 100"})
    error = at.refuse(lambda: prediction.wait(timeout=1), errors.WaitTimeoutError)
    assert error.prediction.wait().status == "succeeded"
    prediction = at.client.predictions.create({"prompt": "mock:slow 100"})
    error = at.refuse(lambda: prediction.wait(timeout=1), errors.WaitTimeoutError)
    assert error.prediction.cancel().status in ("aborted", "canceled")


def failed(at: Situation) -> None:
    error = at.refuse(lambda: at.client.run(prompt="mock:fail CUDA out of memory"), errors.PredictionFailedError)
    assert "Using seed" in error.prediction.logs


def videos_gone(at: Situation) -> None:
    error = at.refuse(lambda: at.client.run(prompt="mock:expire"), errors.OutputExpiredError)
    assert error.prediction.status == "succeeded"
    at.client.run(prompt=PROMPT, seed=7)[0].save("kept.mp4")


def no_client(at: Situation) -> None:
    prediction = at.client.predictions.create({"prompt": PROMPT}).wait()
    copy = pickle.loads(pickle.dumps(prediction))
    at.refuse(copy.reload, errors.ConfigurationError)
    at.refuse(copy.videos[0].read, errors.ConfigurationError)
    assert at.client.predictions.get(copy.id).videos[0].read()[4:8] == b"ftyp"


def existing_file(at: Situation) -> None:
    (video,) = at.client.run(prompt=PROMPT)
    path = video.save("video.mp4")
    at.refuse(lambda: video.save(path), FileExistsError)
    assert video.save(path, overwrite=True) == path


def closed_client(at: Situation) -> None:
    closed = Zeroscope("a-token")
    closed.close()
    at.refuse(lambda: closed.run(prompt=PROMPT), errors.ConfigurationError)
    with at.server.client() as client:
        client.run(prompt=PROMPT)[0].save("video.mp4")


def foreign_journal(at: Situation) -> None:
    inputs = [{"prompt": PROMPT}]
    at.client.run_many(inputs, journal="first.sqlite")
    with at.server.client(base_url="https://elsewhere.example/v1") as client:
        at.refuse(lambda: client.run_many(inputs, journal="first.sqlite"), errors.ConfigurationError)
        client.run_many(inputs, journal="second.sqlite")
    at.client.run_many([*inputs, {"prompt": "Another lighthouse"}], journal="first.sqlite")
    assert sum(exchange.operation == "createPrediction" for exchange in at.server.journal) == 3


def wrong_signature(at: Situation) -> None:
    received: list[httpx.Request] = []
    server = MockServer(receiver=received.append)
    with server.client() as client:
        client.predictions.create({"prompt": PROMPT}, webhook="https://example.org/hook").wait()
        (request, *_) = received
        now = float(request.headers["webhook-timestamp"])
        secret = client.webhook_secret()
    body = request.content
    with pytest.raises(errors.WebhookVerificationError):
        webhooks.verify(request.headers, body, "whsec_" + "A" * 32, now=now)
    at.refuse(lambda: webhooks.verify(request.headers, body + b" ", secret, now=now), errors.WebhookVerificationError)
    assert webhooks.verify(request.headers, body, secret, now=now)


def port_in_use(at: Situation) -> None:
    with MockServer() as one, one.listen() as listening, MockServer() as other:
        port = int(listening.url.rpartition(":")[2])
        at.refuse(lambda: other.listen(port=port).__enter__(), zeroscope_mock.PortInUseError)
        with other.listen(port=0):
            pass


def unknown_option(at: Situation) -> None:
    at.refuse(lambda: MockServer(sed=7), TypeError)  # type: ignore[call-arg]  # a planted mistake
    MockServer(seed=7)


def frozen_clock(at: Situation) -> None:
    at.server.clock.freeze()
    prediction = at.client.predictions.create({"prompt": PROMPT})
    at.patch.setattr("zeroscope_mock.clocks.stall_guard.FROZEN_LIMIT", 0.05)
    at.refuse(prediction.wait, RuntimeError)
    at.server.clock.run()
    prediction.wait()


def unknown_model(at: Situation) -> None:
    def create(server: MockServer) -> None:
        with server.client() as client:
            client.predictions.create({"prompt": PROMPT}, version="acme/painter")

    at.refuse(lambda: create(at.server), errors.ValidationError)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        create(MockServer(any_model=True))


def state_file_in_use(at: Situation) -> None:
    with MockServer(state="state.sqlite"):
        at.refuse(lambda: MockServer(state="state.sqlite"), zeroscope_mock.StateFileError)
        MockServer(state="another.sqlite").close()
    MockServer(state="state.sqlite").close()


SITUATIONS = {
    "There is no API token": no_token,
    "The token is refused": refused_token,
    "Insufficient credit": no_credit,
    "Too many requests": too_many_requests,
    "There is no such prediction": no_such_prediction,
    "Invalid input, nothing was sent": invalid_input,
    "A file cannot be read": unreadable_file,
    "No response from the service": no_response,
    "A create got no response": lost_create,
    "The certificate was not accepted": refused_certificate,
    "Time stands still": frozen_time,
    "The prediction did not end in time": not_ended,
    "The prediction failed": failed,
    "The videos are gone": videos_gone,
    "The prediction has no client": no_client,
    "The file exists": existing_file,
    "The client is closed": closed_client,
    "The journal belongs to another server": foreign_journal,
    "The webhook is not signed with the secret": wrong_signature,
    "The port is in use": port_in_use,
    "The server has no such option": unknown_option,
    "The server's clock is frozen": frozen_clock,
    "The model is unknown": unknown_model,
    "The state file is in use": state_file_in_use,
}


@pytest.mark.parametrize("heading", SECTIONS)
def test_section__shows_the_message_and_advice_that_helps(
    heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the message that the section shows, and what the section advises works."""
    monkeypatch.chdir(tmp_path)
    SITUATIONS[heading](Situation(SECTIONS[heading], tmp_path, monkeypatch))
