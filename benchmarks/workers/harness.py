"""One call of the client in a test: against the mock server's transport, or against respx with one canned route.

Usage: python -m benchmarks.workers.harness ours|respx
"""

from __future__ import annotations

import sys

import httpx
import respx

from zeroscope import Zeroscope
from zeroscope_mock import MockServer

from .canned import BASE_URL, BODY, ID, PREDICTIONS
from .protocol import answer, timed


def ours() -> None:
    """The mock server, which looks the prediction up and writes the request down."""
    server = MockServer()
    with server.client() as client:
        prediction = client.predictions.create({"prompt": "An astronaut riding a horse"})
        server.clock.advance(600)
        answer({"get": timed(lambda: client.predictions.get(prediction.id))})


def canned() -> None:
    """A router of respx as its guide uses it, with the answer written by hand."""
    with respx.mock(base_url=BASE_URL) as router:
        response = httpx.Response(200, content=BODY, headers={"content-type": "application/json"})
        router.get(f"{PREDICTIONS}/{ID}").mock(return_value=response)
        with Zeroscope("a-token") as client:
            get = timed(lambda: client.predictions.get(ID))

            def take(times: int) -> float:
                # It keeps every call for ever; a test is over before that matters.
                router.calls.reset()
                return get(times)

            answer({"get": take})


if __name__ == "__main__":
    {"ours": ours, "respx": canned}[sys.argv[1]]()
