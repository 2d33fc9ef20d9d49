"""Recorded traffic, held to the document."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import yaml

from zeroscope_conformance import Document, run_suite, to_har
from zeroscope_conformance.embedded import mock_server
from zeroscope_conformance.recorded import RecordedReport, RecordingError, check, format_drift, recording
from zeroscope_conformance.recorded.recording import read_recording
from zeroscope_conformance.rules import DialectName
from zeroscope_mock import MockServer
from zeroscope_mock.journal.har import archive

DOCUMENT = Document.load()
TOKEN = "r8_0123456789abcdef"
API = "https://api.replicate.com/v1"
BODY = {
    "id": "p1",
    "status": "starting",
    "created_at": "2024-01-01T00:00:00.5Z",
    "urls": {"get": f"{API}/predictions/p1", "cancel": f"{API}/predictions/p1/cancel"},
}
KIND = "application/json"


def har_entry(
    method: str = "GET",
    url: str = f"{API}/predictions/p1",
    answer: Any = None,
    *,
    status: int = 200,
    sent: Any = None,
    kind: str = KIND,
    headers: dict[str, str] | None = None,
    second: float = 0,
    milliseconds: float = 0,
) -> dict[str, Any]:
    """An entry of a HAR."""
    request: dict[str, Any] = {"method": method, "url": url, "headers": [], "bodySize": 0}
    if sent is not None:
        request["postData"] = {"mimeType": KIND, "text": json.dumps(sent)}
    pairs = [{"name": name, "value": value} for name, value in {"content-type": kind, **(headers or {})}.items()]
    text = json.dumps(BODY if answer is None else answer)
    return {
        "startedDateTime": f"2026-01-01T00:00:{second:06.3f}Z",
        "time": milliseconds,
        "request": request,
        "response": {"status": status, "headers": pairs, "content": {"text": text}},
    }


def checked(tmp_path: Path, *entries: dict[str, Any]) -> RecordedReport:
    """The report of a HAR."""
    path = tmp_path / "recorded.har"
    path.write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")
    return check([path], DOCUMENT)


def drift(report: RecordedReport) -> set[tuple[str, str, str, int]]:
    """The drift of a report."""
    return {(one.kind, one.operation, one.what, one.count) for one in report.drift}


def a_create(**properties: Any) -> dict[str, Any]:
    """The body of a create."""
    return DOCUMENT.body({"prompt": "a"}, **properties)


def test_journal_of_the_mock_server__passes(tmp_path: Path) -> None:
    """The HAR of a session with the mock server breaks no rule, and tells of many."""
    with MockServer(token=TOKEN, streams=True) as server:
        client = httpx.Client(
            transport=server.transport, base_url="http://mock.test/v1", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        id = client.post("/predictions", json=a_create()).json()["id"]
        client.get(f"/predictions/{id}")
        server.clock.advance(100)
        client.get(f"/predictions/{id}")
        client.get(f"/predictions/{id}")
        client.post(f"/predictions/{id}/cancel")
        client.post("/predictions", json=a_create(unheard_of=1))
        client.post("/files", files={"content": b"\x00\xff"})
        client.get("/predictions")
        client.get("/webhooks/default/secret")
        client.get("/account")
        client.get("http://elsewhere.test/predictions.html")
        values = archive(server.journal)
    path = tmp_path / "journal.har"
    path.write_text(json.dumps(values), encoding="utf-8")

    report = check([path], DOCUMENT)

    assert report.passed and report.named("failed") == []
    assert {
        "response-schema-conformance",
        "response-headers-conformance",
        "negative-data-rejection",
        "positive-data-acceptance",
        "refusals-are-problems",
        "created-readable",
        "input-echoed",
        "facts-stay",
        "status-forward",
        "logs-grow",
        "final-is-stable",
        "times-ordered",
        "cancel-ends",
        "urls-present",
    } <= set(report.named("passed"))
    assert "no-token-401" in report.named("not reached")
    assert drift(report) == {("operation", "", "GET /account", 1)} and report.skipped == 1
    assert report.coverage is not None and report.coverage.percent > 20


def cassette(response: dict[str, Any], **request: Any) -> dict[str, Any]:
    """An interaction of a cassette."""
    sent = {"method": "GET", "uri": f"{API}/predictions/p1", "body": None, "headers": {}, **request}
    return {"request": sent, "response": {"headers": {"Content-Type": [KIND]}, **response}}


TEXT = json.dumps(BODY)
ZIPPED = gzip.compress(TEXT.encode(), mtime=0)
ENCODED = {"content-encoding": "gzip"}


def har(**content: Any) -> dict[str, Any]:
    """A HAR with the content of one response, and its headers if they are given."""
    headers = content.pop("headers", {"content-type": KIND})
    entry = har_entry()
    entry["response"] = {"status": 200, "headers": headers, "content": content}
    return {"log": {"entries": [entry]}}


def base64_of(body: bytes) -> str:
    """A body in base64."""
    return base64.b64encode(body).decode()


@pytest.mark.parametrize("suffix", [".har", ".yaml", ".json"])
@pytest.mark.parametrize(
    "values",
    [
        har(text=TEXT),
        har(text=base64_of(TEXT.encode()), encoding="base64"),
        har(
            text=base64_of(ZIPPED),
            encoding="base64",
            headers=[{"name": "content-encoding", "value": "gzip"}],
            mimeType=KIND,
        ),
        har(text=TEXT, headers={**ENCODED, "content-type": KIND}),
        har(
            text=base64_of(zlib.compress(TEXT.encode())),
            encoding="base64",
            headers={"content-type": KIND, "content-encoding": "deflate"},
        ),
        har(text=TEXT, mimeType=f"{KIND}; charset=utf-8", headers=[{"name": ":status", "value": "200"}]),
        {
            "version": 1,
            "interactions": [cassette({"status": {"code": 200, "message": "OK"}, "body": {"string": TEXT}})],
        },
        {
            "version": 1,
            "interactions": [cassette({"status": {"code": 200}, "body": {"base64_string": base64_of(TEXT.encode())}})],
        },
        {"interactions": [cassette({"status_code": 200, "content": TEXT, "http_version": "HTTP/1.1"})]},
        {
            "recorded_with": "VCR 6.0.0",
            "http_interactions": [
                {
                    "recorded_at": "Fri, 01 Nov 2024 00:00:00 GMT",
                    **cassette(
                        {"status": {"code": 200, "message": "OK"}, "body": {"encoding": "UTF-8", "string": TEXT}},
                        method="get",
                        body={"encoding": "US-ASCII", "string": ""},
                    ),
                }
            ],
        },
    ],
)
def test_formats__are_read(values: dict[str, Any], suffix: str, tmp_path: Path) -> None:
    """HAR files and cassettes yield the same exchange, however they hold its body."""
    path = tmp_path / f"recorded{suffix}"
    path.write_text(yaml.safe_dump(values) if suffix == ".yaml" else f"\ufeff{json.dumps(values)}", encoding="utf-8")

    (found,) = read_recording(path, DOCUMENT)
    report = check([path], DOCUMENT)

    exchange = found.exchange
    assert (exchange.method, exchange.url, exchange.status) == ("GET", f"{API}/predictions/p1", 200)
    assert (exchange.media_type, exchange.json, found.has_response_body) == (KIND, BODY, True)
    assert not any(name.startswith(":") for name in exchange.response_headers)
    assert report.passed and len(report.exchanges) == 1 and not report.drift


def test_cassette__of_python(tmp_path: Path) -> None:
    """A cassette of vcrpy may hold compressed bytes, and texts that old versions tagged."""
    path = tmp_path / "old.yaml"
    body = base64_of(ZIPPED)
    path.write_text(
        "interactions:\n- request:\n    body: null\n    headers: {Accept: !!python/tuple ['*/*']}\n"
        f"    method: !!python/unicode 'GET'\n    uri: {API}/predictions/p1\n"
        f"  response:\n    body: {{string: !!binary {body}}}\n"
        f"    headers: {{content-encoding: [gzip], content-type: [{KIND}]}}\n    status: {{code: 200}}\n",
        encoding="utf-8",
    )
    assert [one.exchange.json for one in read_recording(path, DOCUMENT)] == [BODY]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('{"log": {"entries": [{"request"', "is not JSON: .*line 1 column .*; it may be incomplete"),
        ("log:\n\t- a", "is not YAML: .*"),
        ("\x00\x01", "is not YAML: .*"),
        ("", "is neither a HAR nor a VCR cassette: it has no log, .*"),
        ("[1]", "is neither a HAR nor a VCR cassette: .*"),
        ('{"log": 5}', "log is a number, not an object"),
        ('{"log": {}}', "log.entries is null, not a list"),
        ('{"log": {"entries": {}}}', "log.entries is an object, not a list"),
        ('{"log": {"entries": [null]}}', "entry 1: the exchange is null, not an object"),
        ('{"log": {"entries": [{}]}}', "entry 1: request.method is missing"),
        ('{"log": {"entries": [{"request": []}]}}', "entry 1: request.method is missing"),
        ('{"log": {"entries": [{"request": 5}]}}', "entry 1: request is a number, not an object"),
        (
            '{"log": {"entries": [{"request": {"method": "GET", "url": 5}}]}}',
            "entry 1: request.url is a number, not text",
        ),
        (
            '{"log": {"entries": [{"request": {"headers": "a"}}]}}',
            "entry 1: request.headers is no list of names and values",
        ),
        ('{"log": {"entries": []}}', "no exchange of this API in {path}, so nothing was checked; 0 skipped"),
        (
            json.dumps({"log": {"entries": [har_entry(url="https://other.test/"), har_entry(status=0)]}}),
            "no exchange of this API in {path}, so nothing was checked; 2 skipped",
        ),
        (
            '{"interactions": [{"request": {"method": "GET"}, "response": {}}]}',
            "interaction 1: response.status_code is missing",
        ),
        (
            '{"interactions": [{"request": {}, "response": {"status": {"code": "ok"}}}]}',
            "interaction 1: response.status.code is text, not a number",
        ),
        ('{"a":' * 100_000, "is nested too deep to be a recording|is not JSON: .*"),
        ("[" * 100_000, "is nested too deep to be a recording|is not JSON: .*"),
    ],
)
def test_hostile_file__is_one_sentence(content: str, sentence: str, tmp_path: Path) -> None:
    """A file that is no recording, or a broken one, is an error of one sentence with its name and the place."""
    path = tmp_path / "hostile"
    path.write_text(content, encoding="utf-8")
    start = "" if "{path}" in sentence else r"\S+hostile(:|,)? "
    with pytest.raises(RecordingError, match=f"^{start}({sentence.replace('{path}', str(path))})$") as caught:
        check([path], DOCUMENT)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 600


def test_file__that_is_missing_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is read."""
    with pytest.raises(RecordingError, match=r"missing\.har cannot be read: No such file"):
        check([tmp_path / "missing.har"])
    path = tmp_path / "large.har"
    path.write_text(" " * 2_000_000, encoding="utf-8")
    monkeypatch.setattr(recording, "MAX_BYTES", 1024**2)
    with pytest.raises(RecordingError, match=r"large\.har has more than 1 MiB; record fewer exchanges into one file"):
        check([path])


def test_bomb__is_not_inflated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that decompresses to more than the limit, or to nothing, is unknown, so its schema is not checked."""
    monkeypatch.setattr("zeroscope_conformance.recorded.bodies._MAX_BYTES", 1000)
    bomb = gzip.compress(b" " * 10_000)
    for body in (bomb, ZIPPED[:20]):
        values = har(text=base64_of(body), encoding="base64", headers={**ENCODED, "content-type": KIND})
        report = checked(tmp_path, *values["log"]["entries"])
        assert report.passed and "response-schema-conformance" in report.named("not reached")


@pytest.mark.parametrize("content", [{}, {"size": 5000, "mimeType": KIND}])
def test_body__that_was_left_out(content: dict[str, Any], tmp_path: Path) -> None:
    """A response without its body is checked as far as it is known."""
    entry = har_entry()
    entry["response"]["content"] = content
    report = checked(tmp_path, entry)
    assert report.passed and "content-type-conformance" in report.named("passed")
    assert "response-schema-conformance" in report.named("not reached")


@pytest.mark.parametrize(
    ("url", "method", "count", "unknown"),
    [
        (f"{API}/predictions", "GET", 1, []),
        ("http://127.0.0.1:8000/predictions/", "GET", 1, []),
        ("https://proxy.test:1234/v1/predictions?cursor=1", "GET", 1, []),
        (f"{API}/models/a/b/predictions", "POST", 0, ["POST /models/a/b/predictions"]),
        (f"{API}/trainings/abc123def456/cancel", "POST", 0, ["POST /trainings/{...}/cancel"]),
        (f"{API}/predictions", "DELETE", 0, ["DELETE /predictions"]),
        ("https://proxy.test/v1/chat/completions", "POST", 0, []),
        ("https://proxy.test/app/predictions", "GET", 0, []),
        ("data:text/plain,hello", "GET", 0, []),
        ("", "GET", 0, []),
    ],
)
def test_exchanges__are_chosen_by_their_path(
    url: str, method: str, count: int, unknown: list[str], tmp_path: Path
) -> None:
    """An operation is found on any host, with or without /v1; what is neither it nor of the API is skipped."""
    report = checked(tmp_path, har_entry(), har_entry(method, url, {"results": []}))
    assert len(report.exchanges) == count + 1
    assert [one.what for one in report.drift if one.kind == "operation"] == unknown
    assert report.skipped == 1 - count - len(unknown)


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (har_entry(answer={**BODY, "cost": 5}), {("field", "getPrediction", "cost", 1)}),
        (
            har_entry(answer={**BODY, "metrics": {"frames": 2}, "urls": {"edit": "https://a.test/"}}),
            {("field", "getPrediction", "metrics.frames", 1), ("field", "getPrediction", "urls.edit", 1)},
        ),
        (har_entry(answer={**BODY, "input": {"anything": 1}}), set()),
        (
            har_entry(
                url=f"{API}/predictions", answer={"results": [{**BODY, "cost": 5}, {**BODY, "cost": 6}], "total": 2}
            ),
            {("field", "listPredictions", "results[].cost", 2), ("field", "listPredictions", "total", 1)},
        ),
        (har_entry(answer={**BODY, "status": "queued"}), {("value", "getPrediction", 'status: "queued"', 1)}),
        (har_entry(answer={**BODY, "logs": 5}), {("schema", "getPrediction", "logs: not as type says", 1)}),
        (har_entry(answer={**BODY, "output": "a"}), {("schema", "getPrediction", "output: not as anyOf says", 1)}),
        (har_entry(answer={**BODY, "output": "a", "model": "someone/else"}), set()),
        (har_entry(status=302), {("status", "getPrediction", "status 302", 1)}),
        (har_entry(headers={"x-cost": "5"}), {("header", "getPrediction", "200 with x-cost", 1)}),
        (har_entry(headers={"cf-ray": "5", "date": "now", "x-frame-options": "a"}), set()),
        (har_entry(kind="text/html"), {("content type", "getPrediction", "200 as text/html", 1)}),
        (
            har_entry(url=f"{API}/predictions?sort=asc", answer={"results": []}),
            {("parameter", "listPredictions", "sort in query", 1)},
        ),
        (
            har_entry("POST", f"{API}/predictions", status=201, sent=a_create(stop="x")),
            {("accepted", "createPrediction", "the body: another property", 1)},
        ),
        (
            har_entry("POST", f"{API}/predictions", status=201, sent=DOCUMENT.body({"width": 1})),
            {("accepted", "createPrediction", "input.width: minimum 256", 1)},
        ),
        (har_entry("POST", f"{API}/predictions", status=201, sent={"input": {"width": 1}, "version": "a/b"}), set()),
        (
            har_entry(
                "POST",
                f"{API}/predictions",
                {"detail": "Bad version", "status": 422},
                status=422,
                sent=a_create(),
                kind="application/problem+json",
            ),
            {("refused", "createPrediction", "422 Bad version", 1)},
        ),
    ],
)
def test_drift__is_told(entry: dict[str, Any], expected: set[tuple[str, str, str, int]], tmp_path: Path) -> None:
    """What the service does and the document lacks, forbids or allows is named, with a count and an example."""
    report = checked(tmp_path, entry)
    assert drift(report) == expected
    assert all("recorded.har, entry 1)" in one.example for one in report.drift)
    assert all(
        one.pointer == "/paths" or DOCUMENT.at(one.pointer) is not None for one in report.drift if one.kind != "header"
    )


@pytest.mark.parametrize(
    ("entries", "failed"),
    [
        ([har_entry(answer={**BODY, "status": "processing"}), har_entry(second=1)], ["status-forward"]),
        # Their order is unknown, as the requests ran at the same time.
        ([har_entry(answer={**BODY, "status": "processing"}, milliseconds=2000), har_entry(second=1)], []),
        ([har_entry(second=1), har_entry(answer={**BODY, "status": "processing"}, second=0)], ["status-forward"]),
        ([har_entry(), har_entry(answer={**BODY, "created_at": "2024-01-02T00:00:00Z"}, second=1)], ["facts-stay"]),
        ([har_entry(answer={**BODY, "logs": "ab"}), har_entry(answer={**BODY, "logs": "b"}, second=1)], ["logs-grow"]),
        ([har_entry(answer={**BODY, "completed_at": "2024-01-01T00:00:01Z"})], ["times-ordered"]),
        ([har_entry("POST", f"{API}/predictions/p1/cancel")], ["cancel-ends"]),
        ([har_entry(answer={**BODY, "urls": {"get": "/p1"}})], ["urls-absolute"]),
        ([har_entry(answer={**BODY, "created_at": "2025-06-01T00:00:00Z"})], ["urls-present"]),
        ([har_entry(answer={**BODY, "id": 5})], ["response-schema-conformance"]),
        ([har_entry(headers={"ratelimit-reset": "soon"})], ["response-headers-conformance"]),
        ([har_entry(url=f"{API}/predictions", answer={"results": [], "next": "https://b.test/"})], ["list-links"]),
        (
            [
                har_entry(
                    url=f"{API}/predictions",
                    answer={"results": [BODY, {**BODY, "id": "p2", "created_at": "2025-01-01T00:00:00Z"}]},
                )
            ],
            ["list-newest-first"],
        ),
        (
            [har_entry("POST", f"{API}/predictions", {**BODY, "input": {}}, status=201, sent=a_create())],
            ["input-echoed"],
        ),
        ([har_entry(status=404, answer={"status": 404}, kind="application/problem+json")], ["refusals-are-problems"]),
        (
            [
                har_entry(
                    "POST", f"{API}/predictions", {**BODY, "input": {"prompt": "a"}}, status=201, sent=a_create()
                ),
                har_entry(status=404, answer={"detail": "no"}, kind="application/problem+json", second=1),
            ],
            ["created-readable"],
        ),
        (
            [
                har_entry(
                    "POST",
                    f"{API}/predictions",
                    {"detail": "no", "invalid_fields": [{"field": "input"}]},
                    status=422,
                    sent=a_create(),
                    kind="application/problem+json",
                )
            ],
            ["positive-data-acceptance"],
        ),
        (
            [
                har_entry(
                    "POST",
                    f"{API}/predictions",
                    {**BODY, "input": {"width": 1}},
                    status=201,
                    sent=DOCUMENT.body({"width": 1}),
                )
            ],
            ["negative-data-rejection"],
        ),
        ([har_entry(status=503, answer={"detail": "down"}, kind="application/problem+json")], []),
    ],
)
def test_rules__that_recordings_tell_of(entries: list[dict[str, Any]], failed: list[str], tmp_path: Path) -> None:
    """Each rule that can be told from exchanges fails for those that break it, and no other does."""
    report = checked(tmp_path, *entries)
    assert report.named("failed") == failed and report.passed is not bool(failed)
    assert report.errors == []


def test_webhooks__belong_to_the_api(tmp_path: Path) -> None:
    """A recorded delivery to the URL of a create is compared with the prediction, and covers the callback."""
    hook = "https://me.test/hook"
    created = har_entry(
        "POST", f"{API}/predictions", {**BODY, "input": {"prompt": "a"}}, status=201, sent=a_create(webhook=hook)
    )
    delivered = har_entry("POST", hook, {}, sent={**BODY, "created_at": "2020-01-01T00:00:00Z"}, second=1)
    report = checked(tmp_path, created, delivered)
    assert (report.named("failed"), report.skipped, len(report.exchanges)) == (["facts-stay"], 0, 2)
    assert report.coverage is not None and report.coverage.counts()["callbacks"][0] == 2


def test_secrets__show_nowhere(tmp_path: Path) -> None:
    """Tokens, cookies and keys are masked in exchanges, findings and drift, and a leaked token is noticed."""
    entry = har_entry(url=f"{API}/predictions/p1", answer={**BODY, "logs": f"Token {TOKEN}", "x": "whsec_c2VjcmV0"})
    entry["request"]["headers"] = [
        {"name": "Authorization", "value": f"Bearer {TOKEN}"},
        {"name": "Cookie", "value": "session=12345"},
    ]
    report = checked(tmp_path, entry)
    assert report.named("failed") == ["token-kept"]
    shown = json.dumps(report.to_dict()) + repr(report) + "".join(format_drift(report))
    for secret in (TOKEN, "c2VjcmV0", "12345"):
        assert secret not in shown
    (finding,) = next(one for one in report.results if one.rule.name == "token-kept").findings
    assert "'authorization: Bearer '\"$REPLICATE_API_TOKEN\"" in finding.curl


@pytest.mark.parametrize(
    ("version", "failed"),
    [(DOCUMENT.metadata["version"], ["input-echoed"]), ("acme/vault", [])],
    ids=["the document's model", "another model"],
)
def test_input__of_another_model_may_be_shown_redacted(tmp_path: Path, version: str, failed: list[str]) -> None:
    """The service redacts the secrets of a model, and the document knows only those of its own."""
    shown = {**BODY, "input": {"prompt": "a", "license": "[REDACTED]"}}
    sent = {"version": version, "input": {"prompt": "a", "license": "key-0123456789"}}

    report = checked(tmp_path, har_entry("POST", f"{API}/predictions", shown, status=201, sent=sent))

    assert [name for name in report.named("failed") if name == "input-echoed"] == failed


def test_secrets_of_inputs__show_nowhere(tmp_path: Path) -> None:
    """They are known by the document or by their names, of whatever length, and masked in logs as well."""
    raw = copy.deepcopy(dict(DOCUMENT.raw))
    raw["components"]["schemas"]["PredictionInput"]["properties"]["seal"] = {"type": "string", "writeOnly": True}
    input = {"prompt": "a", "openai_api_key": "sk-0123456789", "seal": "pin4", "hf_token": ["[REDACTED]"]}
    shown = {**BODY, "input": input, "logs": "with sk-0123456789, [REDACTED]", "status": "unheard"}
    created = har_entry("POST", f"{API}/predictions", shown, status=201, sent={"version": "acme/vault", "input": input})
    page = har_entry(url=f"{API}/predictions", answer={"results": [shown], "next": None, "previous": None})
    schema = {"openapi_schema": {"properties": {"api_key": {"title": "a title"}}}}
    model = har_entry(url=f"{API}/models/acme/vault/versions/1", answer=schema)
    path = tmp_path / "recorded.har"
    path.write_text(json.dumps({"log": {"entries": [created, page, model]}}), encoding="utf-8")

    found = [one.exchange for one in read_recording(path, Document(raw))]

    bodies = [body for one in found for body in (one.request_body, one.response_body)]
    assert not any(secret in body for secret in (b"0123456789", b"pin4") for body in bodies)
    assert found[0].json["logs"] == "with [secret], [REDACTED]"
    assert found[2].json == schema


def test_secrets__are_masked_in_every_form(tmp_path: Path) -> None:
    """As in the reports of a run: base64, escapes, queries by their names, a token in another request's response."""
    token = 'r8_"a b"/c+d'
    first = har_entry(url=f"{API}/predictions/p1?api_key=0123-key&x=1")
    first["request"]["headers"] = [{"name": "authorization", "value": f"Token {token}"}]
    forms = {"quoted": quote(token), "encoded": base64.b64encode(token.encode()).decode(), "plain": token}
    second = har_entry(answer={**BODY, "logs": "", "x": forms}, headers={"x-api-key": "a-short-key"})
    report = checked(tmp_path, first, second)

    shown = repr([(one.url, one.response_headers, one.json) for one in report.exchanges])
    for secret in ("0123-key", "a-short-key", 'a b"/c', "r8_", base64.b64encode(b"r8_").decode()):
        assert secret not in shown
    assert "api_key=[token]&x=1" in shown


def test_report__of_several_files(tmp_path: Path) -> None:
    """Predictions are followed within a file only, and the report tells what was read."""
    first, second = tmp_path / "a.har", tmp_path / "b.json"
    first.write_text(json.dumps({"log": {"entries": [har_entry(answer={**BODY, "logs": "ab"})]}}), encoding="utf-8")
    other = cassette({"status": {"code": 200}, "body": {"string": json.dumps({**BODY, "cost": 5})}})
    elsewhere = cassette({"status": {"code": 200}, "body": {"string": ""}}, uri="https://other.test/")
    second.write_text(json.dumps({"interactions": [other, other, elsewhere]}), encoding="utf-8")
    report = check([first, second], DOCUMENT)
    assert report.passed and not report.named("failed")
    assert report.to_dict()["recorded"] == {
        "files": [str(first), str(second)],
        "exchanges": 3,
        "skipped": 1,
        "unchecked": 0,
    }
    assert report.to_dict()["drift"] == [
        {
            "kind": "field",
            "operation": "getPrediction",
            "pointer": "/components/schemas/Prediction/properties",
            "what": "cost",
            "example": f"5 ({second}, interaction 1)",
            "count": 2,
        }
    ]
    assert format_drift(report) == [
        "3 exchanges of this API in 2 files; 1 skipped",
        "drift: the document and the service part in 1 place",
        "  fields that the document lacks:",
        f"    getPrediction: cost, 2 times, such as 5 ({second}, interaction 1)",
    ]
    clean = check([first], DOCUMENT)
    assert format_drift(clean) == [
        "1 exchange of this API in 1 file; 0 skipped",
        "no drift: the service does what the document says",
    ]


def test_sentence_that_all_is_well__is_said_of_bodies_that_passed(tmp_path: Path) -> None:
    """A recording without bodies, or with a failure, is not told to be as the document says."""
    empty, bad = har_entry(), har_entry(second=1)
    empty["response"]["content"] = {}
    bad["request"]["postData"] = {"text": "a", "encoding": "base64"}
    failed = har_entry("POST", f"{API}/predictions/p1/cancel", second=2)

    assert format_drift(checked(tmp_path, empty)) == [
        "1 exchange of this API in 1 file; 0 skipped",
        "1 body was not checked: left out of the recording, or not readable",
        "no drift",
    ]
    assert format_drift(checked(tmp_path, empty, bad, failed))[1:] == [
        "2 bodies were not checked: left out of the recording, or not readable",
        "no drift",
    ]
    assert format_drift(checked(tmp_path, {**har_entry(), "time": 1}, har_entry(answer={**BODY, "cost": 5})))[3:] == [
        f"    getPrediction: cost, once, such as 5 ({tmp_path}/recorded.har, entry 2)",
    ]


@pytest.mark.parametrize(
    "content",
    [{"text": "%%%", "encoding": "base64"}, {"text": "a", "encoding": "base64"}, {"text": 5}],
)
def test_body__that_cannot_be_read(content: dict[str, Any], tmp_path: Path) -> None:
    """It is not checked, but counted, and the rest of the recording is checked."""
    entry = har_entry()
    entry["response"]["content"] = content
    report = checked(tmp_path, entry, har_entry(answer={**BODY, "id": 5}, second=1))
    assert report.named("failed") == ["response-schema-conformance"]
    assert (len(report.exchanges), report.unchecked) == (2, 1)
    cassettes = tmp_path / "bad.json"
    bad = cassette({"status": {"code": 200}, "body": {"base64_string": "a"}})
    cassettes.write_text(json.dumps({"interactions": [bad]}), encoding="utf-8")
    assert check([cassettes], DOCUMENT).unchecked == 1


def test_preflights_and_aborted_requests__are_skipped(tmp_path: Path) -> None:
    """What a browser asks on its own, and what got no response, tells nothing of the service."""
    url = f"{API}/predictions/p1"
    asked = har_entry("OPTIONS", url, status=204)
    asked["request"]["headers"] = [{"name": "Access-Control-Request-Method", "value": "POST"}]
    # Browsers may record only some of the headers.
    others = [har_entry("OPTIONS", url, status=204), har_entry(status=0), har_entry("POST", f"{API}/jobs", status=0)]
    report = checked(tmp_path, har_entry(), asked, *others)
    assert (len(report.exchanges), report.skipped, report.drift) == (1, 4, [])
    assert report.coverage is not None and report.coverage.counts()["operations"][0] == 1


@pytest.mark.parametrize(
    ("url", "sent", "field", "failed"),
    [
        (f"{API}/predictions?cursor=stale", None, "cursor", []),
        (f"{API}/predictions", a_create(), "input", ["positive-data-acceptance"]),
        (f"{API}/predictions", a_create(version="a/b:c"), "input", []),
        (f"{API}/predictions", a_create(webhook="no URL"), "webhook", []),
        (f"{API}/files", {}, "content", []),
    ],
)
def test_refusal__fails_only_if_the_document_certainly_allows_the_request(
    url: str, sent: Any, field: str, failed: list[str], tmp_path: Path
) -> None:
    """As in a run, a create with the document's own version has to be accepted; for others, a refusal is drift."""
    method = "GET" if sent is None else "POST"
    answer = {"detail": f"Invalid {field}", "status": 422, "invalid_fields": [{"field": field, "type": "invalid"}]}
    report = checked(tmp_path, har_entry(method, url, answer, status=422, sent=sent, kind="application/problem+json"))
    assert [name for name in report.named("failed") if name.endswith("acceptance")] == failed
    assert "positive-data-acceptance" not in report.named("passed")


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["live", "published"])
def test_exchanges_of_a_run__pass(dialect: DialectName, tmp_path: Path) -> None:
    """What a run that passed has sent and got, webhooks included, passes as a recording."""
    with mock_server(dialect) as arguments:
        run = run_suite(**arguments, quick=True)
    path = tmp_path / "run.har"
    path.write_text(to_har([run]), encoding="utf-8")

    report = check([path], DOCUMENT)

    assert run.passed and report.dialect == dialect
    assert report.named("failed") == [] and report.passed
    deliveries = [one for one in report.exchanges if one.operation is None]
    assert deliveries and report.coverage is not None and report.coverage.counts()["callbacks"][0] > 0
    times = [one.started_at for one in report.exchanges]
    assert times == sorted(times) and times[-1] - times[0] < 3600


ODD: tuple[Any, ...] = (None, 5, float("nan"), "", "\ud800\x1b[31m", "http://[a", [None], "9" * 5000)


def told(path: Path) -> list[str]:
    """The lines about a recording, or the sentence about why it cannot be read."""
    try:
        return format_drift(check([path], DOCUMENT))
    except RecordingError as error:
        return [str(error)]


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value within a value."""
    yield above
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from places(part, (*above, name))


def with_value(value: Any, place: tuple[Any, ...], other: Any) -> Any:
    """A value with another one at a place."""
    if not place:
        return other
    changed = copy.copy(value)
    changed[place[0]] = with_value(value[place[0]], place[1:], other)
    return changed


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:9])
def test_odd_values__are_told_or_read(odd: Any, tmp_path: Path) -> None:
    """Whatever a field of a recording, or of a body in it, holds: there is a report in plain text, or one sentence."""
    path = tmp_path / "odd.json"
    entry = har_entry("POST", f"{API}/predictions", status=201, sent=a_create(webhook="https://me.test/"))
    ruby = {"recorded_at": "now", **cassette({"status": {"code": 200}, "body": {"string": TEXT}})}
    wholes: list[dict[str, Any]] = [{"log": {"entries": [entry]}}, {"http_interactions": [ruby]}]
    files = [with_value(whole, place, odd) for whole in wholes for place in places(whole)]
    files += [{"log": {"entries": [har_entry(answer=with_value(BODY, place, odd))]}} for place in places(BODY)]
    sent = a_create(webhook="https://me.test/")
    files += [
        {"log": {"entries": [har_entry("POST", f"{API}/predictions", sent=with_value(sent, place, odd))]}}
        for place in places(sent)
    ]
    for values in files:
        path.write_text(json.dumps(values), encoding="utf-8")
        assert all(line.isprintable() for line in told(path))
