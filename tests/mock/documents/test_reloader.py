"""A server that follows the file of its document while it is edited."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from zeroscope._service import spec as _spec
from zeroscope_mock import MockServer
from zeroscope_mock.documents.reloader import SpecReloader
from zeroscope_mock.documents.spec import Spec

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}


class Edited:
    """A file with a document, whose changes all differ in their time of modification."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._time = 1_000_000_000
        self.write(width=None)

    def write(self, text: str | None = None, *, width: int | None) -> None:
        """Write a text, or the project's document with another least width."""
        document: Any = copy.deepcopy(_spec.spec())
        if width is not None:
            document["components"]["schemas"]["PredictionInput"]["properties"]["width"]["minimum"] = width
        self.path.write_text(json.dumps(document) if text is None else text)
        self._time += 1
        os.utime(self.path, (self._time, self._time))


@pytest.fixture
def edited(tmp_path: Path) -> Edited:
    return Edited(tmp_path / "openapi.json")


@pytest.fixture
def server(edited: Edited) -> MockServer:
    return MockServer(spec=edited.path, reload=True)


@pytest.fixture
def messages(server: MockServer) -> list[str]:
    """The messages about the file."""
    sentences: list[str] = []
    assert server.core.state.reloader is not None
    server.core.state.reloader.notify = sentences.append
    return sentences


def create(api: httpx.Client, width: int) -> int:
    """The status of a creation with a width."""
    return api.post("/predictions", json={"version": VERSION, "input": {"width": width}}).status_code


def test_a_change__is_in_force_with_the_next_request(
    edited: Edited, server: MockServer, messages: list[str], api: httpx.Client
) -> None:
    """Bounds follow the file, and earlier predictions are still there."""
    assert create(api, 300) == 201

    edited.write(width=400)

    assert create(api, 300) == 422
    assert create(api, 400) == 201
    assert len(api.get("/predictions").json()["results"]) == 2
    assert messages == [f"{edited.path} has changed and is in use now"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "is not JSON"),
        ('{"openapi": "3.1.0"}', "the document has no 'paths'"),
        ('{"paths": {"/x": {"get": {}}}}', "paths./x.get has no 'operationId'"),
        ('{"paths": {"/x": {"post": {"operationId": "createPrediction"}}}}', "must have a requestBody"),
    ],
)
def test_a_bad_change__is_reported_once_and_not_used(
    edited: Edited, server: MockServer, messages: list[str], api: httpx.Client, text: str, reason: str
) -> None:
    """The last good document stays in use, until the file is good again."""
    edited.write(text, width=None)

    assert [create(api, 300), create(api, 300)] == [201, 201]
    assert len(messages) == 1 and "the last good one stays in use: " in messages[0] and reason in messages[0]
    assert reason in (server.core.state.spec_error or "")

    edited.write(width=400)

    assert create(api, 300) == 422
    assert server.core.state.spec_error is None


def test_any_error__counts_as_a_bad_change(edited: Edited) -> None:
    """The last good document serves the request, and the error does not reach the client."""
    sentences: list[str] = []

    def load() -> Spec:
        raise StopIteration("at the end")

    reload = SpecReloader(edited.path, load, lambda _: None)
    reload.notify = sentences.append
    edited.write(width=400)

    reload.reload_if_changed()
    reload.reload_if_changed()

    assert reload.error == "StopIteration('at the end')"
    assert len(sentences) == 1 and sentences[0].endswith("the last good one stays in use: StopIteration('at the end')")


def test_a_request_during_a_change__waits_for_it(edited: Edited) -> None:
    """No request that arrives after the change uses the old document."""
    used: list[Spec] = []
    found: list[int] = []

    def look() -> None:
        reload.reload_if_changed()
        found.append(len(used))

    def load() -> Spec:
        other.start()
        # This times out: the other one continues once what is loaded here is in use.
        other.join(0.05)
        return Spec({"paths": {}})

    other = threading.Thread(target=look)
    reload = SpecReloader(edited.path, load, used.append)
    reload.notify = lambda _: None
    edited.write(width=400)

    reload.reload_if_changed()
    other.join(5)

    assert found == [1]


def test_a_file_that_vanishes__is_reported(
    edited: Edited, server: MockServer, messages: list[str], api: httpx.Client
) -> None:
    """Editors that replace a file remove it for a moment."""
    edited.path.unlink()
    assert create(api, 300) == 201
    assert "cannot be read" in messages[0]

    edited.write(width=400)

    assert create(api, 300) == 422
    assert len(messages) == 2


def test_a_file__is_not_followed_by_default(edited: Edited) -> None:
    """Only `reload` follows it."""
    server = MockServer(spec=edited.path)
    edited.write(width=400)

    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=AUTH) as api:
        assert create(api, 300) == 201


def test_a_document_without_a_file__cannot_be_followed() -> None:
    """The error says what is missing."""
    with pytest.raises(ValueError, match="name its file: spec=PATH"):
        MockServer(reload=True)


def test_the_command__reports_changes_of_the_file(edited: Edited) -> None:
    """`zeroscope mock --reload` reports a change on stderr without waiting for a request."""
    program = "import sys; from zeroscope.cli import main; sys.exit(main())"
    options = ["mock", "--port", "0", "--spec", str(edited.path), "--reload"]
    command = [sys.executable, "-W", "error", "-c", program, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        try:
            assert process.stdout.readline().startswith("listening on ")
            edited.write("{", width=None)
            bad = process.stderr.readline()
            edited.write(width=400)
            good = process.stderr.readline()
        finally:
            process.terminate()
        code = process.wait(5)

    assert bad.startswith(f"zeroscope: {edited.path} cannot be used, the last good one stays in use: ")
    assert good == f"zeroscope: {edited.path} has changed and is in use now\n"
    assert code == 0


def test_faults__may_name_the_operations_of_the_new_document(
    edited: Edited, server: MockServer, api: httpx.Client
) -> None:
    """An operation that was renamed is known by its new name."""
    document = _spec.spec() | {"paths": {"/runs": {"get": {"operationId": "listRuns"}}}}
    edited.write(json.dumps(document), width=None)
    assert api.get("/runs").status_code == 501

    server.faults.add(operation="listRuns", status=503)

    assert api.get("/runs").status_code == 503
