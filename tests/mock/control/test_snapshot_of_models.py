"""Models that a server was given or guesses, in snapshots."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.control.snapshot import SnapshotError

SCHEMA: dict[str, Any] = {
    "components": {
        "schemas": {
            "Input": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            "Output": {"type": "array", "items": {"type": "string", "format": "uri"}},
        }
    }
}
VERSION = {"id": "a" * 64, "created_at": "2024-05-06T07:08:09.25Z", "cog_version": "0.9.4", "openapi_schema": SCHEMA}
OFFICIAL = {**VERSION, "id": "hidden", "more": [1.0, "ü", None]}
GUESSED = "c" * 64


def client(server: MockServer) -> httpx.Client:
    headers = {"Authorization": "Bearer a-token-of-a-test"}
    return httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=headers)


def before() -> dict[str, Any]:
    """The snapshot of a server with models of each kind."""
    models: Any = {"meta/llama": VERSION, "meta/official": OFFICIAL}
    with MockServer(seed=7, any_model=True, models=models) as server, client(server) as api:
        owner = api.get("/account").json()["username"]
        body = {"owner": owner, "name": "mine", "visibility": "private", "hardware": "cpu"}
        assert api.post("/models", json=body).status_code == 201
        path, training = f"/models/meta/llama/versions/{VERSION['id']}/trainings", {"destination": f"{owner}/mine"}
        for _ in range(2):
            assert api.post(path, json={**training, "input": {}}).status_code == 201
            server.clock.advance(40)
        for reference in ("meta/llama", "meta/official", "acme/unknown", f"acme/other:{GUESSED}", "d" * 64):
            created = api.post("/predictions", json={"version": reference, "input": {"text": "x"}})
            assert created.status_code == 201
        server.clock.advance(5)
        return server.snapshot()


def after(server: MockServer) -> list[Any]:
    """What the server returns from then on."""
    answers: list[Any] = []
    with client(server) as api:

        def keep(response: httpx.Response) -> Any:
            answers.append((response.status_code, response.text if response.text.isascii() else len(response.content)))
            return response.json() if "json" in response.headers["content-type"] else None

        for path in ("/models", "/trainings", "/models/meta/llama", "/models/meta/official/versions/hidden"):
            keep(api.get(path))
        server.clock.advance(600)
        keep(httpx.Client(transport=server.transport).get("http://mock.test/_mock/models"))
        owner = api.get("/account").json()["username"]
        for one in keep(api.get(f"/models/{owner}/mine/versions"))["results"]:
            keep(api.post("/predictions", json={"version": one["id"], "input": {}}))
        for one in keep(api.get("/predictions"))["results"]:
            for url in one.get("output") or ():
                keep(api.get(url))
        for reference in (VERSION["id"], "meta/official", "meta/new", GUESSED, "d" * 64):
            keep(api.post("/predictions", json={"version": reference, "input": {"text": 7}}))
            keep(api.post("/predictions", json={"version": reference, "input": {"text": "x"}}))
    # As JSON has them.
    values: list[Any] = json.loads(json.dumps(answers))
    return values


def test_models__survive_a_restore_in_another_process(tmp_path: Path) -> None:
    """Loaded ones, versions trained from them and guessed ones are as they were, and so are predictions of them."""
    snapshot = before()
    with MockServer(seed=7, any_model=True, models={"acme/not-there": VERSION}) as here:
        here.restore(snapshot)
        assert here.snapshot() == snapshot
        expected = after(here)
    (tmp_path / "snapshot.json").write_text(json.dumps(snapshot))
    code = (
        "import json, sys; sys.path[:0] = sys.argv[1:]; import test_snapshot_of_models as test;"
        "server = test.MockServer(seed=7, any_model=True);"
        "server.restore(json.load(open('snapshot.json'))); print(json.dumps(test.after(server)))"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert json.loads(result.stdout) == expected
    assert sum(status == 422 for status, _ in expected) == 4
    assert sum(status == 201 for status, _ in expected) == 8


def test_guessed_models__in_a_server_that_guesses_none() -> None:
    """Predictions stay and can be read, but no more are created."""
    with MockServer(seed=7) as server, client(server) as api:
        server.restore(before())
        server.clock.advance(600)
        predictions = api.get("/predictions").json()["results"]
        assert {one["status"] for one in predictions} == {"succeeded"}
        assert {"acme/unknown", "acme/other", "unknown/unknown"} < {one["model"] for one in predictions}
        assert all(api.get(url).status_code == 200 for one in predictions for url in one["output"])
        assert api.post("/predictions", json={"version": "acme/unknown", "input": {}}).status_code == 422


def test_guessed_models__are_forgotten_by_a_reset() -> None:
    """A version then is of no model that was named before."""
    with MockServer(any_model=True) as server, client(server) as api:
        for expected in ("acme/x", "unknown/unknown"):
            if expected == "acme/x":
                api.post("/predictions", json={"version": f"acme/x:{GUESSED}", "input": {}})
            assert api.post("/predictions", json={"version": GUESSED, "input": {}}).json()["model"] == expected
            server.reset()


def test_snapshot__that_is_older_than_loaded_models() -> None:
    """The server keeps those that it was given."""
    snapshot = before()
    del snapshot["registry"]["loaded"], snapshot["registry"]["unknown"]
    with MockServer(seed=7, models={"acme/kept": VERSION}) as server:
        server.restore(snapshot)
        assert list(server.models) == ["acme/kept"]


Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def snapshot() -> str:
    return json.dumps(before()["registry"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda it: it["loaded"][0].update(model="llama"), "registry.loaded.0.model"),
        (lambda it: it["loaded"][0].update(model="../x"), "registry.loaded.0.values"),
        (lambda it: it["loaded"][0].update(values=[]), "registry.loaded.0.values"),
        (lambda it: it["loaded"][0].update(values={}), "registry.loaded.0.values"),
        (lambda it: it["loaded"][1]["values"].update(openapi_schema=7), "registry.loaded.1.values"),
        (lambda it: it["loaded"][1]["values"].update(id=["x"]), "registry.loaded.1.values"),
        (lambda it: it["loaded"].append(it["loaded"][0]), "registry.loaded.2.values"),
        (lambda it: it["models"][0]["versions"][0].update(values={}), "registry.models.0.versions.0.values"),
        (lambda it: it["models"][0]["versions"][0].update(values=7), "registry.models.0.versions.0.values"),
        (lambda it: it["models"][0]["versions"][0]["values"].update(id="x"), "registry.models.0.versions.0.values.id"),
        (lambda it: it["unknown"][0].pop("version"), "registry.unknown.0"),
    ],
)
def test_hostile_models__are_refused(snapshot: str, change: Change, field: str) -> None:
    """The error names the field, and the server keeps what it has."""
    with MockServer(models={"acme/kept": VERSION}) as server:
        wrong = server.snapshot()
        wrong["registry"] = {**json.loads(snapshot), "trainings": []}
        server.restore(json.loads(json.dumps(wrong)))
        kept = server.snapshot()
        change(wrong["registry"])

        with pytest.raises(SnapshotError) as caught:
            server.restore(wrong)

        assert [one.field for one in caught.value.invalid_fields] == [field]
        assert server.snapshot() == kept
