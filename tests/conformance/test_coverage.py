"""Coverage of the document."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from zeroscope_conformance import Document, Report, run_suite
from zeroscope_conformance.coverage import Coverage, Measurement, Point, combine, format_coverage, measure
from zeroscope_conformance.coverage.candidates import requests_for
from zeroscope_conformance.coverage.requests import DecodedRequest, decode, parameters_of
from zeroscope_conformance.embedded import mock_server
from zeroscope_conformance.exchange import Exchange
from zeroscope_conformance.rules import DialectName

HOST = "http://mock.test/v1"
JSON = {"content-type": "application/json"}
DIALECTS: tuple[DialectName, ...] = ("live", "published")
PROBLEM = {"content-type": "application/problem+json"}


def document_with(field: dict[str, Any], **others: Any) -> Document:
    """The document with an input of one field."""
    raw: dict[str, Any] = copy.deepcopy(dict(Document.load().raw))
    raw["components"]["schemas"]["PredictionInput"] = {"type": "object", "properties": {"a": field}, **others}
    return Document(raw)


def create(document: Document, input: Any, status: int = 201, **properties: Any) -> Exchange:
    """A create with an input."""
    body = json.dumps(document.body(input, **properties)).encode()
    answer = json.dumps({"id": "p1", "status": "starting"}).encode()
    return Exchange("POST", f"{HOST}/predictions", JSON, body, status, JSON, answer, "createPrediction")


def labels(coverage: Coverage, group: str, prefix: str = "") -> set[str]:
    """The labels of the points of a group that were reached, without a prefix that they have in common."""
    found = {point.label for point in coverage.reached if point.group == group}
    return {label.removeprefix(prefix) for label in found if label.startswith(prefix)}


@pytest.mark.parametrize(
    ("field", "value", "kept", "broken"),
    [
        ({"type": "integer", "minimum": 3}, 3, {"type integer", "minimum 3"}, set()),
        ({"type": "integer", "minimum": 3}, 4, {"type integer"}, set()),
        ({"type": "integer", "minimum": 3}, 2, set(), {"minimum 3"}),
        ({"type": "integer", "minimum": 3}, "3", set(), {"type integer"}),
        ({"type": "integer"}, True, set(), {"type integer"}),
        ({"type": "integer", "exclusiveMaximum": 9}, 8, {"type integer", "exclusiveMaximum 9"}, set()),
        ({"type": "integer", "exclusiveMaximum": 9}, 9, set(), {"exclusiveMaximum 9"}),
        ({"type": "number", "exclusiveMinimum": 0}, 5e-324, {"type number", "exclusiveMinimum 0"}, set()),
        ({"type": ["number", "null"]}, None, {"type null"}, set()),
        ({"type": "number", "multipleOf": 0.5}, 0.7, set(), {"multipleOf 0.5"}),
        ({"type": "string", "minLength": 2}, "é!", {"type string", "minLength 2"}, set()),
        ({"type": "string", "maxLength": 2}, "abc", set(), {"maxLength 2"}),
        ({"type": "string", "pattern": "^a+$"}, "aa", {"type string", "pattern ^a+$"}, set()),
        ({"type": "string", "pattern": "^a+$"}, "b", set(), {"pattern ^a+$"}),
        ({"type": "string", "format": "date"}, "2026-01-01", {"type string", "format date"}, set()),
        ({"type": "string", "format": "date", "pattern": "."}, "soon", set(), {"format date"}),
        ({"enum": ["a", 1]}, 1, {"enum 1"}, set()),
        ({"enum": ["a", 1]}, True, set(), {'enum ["a", 1]'}),
        ({"const": "a"}, "b", set(), {'const "a"'}),
        ({"type": "array", "items": {"minimum": 1}, "maxItems": 2}, [1, 5], {"type array", "maxItems 2"}, set()),
        ({"type": "array", "uniqueItems": True}, [1, 1], set(), {"uniqueItems"}),
        ({"type": "object", "minProperties": 1}, {}, set(), {"minProperties 1"}),
        ({"type": "object", "additionalProperties": False}, {"b": 1}, set(), {"another property"}),
        ({"type": "object", "additionalProperties": True}, {"b": 1}, {"type object", "another property"}, set()),
        (
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string"}]},
            "b",
            {"anyOf, alternative 2", "type string"},
            {'enum ["a"]'},
        ),
        ({"anyOf": [{"type": "array"}, {"type": "string"}]}, 7, set(), {"anyOf, no alternative"}),
        ({"not": {"minimum": 3}}, 4, set(), {"not"}),
        ({"if": {"minimum": 3}, "then": {"multipleOf": 2}}, 5, set(), {"if"}),
    ],
)
def test_keywords__are_reached_at_and_beyond_the_edge(
    field: dict[str, Any], value: Any, kept: set[str], broken: set[str]
) -> None:
    """A value reaches the keywords that it is at the edge of, and those that it breaks."""
    document = document_with(field)
    coverage = measure(document, [create(document, {"a": value})])
    assert labels(coverage, "keywords at the edge", "input.a: ") == (kept | {"present"} if kept else set())
    assert labels(coverage, "keywords beyond the edge", "input.a: ") == broken


@pytest.mark.parametrize(
    ("input", "properties", "status", "reached"),
    [
        ({"a": 2}, {}, 422, {"input.a: minimum 3"}),
        ({"a": 2}, {"unheard_of": 1}, 422, set()),
        ({"a": 2}, {}, 401, set()),
        ({"a": 2}, {}, 429, set()),
    ],
)
def test_keywords__count_beyond_the_edge_only_alone(
    input: Any, properties: dict[str, Any], status: int, reached: set[str]
) -> None:
    """A request that is wrong in two places, or that was refused unread, shows nothing of a keyword."""
    document = document_with({"type": "integer", "minimum": 3})
    coverage = measure(document, [create(document, input, status, **properties)])
    assert labels(coverage, "keywords beyond the edge") == reached
    assert labels(coverage, "keywords at the edge") == set()


def test_schema__that_contains_itself() -> None:
    """The points of a recursive schema come to an end."""
    field: dict[str, Any] = {"type": "array", "items": {"$ref": "#/components/schemas/PredictionInput"}}
    document = document_with(field, maxProperties=1)
    coverage = measure(document, [create(document, {"a": [{"a": [1]}]})])
    assert labels(coverage, "keywords beyond the edge", "input.a[]") == set()
    assert len(coverage.reached) + len(coverage.missed) < 350


@pytest.mark.parametrize(
    ("exchange", "group", "reached"),
    [
        (
            Exchange("GET", f"{HOST}/predictions?source=web", {}, b"", 401, PROBLEM, b"", "listPredictions"),
            "responses",
            {"401", "401 as application/problem+json"},
        ),
        (
            Exchange("GET", f"{HOST}/predictions", {}, b"", 418, {"content-type": "text/html"}, b"", "listPredictions"),
            "responses",
            {"4XX"},
        ),
        (
            Exchange("GET", f"{HOST}/predictions", {}, b"", 200, {"ratelimit-reset": "1"}, b"", "listPredictions"),
            "headers",
            {"200 with ratelimit-reset"},
        ),
        (Exchange("GET", f"{HOST}/predictions", {}, b"", 0, {}, b"", "listPredictions"), "operations", set()),
        (Exchange("GET", f"{HOST}/predictions", {}, b"", 404, {}, b"", None), "operations", set()),
        (
            Exchange("GET", f"{HOST}/predictions?source=web&cursor=", {}, b"", 200, {}, b"", "listPredictions"),
            "parameters",
            {
                "cursor in query: sent",
                "source in query: sent",
                "created_after in query: omitted",
                "created_before in query: omitted",
            },
        ),
        (
            Exchange("GET", f"{HOST}/predictions?created_after=soon", {}, b"", 422, {}, b"", "listPredictions"),
            "keywords beyond the edge",
            {"created_after in query: format date-time"},
        ),
        (
            Exchange("POST", f"{HOST}/predictions", JSON, b'{"', 400, {}, b"", "createPrediction"),
            "keywords beyond the edge",
            {"the body: malformed"},
        ),
        (
            Exchange(
                "POST", f"{HOST}/predictions", {"content-type": "text/plain"}, b"a", 415, {}, b"", "createPrediction"
            ),
            "keywords beyond the edge",
            {"the body: another media type"},
        ),
        (
            Exchange("POST", f"{HOST}/predictions", {}, b"", 400, {}, b"", "createPrediction"),
            "keywords beyond the edge",
            {"the body: absent"},
        ),
        # An id of two dots, as schemathesis generates, after a client has normalized the path.
        (
            Exchange("POST", f"{HOST}/cancel", {}, b"", 404, PROBLEM, b"", "cancelPrediction"),
            "parameters",
            set(),
        ),
    ],
)
def test_points__of_an_exchange(exchange: Exchange, group: str, reached: set[str]) -> None:
    """An exchange reaches its operation, its parameters, its response and the headers of that."""
    assert labels(measure(Document.load(), [exchange]), group) == reached


def test_form__is_decoded() -> None:
    """The parts of a form are the properties of its schema, and those of objects are JSON."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n\xff\x00\r\n'
        b'--x\r\nContent-Disposition: form-data; name="filename"\r\n\r\n' + b"n" * 255 + b"\r\n"
        b'--x\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{"k": 1}\r\n--x--\r\n'
    )
    headers = {"content-type": "multipart/form-data; boundary=x"}
    sent = Exchange("POST", f"{HOST}/files", headers, body, 201, {}, b"", "createFile")
    reached = labels(measure(Document.load(), [sent]), "keywords at the edge")
    assert {"filename: maxLength 255", "metadata: another property", "type: absent", "content: present"} <= reached
    long = replace(sent, request_body=body.replace(b"nn", b"nnn", 1))
    assert "filename: maxLength 255" in labels(measure(Document.load(), [long]), "keywords beyond the edge")


def test_links__have_to_be_followed() -> None:
    """A link is reached by a request for what the response named, and by no other."""
    document = Document.load()
    created = create(document, {})
    other = Exchange("GET", f"{HOST}/predictions/p2", {}, b"", 200, JSON, b"{}", "getPrediction")
    read = replace(other, url=f"{HOST}/predictions/p1")
    assert labels(measure(document, [created, other]), "links") == set()
    assert labels(measure(document, [read, created]), "links") == set()
    assert labels(measure(document, [created, read]), "links") == {"201, link get to getPrediction"}
    published = replace(created, status=200, response_body=b"[" + created.response_body + b"]")
    assert labels(measure(document, [published, read]), "links") == {"200, link get to getPrediction"}


def test_callbacks__are_deliveries_to_the_url_of_a_create() -> None:
    """A webhook counts at the URL that a create named, with the headers that it has and the response that it got."""
    document = Document.load()
    hook = "http://receiver.test/hook?a=1"
    created = create(document, {}, webhook=hook)
    delivery = Exchange("POST", hook, {**JSON, "webhook-id": "1"}, b"{}", 503, {}, b"")
    elsewhere = replace(delivery, url="http://receiver.test/other")
    assert labels(measure(document, [created, elsewhere]), "callbacks") == set()
    reached = labels(measure(document, [created, delivery]), "callbacks")
    assert reached == {"POST {$request.body#/webhook}", "webhook-id in header: sent", "5XX"}


def test_pointers__lead_into_the_document() -> None:
    """Each point names a place that the document has."""
    document = Document.load()
    coverage = measure(document, [])
    assert coverage.reached == () and coverage.percent == 0
    for point in coverage.missed:
        assert document.at(point.pointer) is not None
    assert {"/components/schemas/PredictionInput/properties/width/minimum", "/components/parameters/Prefer"} <= {
        point.pointer for point in coverage.missed
    }


def test_reasons__of_what_is_missing() -> None:
    """A response that no request brings about is named as such."""
    document = Document.load()
    missed = measure(document, [create(document, {})]).missed
    reasons = {(point.operation, point.label): reason for point, reason in missed.items()}
    assert reasons["createPrediction", "402"] == "only an account without credit gets it"
    assert reasons["createPrediction", "429"] == "no rate limit was exceeded"
    assert reasons["createPrediction", "5XX"] == "only a server that fails sends it"
    assert reasons["createPrediction", "200"] == "the server sends 201 in its place"
    assert reasons["getPrediction", "200"] == "no request for the operation got a response"
    assert reasons["createPrediction", "201 with ratelimit-reset"] == "no response had it"


def test_coverage__of_several_runs() -> None:
    """A point that one run reached is reached, and the numbers add up in every form."""
    first, second, third = (Point("responses", "get", f"/{name}", name) for name in ("200", "401", "402"))
    combined = combine(
        [Coverage((first,), {second: "no", third: "broke"}), Coverage((second,), {first: "no", third: "broke"})]
    )
    assert (combined.reached, combined.missed) == ((first, second), {third: "broke"})
    values = combined.to_dict()
    assert (values["percent"], values["reached"], values["points"]) == (66.67, 2, 3)
    assert values["groups"] == [{"name": "responses", "reached": 2, "points": 3, "percent": 66.67}]
    assert values["missed"] == [{**third.to_dict(), "reason": "broke"}]
    assert [point["label"] for point in values["hit"]] == ["200", "401"]
    assert format_coverage(combined) == [
        "coverage of the document: 66.7 %, 2 of 3",
        "  responses                     2 of    3    66.7 %",
        "  not reached, as broke:",
        "    get: 402",
    ]
    assert Coverage((), {}).percent == 100


def test_candidates__reach_every_keyword() -> None:
    """Requests made from the document alone reach all points that depend on requests."""
    document = Document.load()
    for points in Measurement(document).operations.values():
        parameters = {(one["in"], one["name"]): "p1" for _, one in points.parameters if one.get("required")}
        body: Any = document.body({})
        for media_type, node in points.bodies.items():
            base = DecodedRequest(
                parameters, media_type, body if media_type == "application/json" else document.sample(node.schema)
            )
            break
        else:
            base = DecodedRequest(parameters)
        missed = set(points.request_points())
        made = list(requests_for(points, missed, document, base))
        assert not missed
        assert made[:1] in ([], [(base, True)])


def test_quick_run__is_measured(report: Report) -> None:
    """A report has all exchanges of its run, their times, and their coverage with that of the webhooks."""
    assert report.coverage is not None
    assert {exchange.status for exchange in report.exchanges} >= {200, 401, 404, 422}
    assert all(exchange.started_at > 1e9 and exchange.seconds >= 0 for exchange in report.exchanges)
    counts = report.coverage.counts()
    assert counts["operations"] == (6, 6) and counts["callbacks"] == (6, 7)
    assert report.coverage.percent > 75


def test_decoded_parameters__of_every_place() -> None:
    """Parameters are read from the path, the query, the headers and the cookies, with the types of their schemas."""
    raw: dict[str, Any] = copy.deepcopy(dict(Document.load().raw))
    parameters = [
        {"name": "n", "in": "query", "schema": {"type": "integer"}},
        {"name": "many", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}},
        {"name": "flat", "in": "query", "explode": False, "schema": {"type": "array"}},
        {"name": "c", "in": "cookie", "schema": {"type": "boolean"}},
        {"name": "H", "in": "header", "schema": {"type": "string"}},
    ]
    raw["paths"]["/predictions/{prediction_id}"]["get"]["parameters"] = parameters
    document = Document(raw)
    operation = document.operations["getPrediction"]
    described = [one for _, one in parameters_of(document, operation, "/paths/~1predictions~1{prediction_id}/get")]
    url = f"{HOST}/predictions/a%2Fb?n=x&many=1&many=2&flat=a,b"
    exchange = Exchange("GET", url, {"cookie": "c=true", "h": "1"}, b"", 200, {}, b"", operation.id)
    assert decode(exchange, described, operation.path, document).parameters == {
        ("path", "prediction_id"): "a/b",
        ("query", "n"): "x",
        ("query", "many"): [1, 2],
        ("query", "flat"): ["a", "b"],
        ("cookie", "c"): True,
        ("header", "H"): "1",
    }


@pytest.mark.slow
def test_full_run__covers_the_document() -> None:
    """Runs against the mock server in both dialects reach 98 % of the document, and the rest has a reason."""
    runs: list[Coverage] = []
    for dialect in DIALECTS:
        with mock_server(dialect) as arguments:
            report = run_suite(**arguments)
        assert report.passed and report.coverage is not None
        runs.append(report.coverage)
    coverage = combine(runs)
    assert coverage.percent >= 98
    assert set(coverage.missed.values()) == {
        "no response had it",
        "no webhook had it, or no receiver responded with it",
    }


def test_provoked_failures__break_no_rule() -> None:
    """Statuses that the server was made to send are held to the document, but are no failures of the server."""
    with mock_server("live") as arguments:
        report = run_suite(**{**arguments, "receiver": None}, fuzz=False)
    assert report.named("failed") == [] and report.errors == []
    assert {402, 429, 500} <= {exchange.status for exchange in report.exchanges}
    assert report.coverage is not None and report.coverage.counts()["responses"][0] >= 70
    assert [point.label for point in report.coverage.missed if point.group.startswith("keywords")] == []
