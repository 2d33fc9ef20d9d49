"""Servers with certificates that are not accepted, and one whose certificate is."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import anyio
import pytest

import zeroscope
from helpers.client import TOKEN, FakeClock, prediction_body
from helpers.raw_server import CERTIFICATES, RawServer, keep_alive, response
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._service.api import PredictionModel
from zeroscope.events import Ended
from zeroscope.prediction import AsyncPrediction, Prediction


def get(client: Any, url: str) -> Any:
    """An API call that is repeated."""
    return client.predictions.get("gm3q")


def create(client: Any, url: str) -> Any:
    """A create, which is not repeated."""
    return client.predictions.create({"prompt": "a lighthouse"})


def run(client: Any, url: str) -> Any:
    """A create and a wait."""
    return client.run(prompt="a lighthouse", timeout=60)


def upload(client: Any, url: str) -> Any:
    """The upload of an input."""
    return client.predictions.create({"init_video": b"0" * 300_000})


def read(client: Any, url: str) -> Any:
    """A download."""
    cls = Prediction if isinstance(client, Zeroscope) else AsyncPrediction
    model = PredictionModel.from_dict(prediction_body("succeeded", output=[f"{url}/output-0.mp4"]))
    return cls(model, client._driver).videos[0].read()


CASES = [
    (None, "localhost", "self-signed certificate"),
    ("other", "other", "IP address mismatch"),
    ("expired", "expired", "certificate has expired"),
]


@pytest.mark.parametrize("operation", [get, create, run, upload, read])
@pytest.mark.parametrize(("trusted", "certificate", "reason"), CASES, ids=["self-signed", "other-host", "expired"])
def test_certificate__that_is_not_accepted_ends_the_first_attempt(
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
    operation: Callable[[Any, str], Any],
    trusted: str | None,
    certificate: str,
    reason: str,
) -> None:
    """It is called by name, nothing was sent, so the outcome of a create is known, and nothing is tried again."""
    if trusted is not None:
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / f"{trusted}.pem"))
    clock = FakeClock()
    with RawServer(keep_alive, certificate).running() as server:
        with pytest.raises(zeroscope.CertificateError, match=rf"certificate of 127\.0\.0\.1 was not .*{reason}"):
            call(kind, f"{server.url}/v1", operation, clock=clock)
        assert (server.connections, server.heads, clock.sleeps) == (1, [], [])


def call(kind: str, url: str, operation: Callable[[Any, str], Any], **settings: Any) -> Any:
    """Call an operation with a client of its own."""
    if kind == "sync":
        with Zeroscope(TOKEN, base_url=url, **settings) as client:
            return operation(client, url)

    async def main() -> Any:
        async with AsyncZeroscope(TOKEN, base_url=url, **settings) as client:
            return await operation(client, url)

    return anyio.run(main)


def test_certificate__that_the_environment_trusts_is_accepted(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file named by SSL_CERT_FILE takes the place of the authorities that are known."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "localhost.pem"))
    with RawServer(keep_alive, "localhost").running() as server:
        assert call(kind, f"{server.url}/v1", get).id == "gm3q"


def test_stream__with_such_a_certificate_falls_back_to_polling(kind: str) -> None:
    """A prediction whose events cannot be streamed is polled."""

    def poll(server: RawServer, connection: socket.socket) -> None:
        if server.read_head(connection):
            # The stream is opened in the background.
            assert streams.refused.wait(LONG)
            connection.sendall(response(prediction_body("succeeded", output=["https://x.test/a.mp4"])))

    with RawServer(keep_alive, "localhost").running() as streams, RawServer(poll).running() as server:
        urls = {**prediction_body()["urls"], "stream": f"{streams.url}/stream"}
        model = PredictionModel.from_dict(prediction_body(urls=urls))

        def follow(client: Any, url: str) -> Any:
            if isinstance(client, Zeroscope):
                return list(Prediction(model, client._driver).events())

            async def collect() -> list[Any]:
                return [event async for event in AsyncPrediction(model, client._driver).events()]

            return collect()

        events = call(kind, f"{server.url}/v1", follow, clock=FakeClock())
        assert isinstance(events[-1], Ended)
        assert streams.connections == 1
