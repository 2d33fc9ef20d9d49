"""Detection of base URL, dialect and model, and the errors for other servers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from helpers.faulty_servers import DOCUMENT, SCHEMAS, TOKEN
from helpers.faulty_servers.models import MODEL, PAINTER, WRITER
from helpers.other_servers import Echo, Files, serve
from zeroscope_conformance import NotThisAPIError, run_suite
from zeroscope_conformance.detect import detect_base_url, detect_dialect, detect_model
from zeroscope_conformance.rules import DialectName
from zeroscope_mock import MockServer
from zeroscope_mock.cog import read_version


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


def version(id: str, schema: Any, day: int = 1) -> dict[str, Any]:
    """Return a version as the service describes it."""
    return {"id": id, "created_at": f"2026-01-0{day}T00:00:00Z", "cog_version": "0.9.0", "openapi_schema": schema}


VERSIONS = [version("1" * 64, WRITER), version("2" * 64, PAINTER, day=2)]
OWN = DOCUMENT.metadata
HIDDEN = str(DOCUMENT.hidden_version)


@pytest.mark.parametrize(
    ("versions", "model", "fields", "sent"),
    [
        (VERSIONS, MODEL, "painter", "2" * 64),
        (VERSIONS, f"{MODEL}:{'1' * 64}", "writer", "1" * 64),
        ([version(HIDDEN, WRITER)], MODEL, "writer", MODEL),
    ],
)
def test_model__is_described_by_the_server(versions: Any, model: str, fields: str, sent: str) -> None:
    """The latest version counts, or the one that is named; where its id is hidden, creates name the model."""
    with httpx.Client(transport=MockServer(models={MODEL: versions}).transport) as client:
        document = detect_model(client, "http://a.test/v1", TOKEN, DOCUMENT, model, None)

    names = SCHEMAS[fields]["components"]["schemas"]["Input"]["properties"]
    assert [name for name, _ in document.input_fields] == list(names)
    assert document.body({})["version"] == sent


@pytest.mark.parametrize(("id", "sent"), [("1" * 64, "1" * 64), ("3" * 64, MODEL)])
def test_model__is_described_by_a_file(id: str, sent: str) -> None:
    """A version that the server does not know, such as that of a schema alone, is run by the name of the model."""
    given = read_version(version(id, WRITER))
    with httpx.Client(transport=MockServer(models={MODEL: VERSIONS}).transport) as client:
        document = detect_model(client, "http://a.test/v1", TOKEN, DOCUMENT, MODEL, given)

    assert document.body({})["version"] == sent


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (httpx.Response(404, json={"detail": "Not found."}), 'but returned 404 {"detail":"Not found."}; pass a/b=FILE'),
        (httpx.Response(200, json={"latest_version": None}), 'but returned 200 {"latest_version":null}; pass a/b=FILE'),
        (httpx.Response(200, text="<html>"), "but returned 200 <html>; pass a/b=FILE"),
        (httpx.Response(200, json={"latest_version": {"id": "1"}}), "it has no openapi_schema"),
    ],
)
def test_model__that_the_server_does_not_describe(response: httpx.Response, said: str) -> None:
    """The error says what the server returned, and what to pass."""
    with (
        httpx.Client(transport=httpx.MockTransport(lambda request: response)) as client,
        pytest.raises(NotThisAPIError) as caught,
    ):
        detect_model(client, "http://a.test/v1", TOKEN, DOCUMENT, "a/b", None)

    message = str(caught.value)
    assert message.startswith("http://a.test/v1/models/a/b describes no version of the model") and said in message


def test_model__of_the_document_is_described_by_the_mock_server() -> None:
    """The document's own model can be named as any other one."""
    with httpx.Client(transport=MockServer().transport) as client:
        document = detect_model(client, "http://a.test/v1", TOKEN, DOCUMENT, OWN["model"], None)

    assert {name for name, _ in document.input_fields} == {name for name, _ in DOCUMENT.input_fields}
    assert document.version_forms == DOCUMENT.version_forms
