"""One call of the client in a test, to the mock server or to respx.

Usage: python -m benchmarks.workers.harness ours|respx
"""

from __future__ import annotations

import sys

import httpx
import respx

from zeroscope import Zeroscope
from zeroscope_mock import MockServer

from .canned import BASE_URL, BODY, ID, PREDICTIONS
from .protocol import serve, timer


def ours() -> None:
    """Measure a call to the mock server, which finds the prediction and records the request."""
    server = MockServer()
    with server.client() as client:
        prediction = client.predictions.create({"prompt": "An astronaut riding a horse"})
        server.clock.advance(600)
        serve({"get": timer(lambda: client.predictions.get(prediction.id))})


def canned() -> None:
    """Measure a call to a router of respx, as its guide uses it, with a canned response."""
    with respx.mock(base_url=BASE_URL) as router:
        response = httpx.Response(200, content=BODY, headers={"content-type": "application/json"})
        router.get(f"{PREDICTIONS}/{ID}").mock(return_value=response)
        with Zeroscope("a-token") as client:
            get = timer(lambda: client.predictions.get(ID))

            def measure(times: int) -> float:
                # respx keeps every call, which is too many only in a benchmark.
                router.calls.reset()
                return get(times)

            serve({"get": measure})


if __name__ == "__main__":
    {"ours": ours, "respx": canned}[sys.argv[1]]()
