"""The mock server against the document, in process: every phase and every check of schemathesis, seeded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis.engine import Status

from findings import Report, report_of
from zeroscope import _api
from zeroscope_mock import MockServer

ROOT = Path(__file__).parents[2]
TOKEN = "conformance"


def run(app: Any, **changes: Any) -> Report:
    """Hold an ASGI app to the document."""
    config = schemathesis.Config.from_dict({**settings(), **changes})
    schema = schemathesis.openapi.from_path(ROOT / "openapi.yaml", config=config)
    schema.app = app
    schema.hook(map_body)
    schema.hook(filter_body)
    return report_of(schema)


def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Name a version that exists, wherever a text is named: the document cannot say which ones do."""
    creates = context.operation and context.operation.definition.raw["operationId"] == "createPrediction"
    if creates and isinstance(body, dict) and isinstance(body.get("version"), str):
        return {**body, "version": _api.spec()["info"]["x-replicate"]["version"]}
    return body


def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
    """Leave out forms with anything but text where the document wants a text.

    A form has no other types: a null arrives as the text `null`, an empty list not at all, and both are in order then.
    """
    if not context.operation or context.operation.definition.raw["operationId"] != "createFile":
        return True
    fields = _api.spec()["components"]["schemas"]["CreateFileRequest"]["properties"]
    texts = [name for name, schema in fields.items() if schema.get("type") == "string" and "format" not in schema]
    return not isinstance(body, dict) or all(isinstance(body.get(name, ""), str) for name in texts)


def settings() -> dict[str, Any]:
    """What schemathesis.toml says."""
    import tomllib

    text = (ROOT / "schemathesis.toml").read_text(encoding="utf-8")
    return tomllib.loads(text.replace("${ZEROSCOPE_CONFORMANCE_TOKEN}", TOKEN))


@pytest.fixture(scope="module")
def report() -> Report:
    """One run over the unchanged mock server."""
    return run(MockServer(token=TOKEN).app)


def test_mock__keeps_to_the_document(report: Report) -> None:
    """No check fails in any phase, and nothing stands in the way of checking."""
    assert report.failures == [] and report.errors == []


@pytest.mark.parametrize("phase", ["examples", "coverage", "fuzzing", "stateful"])
def test_phase__is_run(report: Report, phase: str) -> None:
    """Each of the four phases runs to its end."""
    assert report.phases[phase] == Status.SUCCESS


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        ("listPredictions", {200, 401, 422}),
        ("createPrediction", {201, 400, 401, 405, 415, 422}),
        ("getPrediction", {200, 401, 404, 405}),
        ("cancelPrediction", {200, 401, 404, 405}),
        ("createFile", {201, 401, 405, 415, 422}),
        ("getDefaultWebhookSecret", {200, 401, 405}),
    ],
)
def test_operation__is_reached_in_good_and_bad(report: Report, operation: str, statuses: set[int]) -> None:
    """Each operation was seen to succeed, and to refuse in its different ways."""
    assert statuses <= {status for name, status in report.answers if name == operation}


def test_checks__are_all_on(report: Report) -> None:
    """Every check that schemathesis has for an API like this was made."""
    assert {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "positive_data_acceptance",
        "unsupported_method",
        "ignored_auth",
        "ensure_resource_availability",
    } <= set(report.checks)
    assert not [name for name, check in settings().get("checks", {}).items() if check.get("enabled") is False]


Change = Callable[[dict[str, Any], dict[str, Any]], None]


def mutated(change: Change) -> Any:
    """The mock server with its answers changed on the way out."""
    app = MockServer(token=TOKEN).app

    async def mutant(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        sent: list[dict[str, Any]] = []

        async def keep(message: Any) -> None:
            sent.append(dict(message))

        await app(scope, receive, keep)
        start, body = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
        change(scope, start)
        if start["status"] < 300 and body:
            content = json.loads(body)
            change(scope, content)
            body = json.dumps(content).encode()
        start["headers"] = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return mutant


def _drop_status(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if "id" in answer:
        del answer["status"]


def _forget_to_authenticate(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if answer.get("status") == 401:
        answer["status"] = 200


def _break_down(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if answer.get("status") == 422:
        answer["status"] = 500


def _lose_the_prediction(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if scope["method"] == "POST" and "logs" in answer:
        answer["id"] = "someothervalue"


@pytest.mark.parametrize(
    ("change", "phase", "check"),
    [
        (_drop_status, "examples", "response_schema_conformance"),
        (_forget_to_authenticate, "examples", "ignored_auth"),
        (_break_down, "fuzzing", "not_a_server_error"),
        (_lose_the_prediction, "stateful", "ensure_resource_availability"),
    ],
)
def test_harness__notices_a_faulty_server(change: Change, phase: str, check: str) -> None:
    """A server with a planted fault is caught, in one phase alone, by the check that is there for it."""
    phases = {name: {"enabled": name == phase} for name in ("examples", "coverage", "fuzzing", "stateful")}
    generation = {"deterministic": True, "max-examples": 20, "mode": "all"}
    report = run(mutated(change), phases=phases, generation=generation)
    assert [failure for failure in report.failures if check in failure]
