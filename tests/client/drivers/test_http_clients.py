"""HTTP clients that several clients share: their connections and their cookies."""

from __future__ import annotations

import sys
import threading
from typing import Any

import httpx
import pytest

from helpers.client import TOKEN, Harness, ScriptedResponses, prediction_body
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._drivers.open_streams import streams_of_process
from zeroscope._steps import Close, Download, Flow, Open, OpenAhead, ReadAhead

URL = "https://stream.replicate.test/v1/stream"


@pytest.mark.parametrize("shared", ["client", "transport"])
def test_streams__of_all_clients_take_half_of_a_pool(kind: str, http_library: Any, shared: str) -> None:
    """Clients over the same connections count their streams together; other connections are not concerned."""
    prefix = "" if kind == "sync" else "Async"

    class Wrapper(getattr(http_library, f"{prefix}BaseTransport")):  # type: ignore[misc]  # of two modules
        __hash__ = None  # type: ignore[assignment]  # as that of a data class

        def __init__(self, inner: Any) -> None:
            self.inner = inner

    new_http = getattr(http_library, f"{prefix}Client")
    limits = http_library.Limits(max_connections=4)
    transport = getattr(http_library, f"{prefix}HTTPTransport")(limits=limits)
    first = new_http(transport=transport)
    second = first if shared == "client" else new_http(transport=Wrapper(transport))
    new: Any = Zeroscope if kind == "sync" else AsyncZeroscope
    one, two, other = (new(TOKEN, http_client=http) for http in (first, second, new_http(limits=limits)))

    def reserve(client: Any) -> ReadAhead | None:
        download = ReadAhead()
        return download if client._clients.reserve(OpenAhead(download, Open(URL, {}))) else None

    held = [reserve(one), reserve(two)]
    assert all(held) and reserve(one) is reserve(two) is None
    assert reserve(other)
    one._clients.release(held[0])
    held.append(reserve(two))
    assert held[-1] and reserve(one) is None


def test_streams__can_be_listed_while_others_come_and_go() -> None:
    """A client can be closed while other threads open and close streams."""
    client, ended = Zeroscope(TOKEN), threading.Event()
    streams, interval = streams_of_process(), sys.getswitchinterval()
    # So many that it takes a while to look at all.
    held = [ReadAhead() for _ in range(1000)]
    assert all(streams.add(download, [held], len(held)) for download in held)

    def open_and_close() -> None:
        while not ended.is_set():
            download = ReadAhead()
            client._clients.reserve(OpenAhead(download, Open(URL, {})))
            client._clients.release(download)

    threads = [threading.Thread(target=open_and_close) for _ in range(2)]
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for _ in range(300):
            assert len(client._clients.open_streams()) <= len(threads)
    finally:
        sys.setswitchinterval(interval)
        ended.set()
        for thread in threads:
            thread.join()
        for download in held:
            streams.remove(download)
    client.close()


def test_cookies__of_a_download_are_not_kept(harness: Harness) -> None:
    """The jar of the HTTP client gets the cookies of API responses only, and keeps those that it has."""

    def opened() -> Flow[int]:
        download: Download = yield Open(URL, {})
        yield Close(download)
        return download.response.status_code

    def answer(cookie: str, **details: Any) -> httpx.Response:
        return httpx.Response(200, headers={"set-cookie": cookie}, **details)

    script = ScriptedResponses(
        answer("api=1; Domain=replicate.test", json=prediction_body()),
        answer("stream=1; Domain=replicate.test"),
        answer("api=2; Domain=replicate.test", json=prediction_body()),
    )
    client = harness.client(script, base_url="https://api.replicate.test/v1")
    harness.do(client.predictions.get, "gm3q")
    assert harness.do(client._driver.run, opened()) == 200
    harness.do(client.predictions.get, "gm3q")
    assert [request.headers.get("cookie") for request in script.requests] == [None, None, "api=1"]
    assert {cookie.name: cookie.value for cookie in harness.http.cookies.jar} == {"api": "2"}
