"""The mock server against the service's own document, by schemathesis."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import yaml
from schemathesis.engine import events, from_schema

from helpers.signed_urls import signed_url
from zeroscope_mock import MockServer
from zeroscope_mock.registry import Model, Version

FOLDER = Path(__file__).parent
DOCUMENT: dict[str, Any] = json.loads((FOLDER / "document-2026-04.json").read_bytes())
REASONS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "reasons.yaml").read_bytes())
OPERATIONS: list[str] = [operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values()]
PHASES = ("examples", "coverage", "fuzzing", "stateful")
TOKEN = "a-token-of-a-test"
MODEL = ("anotherjesse", "zeroscope-v2-xl")
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
Values = dict[str, Any]
Failure = tuple[str, str, str]
"""An operation, a check that failed, and its message."""


@dataclass
class Run:
    """What one run found.

    Args:
        statuses: The status codes of each operation.
        failures: The failed checks: the operation, the check and its message.
        errors: The errors of schemathesis itself.
    """

    statuses: dict[str, set[int]] = field(default_factory=dict)
    failures: set[Failure] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)

    def add(self, event: events.EngineEvent) -> None:
        """Add an event."""
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.errors.append(str(event))
        if not isinstance(event, events.ScenarioFinished):
            return
        for id, interaction in event.recorder.interactions.items():
            operation = event.recorder.cases[id].value.operation.definition.raw["operationId"]
            if interaction.response is not None:
                self.statuses.setdefault(operation, set()).add(interaction.response.status_code)
            for check in event.recorder.checks.get(id, []):
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    self.failures.add((operation, check.name, f"{failure.title}: {failure.message}"))


class Objects:
    """Objects of a server that requests name, since the document cannot say which there are."""

    def __init__(self, server: MockServer, api: httpx.Client) -> None:
        self._server, self._api = server, api
        self._numbers = itertools.count()
        self.account: str = api.get("/account").json()["username"]
        self._model = self.model()
        self._version = self.version(self._model)
        self._deployment = self.deployment()
        training = {"destination": f"{self.account}/{self._model.name}", "input": {}}
        path = f"/models/{'/'.join(MODEL)}/versions/{VERSION}"
        self.training: str = api.post(f"{path}/trainings", json=training).json()["id"]
        self.prediction: str = api.post("/predictions", json={"version": VERSION, "input": {}}).json()["id"]
        self._file = self.file()

    def name(self) -> str:
        """A new name."""
        return f"name-{next(self._numbers)}"

    def model(self) -> Model:
        """A new private model."""
        body = {"owner": self.account, "name": self.name(), "visibility": "private", "hardware": "cpu"}
        name = self._api.post("/models", json=body).json()["name"]
        model = self._server.core.state.registry.find(f"{self.account}/{name}", self._tenant)
        assert model is not None
        return model

    def version(self, model: Model) -> str:
        """A new version of a model, without the time that a training takes."""
        id = f"{next(self._numbers):064}"
        model.versions[id] = Version(id, 0.0, 0)
        return id

    def deployment(self) -> str:
        """The name of a new deployment."""
        body = {"name": self.name(), "model": "/".join(MODEL), "version": VERSION}
        settings = {"hardware": "cpu", "min_instances": 0, "max_instances": 1}
        name: str = self._api.post("/deployments", json={**body, **settings}).json()["name"]
        return name

    def file(self) -> Values:
        """A new file."""
        file: Values = self._api.post("/files", files={"content": b"x"}).json()
        return file

    @property
    def _tenant(self) -> str:
        tenant = self._server.journal[-1].tenant
        assert tenant is not None
        return tenant

    def path(self, operation: str) -> Values:
        """The path parameters of an operation that name what there is, new where the operation deletes it."""
        own = {"model_owner": self.account, "model_name": self._model.name}
        public = {"model_owner": MODEL[0], "model_name": MODEL[1]}
        deployment = {"deployment_owner": self.account, "deployment_name": self._deployment}
        match operation:
            case "models.delete":
                return {**own, "model_name": self.model().name}
            case "models.versions.delete":
                return {**own, "version_id": self.version(self._model)}
            case "models.versions.get":
                return {**own, "version_id": self._version}
            case "models.predictions.create" | "models.readme.get":
                return public
            case "trainings.create":
                return {**public, "version_id": VERSION}
            case "deployments.delete":
                return {**deployment, "deployment_name": self.deployment()}
            case "files.delete":
                return {"file_id": self.file()["id"]}
        found = {
            "collections": {"collection_slug": "text-to-video"},
            "deployments": deployment,
            "files": {"file_id": self._file["id"]},
            "models": own,
            "predictions": {"prediction_id": self.prediction},
            "trainings": {"training_id": self.training},
        }
        return found[operation.partition(".")[0]]

    def body(self, operation: str) -> Values:
        """The fields of the body of an operation that name what there is."""
        version = {"version": VERSION}
        fields: Values = {
            "deployments.create": {"name": self.name(), "model": "/".join(MODEL), **version},
            "deployments.update": version,
            "models.create": {"owner": self.account, "name": self.name()},
            "predictions.create": version,
            "trainings.create": {"destination": f"{self.account}/{self._model.name}"},
        }
        found: Values = fields.get(operation, {})
        return found

    def query(self, operation: str) -> Values:
        """The query of an operation that names what there is."""
        if operation != "files.download":
            return {}
        signed = dict(httpx.URL(signed_url(self._api, self._file)).params)
        return {**signed, "expiry": int(signed["expiry"])}


def run(document: Any, examples: int, app: Callable[[Any], Any] = lambda app: app) -> Run:
    """Test a new server against a document.

    Args:
        examples: The number of examples for each operation.
        app: Wraps the server's ASGI app.
    """
    server = MockServer(token=TOKEN)
    authorization = {"Authorization": f"Bearer {TOKEN}"}
    config = schemathesis.Config.from_dict(
        {
            "seed": 20230726,
            "workers": 1,
            "continue-on-failure": True,
            "headers": authorization,
            "generation": {"deterministic": True, "max-examples": examples, "mode": "all"},
            "phases": {name: {"enabled": True} for name in PHASES},
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = app(server.app)
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=authorization) as api:
        _name_objects(schema, Objects(server, api))
        found = Run()
        for event in from_schema(schema).execute():
            found.add(event)
    return found


def _name_objects(schema: Any, objects: Objects) -> None:
    """Have most requests name objects that there are, where they should name one."""
    turns = itertools.count()

    def map_case(context: schemathesis.HookContext, case: Any) -> Any:
        # Links name what there is by themselves.
        if case.meta.phase.name.value != "stateful" and next(turns) % 4:
            operation = case.operation.definition.raw["operationId"]
            _replace(case.path_parameters, objects.path, operation)
            _replace(case.query, objects.query, operation)
            _replace(case.body, objects.body, operation)
        return case

    schema.hook(map_case)


def _replace(values: Any, wanted: Callable[[str], Values], operation: str) -> None:
    """Replace values of the right type only, so that an invalid request stays invalid."""
    if isinstance(values, dict) and values:
        for name, value in wanted(operation).items():
            if type(values.get(name)) is type(value):
                values[name] = value


@pytest.fixture(scope="module")
def found() -> Run:
    """One run over a new server."""
    return run(DOCUMENT, examples=5)


def unexplained(found: Run) -> list[Failure]:
    """The failures that no reason explains."""
    return sorted(failure for failure in found.failures if not any(_explains(one, failure) for one in REASONS))


def _explains(reason: Values, failure: Failure) -> bool:
    operation, check, message = failure
    return (
        any(fnmatchcase(operation, pattern) for pattern in reason["operations"])
        and check == reason["check"]
        and re.search(reason["message"], message) is not None
    )


def test_server__keeps_to_the_document(found: Run) -> None:
    """In all phases, no check fails but for the faults of the document that the list of reasons has."""
    assert unexplained(found) == [] and found.errors == []


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: f"{reason['check']}: {reason['message']}")
def test_reason__is_still_needed(found: Run, reason: Values) -> None:
    """Each reason explains a failure, and each of its patterns names an operation."""
    assert not reason.get("always", True) or [one for one in found.failures if _explains(reason, one)]
    assert all(any(fnmatchcase(name, pattern) for name in OPERATIONS) for pattern in reason["operations"])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation__succeeds(found: Run, operation: str) -> None:
    """Each of the 37 operations was seen to succeed, so that its successes were checked."""
    assert len(OPERATIONS) == 37
    assert [status for status in found.statuses[operation] if 200 <= status < 300]


def _break_down(status: int, body: bytes) -> tuple[int, bytes]:
    return (500 if status == 422 else status), body


def _add_a_status(status: int, body: bytes) -> tuple[int, bytes]:
    return (203 if status == 200 else status), body


def _spoil_urls(status: int, body: bytes) -> tuple[int, bytes]:
    return status, body.replace(b'"https://', b'"no URL: ')


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (_break_down, "not_a_server_error"),
        (_add_a_status, "status_code_conformance"),
        (_spoil_urls, "response_schema_conformance"),
    ],
)
def test_reasons__hide_no_faulty_server(change: Callable[[int, bytes], tuple[int, bytes]], check: str) -> None:
    """A server with a planted fault fails a check that no reason explains."""
    path = "/deployments"
    document = {**DOCUMENT, "paths": {path: DOCUMENT["paths"][path], "/models": DOCUMENT["paths"]["/models"]}}

    found = run(document, examples=2, app=lambda app: _mutant(app, change))

    assert check in {failed for _, failed, _ in unexplained(found)}


def _mutant(app: Any, change: Callable[[int, bytes], tuple[int, bytes]]) -> Any:
    """A server whose responses are changed on the way out."""

    async def mutant(scope: Any, receive: Any, send: Any) -> None:
        sent: list[dict[str, Any]] = []

        async def keep(message: Any) -> None:
            sent.append(dict(message))

        await app(scope, receive, keep if scope["type"] == "http" else send)
        if sent:
            status, body = change(sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]))
            headers = [(name, value) for name, value in sent[0]["headers"] if name.lower() != b"content-length"]
            await send({**sent[0], "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})

    return mutant
