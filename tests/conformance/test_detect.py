"""Detection of the base URL and the dialect, and the errors for other servers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from helpers.faulty_servers import DOCUMENT, TOKEN
from helpers.other_servers import Echo, Files, serve
from zeroscope_conformance import NotThisAPIError, run_suite
from zeroscope_conformance.detect import detect_base_url, detect_dialect
from zeroscope_conformance.rules import DialectName
from zeroscope_mock import MockServer


@pytest.mark.parametrize(
    ("handler", "seen"),
    [
        (Echo, 'returned 200 application/json: {"method": "GET"'),
        (partial(Files, directory=str(Path(__file__).parent)), "returned 404 text/html"),
    ],
    ids=["echo", "files"],
)
def test_other_server(handler: Callable[..., Any], seen: str) -> None:
    """A server of another API ends the run at once, with its responses in the error."""
    with serve(handler) as url, pytest.raises(NotThisAPIError) as caught:
        run_suite(url, token=TOKEN)

    assert f"{url} does not look like this API" in str(caught.value)
    assert f"GET {url}/v1/predictions {seen}" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("127.0.0.1:8000", "is not the URL of a server"),
        ("ftp://127.0.0.1", "is not the URL of a server"),
        ("http://127.0.0.1:9", "cannot be reached"),
    ],
)
def test_no_server(url: str, message: str) -> None:
    """An invalid address, and one without a server, end the run at once."""
    with pytest.raises(NotThisAPIError, match=message):
        run_suite(url, token=TOKEN)


def test_refused_token() -> None:
    """The error for a token that the server does not accept does not contain it."""
    with MockServer(token="another").listen() as listening, pytest.raises(NotThisAPIError) as caught:
        run_suite(listening.url, token=TOKEN)

    assert "does not accept the token; set REPLICATE_API_TOKEN" in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "found"), [("", "/v1"), ("/", "/v1"), ("/v1", "/v1"), ("/v1/", "/v1"), ("/v2", None), ("/v1/files", None)]
)
def test_base_url(given: str, found: str | None) -> None:
    """An address without a path is completed; a path is used as it is."""
    with httpx.Client(transport=MockServer().transport) as client:
        if found is not None:
            assert detect_base_url(client, f"http://a.test{given}", TOKEN, DOCUMENT) == f"http://a.test{found}"
            return
        with pytest.raises(NotThisAPIError):
            detect_base_url(client, f"http://a.test{given}", TOKEN, DOCUMENT)


@pytest.mark.parametrize("dialect", ["live", "published"])
def test_dialect__costs_one_canceled_prediction(dialect: DialectName) -> None:
    """One create shows the dialect, and its prediction is canceled."""
    server = MockServer(dialect=dialect)
    with httpx.Client(transport=server.transport) as client:
        assert detect_dialect(client, "http://a.test/v1", TOKEN, DOCUMENT) == dialect
    assert [exchange.operation for exchange in server.journal] == ["createPrediction", "cancelPrediction"]
