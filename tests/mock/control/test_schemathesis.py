"""The control interface against its own document, by schemathesis."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.engine import Status

from helpers.schemathesis_report import Report, run_schemathesis
from zeroscope_mock import MockServer
from zeroscope_mock.documents.bundled import control_document

DOCUMENT = control_document()
METHODS = {"get", "put", "post", "delete"}
OPERATIONS = [
    item[method]["operationId"] for item in DOCUMENT["paths"].values() for method in item if method in METHODS
]
PHASES = ("examples", "coverage", "fuzzing", "stateful")
# The document cannot say which arguments of a fault or a recipe go together, what operations the service has, which
# objects are models, nor which snapshots are of this server; and a pattern for the models of scripts would leave a
# client with a regular expression in place of a sentence.
PICKY = {
    "include-operation-id": ["addFault", "addModel", "addRecipe", "addScripts", "getJournal", "restoreSnapshot"],
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "422"]}},
}
# Whether there were calls is not a question of the document.
VERIFYING = {
    "include-operation-id": ["verifyCalls"],
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "409", "422"]}},
}
# A snapshot is so large that these two phases would take longer for it than for all the rest. The link from the
# operation that takes one is followed all the same, and test_snapshot.py makes hostile snapshots of good ones.
LARGE = {
    "include-operation-id": ["restoreSnapshot"],
    "phases": {"coverage": {"enabled": False}, "fuzzing": {"enabled": False}},
}
# It never ends by itself, and where nothing happens, nothing follows the first event.
ENDLESS = {"include-operation-id": ["streamEvents"], "max-stream-events": 1}


def run(app: Any, phases: Collection[str] = PHASES) -> Report:
    """Tests an ASGI app against the document."""
    config = schemathesis.Config.from_dict(
        {
            "seed": 20230726,
            "workers": 1,
            "generation": {"deterministic": True, "max-examples": 5, "mode": "all"},
            "phases": {
                **{name: {"enabled": name in phases} for name in PHASES},
                # Enough walks to follow every link.
                "stateful": {"enabled": "stateful" in phases, "generation": {"max-examples": 60}},
            },
            "operations": [PICKY, VERIFYING, LARGE, ENDLESS],
        }
    )
    schema = schemathesis.openapi.from_dict(linked(), config=config)
    schema.app = app
    return run_schemathesis(schema)


def linked() -> dict[str, Any]:
    """The document, in which a link's body is sent as it is; schemathesis would merge it with a generated one."""
    document = copy.deepcopy(DOCUMENT)
    for path in ("/limits", "/snapshot"):
        for link in document["paths"][path]["get"]["responses"]["200"]["links"].values():
            link["x-schemathesis"] = {"merge_body": False}
    return document


@pytest.fixture(scope="module")
def report() -> Report:
    """One run over a server that has made a prediction and sent its webhook."""
    server = MockServer(receiver=lambda request: None)
    with httpx.Client(transport=server.transport, base_url="http://mock.test") as client:
        headers, body = (
            {"Authorization": "Bearer token-of-a-test"},
            {"input": {"prompt": "x"}, "webhook": "https://x.test"},
        )
        client.post("/v1/predictions", json={"version": server.core.state.spec.version, **body}, headers=headers)
    server.clock.advance(60)
    return run(server.app)


def test_control__keeps_to_its_document(report: Report) -> None:
    """No check fails in any phase, and no phase is blocked."""
    assert report.failures == [] and report.errors == []


@pytest.mark.parametrize("phase", PHASES)
def test_phase__is_run(report: Report, phase: str) -> None:
    """Each of the four phases runs to its end."""
    assert report.phases[phase] == Status.SUCCESS


# They need several steps: a link to what an earlier operation made, or the walk from the operation that takes a
# snapshot. Which walks are tried depends on the words in the loaded code, which Hypothesis takes its texts from. All
# have tests of their own.
CHANCY = {"restoreSnapshot"} | {
    item[method]["operationId"]
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method in METHODS and "{" in path
}


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation not in CHANCY])
def test_operation__succeeds(report: Report, operation: str) -> None:
    """Each operation was seen to succeed."""
    assert [status for name, status in report.responses if name == operation and 200 <= status < 300]


@pytest.mark.parametrize(
    ("operation", "statuses"),
    [
        ("addFault", {400, 405, 415, 422}),
        ("addScripts", {400, 405, 415, 422}),
        ("advanceClock", {400, 405, 415, 422}),
        ("getJournal", {405, 422}),
        ("redeliver", {404, 405}),
        ("removeFault", {404}),
        ("verifyCalls", {400, 405, 409, 415, 422}),
    ],
)
def test_operation__refuses(report: Report, operation: str, statuses: set[int]) -> None:
    """Operations were seen to refuse requests in their different ways."""
    assert statuses <= {status for name, status in report.responses if name == operation}


def test_checks__are_all_on(report: Report) -> None:
    """Every check of schemathesis that fits this API was made."""
    assert {
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "negative_data_rejection",
        "positive_data_acceptance",
        "unsupported_method",
        "ensure_resource_availability",
        "use_after_free",
    } <= set(report.checks)


Change = Callable[[dict[str, Any], dict[str, Any]], None]


def mutated(change: Change) -> Any:
    """The server, whose responses are changed on the way out."""
    app = MockServer().app

    async def mutant(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        sent: list[dict[str, Any]] = []

        async def keep(message: Any) -> None:
            sent.append(dict(message))

        await app(scope, receive, keep)
        start, body = sent[0], b"".join(message.get("body", b"") for message in sent[1:])
        content = json.loads(body) if body else {}
        change(start, content)
        start["headers"] = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
        await send(start)
        await send({"type": "http.response.body", "body": json.dumps(content).encode() if body else b""})

    return mutant


def _break_down(start: dict[str, Any], content: dict[str, Any]) -> None:
    if start["status"] == 422:
        start["status"] = 500


def _let_pass(start: dict[str, Any], content: dict[str, Any]) -> None:
    if "invalid_fields" in content:
        start["status"] = 201


def _lose_the_time(start: dict[str, Any], content: dict[str, Any]) -> None:
    content.pop("monotonic", None)


@pytest.mark.parametrize(
    ("change", "phase", "check"),
    [
        (_break_down, "fuzzing", "not_a_server_error"),
        (_let_pass, "coverage", "negative_data_rejection"),
        (_lose_the_time, "examples", "response_schema_conformance"),
    ],
)
def test_harness__notices_a_faulty_server(change: Change, phase: str, check: str) -> None:
    """One phase alone catches a server with a planted fault, by the check for that fault."""
    assert [failure for failure in run(mutated(change), (phase,)).failures if check in failure]
