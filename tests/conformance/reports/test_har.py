"""The exchanges of a run as an HTTP Archive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from helpers.failures import DOCUMENT, TOKEN, exchange, faulty_report, make_results, report_of
from helpers.har import HAR
from helpers.report_validators import har_errors
from zeroscope_conformance import to_har
from zeroscope_conformance.embedded import TOKEN as EMBEDDED_TOKEN
from zeroscope_conformance.embedded import mock_server
from zeroscope_conformance.exchange import Exchange


def entries(*exchanges: Exchange) -> list[dict[str, Any]]:
    """Return the entries of a valid archive of exchanges."""
    archive = json.loads(to_har([report_of(make_results(), exchanges)]))
    jsonschema_rs.validator_for(HAR).validate(archive)
    found: list[dict[str, Any]] = archive["log"]["entries"]
    return found


def test_entry__has_all_of_an_exchange() -> None:
    """The time, the address, the headers and both bodies."""
    (entry,) = entries(exchange("createPrediction", 201, sent={"input": {"prompt": "é"}}))

    assert (entry["startedDateTime"], entry["time"]) == ("2026-09-21T14:13:20.250+00:00", 125)
    assert (entry["request"]["method"], entry["request"]["url"]) == ("POST", "http://127.0.0.1:8000/v1/predictions")
    assert json.loads(entry["request"]["postData"]["text"]) == {"input": {"prompt": "é"}}
    assert {"name": "authorization", "value": "Bearer [token]"} in entry["request"]["headers"]
    assert entry["response"]["status"] == 201 and '"status": "starting"' in entry["response"]["content"]["text"]
    assert entry["_operation"] == "createPrediction"


@pytest.mark.parametrize(
    ("body", "media_type", "hidden"),
    [
        ({"you": f"sent {TOKEN}"}, "application/json", TOKEN),
        (f"token={TOKEN}".encode(), "text/plain", TOKEN),
        ({"key": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}, "application/json", "MDEyMzQ1Njc4OWFiY2RlZg"),
        (b"\x00\x01" + TOKEN.encode(), "video/mp4", TOKEN),
    ],
)
@pytest.mark.parametrize("token", [TOKEN, ""])
def test_entry__has_no_secret(body: Any, media_type: str, hidden: str, token: str) -> None:
    """Neither the token, also where a request had none, nor the key of webhooks, nor binary content."""
    assert hidden not in json.dumps(entries(exchange(body=body, media_type=media_type, token=token)))


def test_entry__without_a_response() -> None:
    """A request that got no response has the status 0."""
    (entry,) = entries(exchange(status=0, body=b""))

    assert entry["response"]["status"] == 0 and entry["response"]["_error"] == "the connection was cut"


def test_runs__follow_each_other() -> None:
    """The exchanges of several runs are one archive, in their order."""
    report = faulty_report()
    archive = json.loads(to_har([report, report]))

    assert [entry["_number"] for entry in archive["log"]["entries"]] == [1, 2, 3, 4, 5, 6]
    assert archive["log"]["creator"]["name"] == "zeroscope conformance"


def test_archive__is_valid_for_the_validator_of_viewers(tmp_path: Path) -> None:
    """har-validator accepts the archive, also one of hostile texts, and refuses another."""
    path = tmp_path / "run.har"
    path.write_text(to_har([faulty_report()]), encoding="utf-8")
    assert har_errors(path) == ""
    path.write_text('{"log": {"entries": []}}', encoding="utf-8")
    assert "required" in har_errors(path)


def test_exchanges__of_a_run() -> None:
    """What a run against a server sends and gets is valid as an archive."""
    import httpx

    with mock_server("live") as arguments, httpx.Client(trust_env=False) as client:
        sent = client.build_request("GET", f"{arguments['url']}/v1/predictions?cursor=%00")
        sent.headers["authorization"] = f"Bearer {EMBEDDED_TOKEN}"
        got = client.send(sent)
    found = entries(
        Exchange(
            method="GET",
            url=str(sent.url),
            request_headers=dict(sent.headers),
            request_body=b"",
            status=got.status_code,
            response_headers=dict(got.headers),
            response_body=got.content,
            operation="listPredictions",
            token=EMBEDDED_TOKEN,
        )
    )

    assert found[0]["request"]["queryString"] == [{"name": "cursor", "value": "\0"}]
    assert found[0]["response"]["status"] == got.status_code
    assert DOCUMENT.operations["listPredictions"].path in found[0]["request"]["url"]
    assert EMBEDDED_TOKEN not in json.dumps(found)
