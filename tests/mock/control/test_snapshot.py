"""Snapshots and their restoration, in the same server or in another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from zeroscope_mock import MockServer
from zeroscope_mock.control.snapshot import SnapshotError
from zeroscope_mock.documents.bundled import control_document
from zeroscope_mock.journal import Exchange
from zeroscope_mock.lifecycle.record import Hook, Record
from zeroscope_mock.lifecycle.script import Script
from zeroscope_mock.messages import Head, Request, Stream
from zeroscope_mock.rate_limits import Rate, RateLimits
from zeroscope_mock.registry import Deployment, Model, Version
from zeroscope_mock.store import StoredFile
from zeroscope_mock.webhooks.deliveries import Attempt
from zeroscope_mock.webhooks.events import Cursor

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
SCHEMAS = control_document()["components"]["schemas"]
HOOK = "http://127.0.0.1:9/hook"
MODEL = "anotherjesse/zeroscope-v2-xl"
LISTS = ("/v1/predictions", "/v1/files", "/v1/models", "/v1/trainings", "/v1/deployments")
TINY = {"width": 256, "height": 256, "num_frames": 1, "num_inference_steps": 20}


class Busy:
    """A receiver that returns 503 now and then, depending on the request."""

    def __call__(self, request: httpx.Request) -> int:
        return 503 if sum(request.content) % 3 == 0 else 200


def make(**changes: Any) -> MockServer:
    return MockServer(seed=7, receiver=Busy(), **changes)


def client(server: MockServer, token: str = "a-token-of-a-test") -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=headers)


def create(api: httpx.Client, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return api.post("/predictions", json={"version": VERSION, "input": TINY, **body}, headers=headers)


def before(server: MockServer) -> None:
    """Brings a server into a state with data of every kind."""
    with client(server) as mine:
        own_model(mine)
        train(mine)
        server.clock.advance(12.25)
        server.scripts.add({"run": 50})
        train(mine)
    server.limits.use("live")
    server.faults.storm(0.2)
    server.faults.add(operation="listFiles", status=418, nth=[1, 4])
    server.scripts.add({"run": 30, "logs": ["one", {"at": 25, "text": "two"}]}, times=2)
    server.scripts.add({"reads": 4, "gradual": True, "outputs": 3, "output": ["a", {"b": 1.0}, None]})
    server.scripts.add({"outcome": "failed", "error": "out of luck"}, token="another-token", times=None)
    with client(server) as mine, client(server, "another-token") as others:
        create(mine, webhook=HOOK)
        create(mine, webhook=HOOK, webhook_events_filter=["completed"], headers={"Cancel-After": "5s"})
        create(others, webhook=HOOK, stream=True)
        read = create(mine).json()["urls"]["get"]
        create(mine, headers={"Cancel-After": "9999999999999999h"})
        for _ in range(2):
            mine.get(read)
        mine.post("/files", files={"content": ("a.bin", b"\x00\xff", "video/mp4")}, data={"metadata": '{"take": 2}'})
        others.get("/files")
        server.clock.advance(10)
        mine.post(create(mine).json()["urls"]["cancel"])


def own_model(api: httpx.Client) -> None:
    """Makes a model and a deployment."""
    owner = api.get("/account").json()["username"]
    model = {"owner": owner, "name": "mine", "visibility": "private", "hardware": "cpu"}
    assert api.post("/models", json=model).status_code == 201
    deployment = {"name": "fast", "model": MODEL, "version": VERSION, "hardware": "cpu"}
    instances = {"min_instances": 0, "max_instances": 1}
    assert api.post("/deployments", json={**deployment, **instances}).status_code == 200


def train(api: httpx.Client) -> None:
    """Starts a training, which adds a version to the model."""
    owner = api.get("/account").json()["username"]
    body = {"destination": f"{owner}/mine", "input": {}, "webhook": HOOK}
    assert api.post(f"/models/{MODEL}/versions/{VERSION}/trainings", json=body).status_code == 201


def after(server: MockServer) -> list[Any]:
    """All data that can be read, and the bytes of every response."""
    answers: list[Any] = []

    def keep(method: str, url: str, **content: Any) -> Any:
        try:
            answer = api.request(method, url, **content)
        except httpx.TransportError as error:
            answers.append(repr(error))
            return {}
        answers.append((answer.status_code, sorted(answer.headers.items()), answer.content))
        try:
            return answer.json()
        except ValueError:
            return {}

    body = {"version": VERSION, "input": TINY, "webhook": HOOK}
    for token in ("a-token-of-a-test", "another-token", "a-third-token"):
        with client(server, token) as api:
            for _ in range(3):
                for one in keep("GET", "/predictions").get("results", ()):
                    for url in one["urls"].values():
                        keep("GET", url)
                server.clock.advance(7.5)
                for path in ("/files", "/trainings"):
                    for one in keep("GET", path).get("results", ()):
                        keep("GET", one["urls"]["get"])
                for one in keep("GET", "/deployments").get("results", ()):
                    keep("POST", f"/deployments/{one['owner']}/{one['name']}/predictions", json={"input": TINY})
                owner = keep("GET", "/account").get("username")
                keep("POST", "/models", json={"owner": owner, "name": "m", "visibility": "public", "hardware": "cpu"})
                keep("GET", f"/models/{owner}/mine/versions")
                keep("GET", f"/models/{owner}/mine")
                keep("GET", f"/models/{MODEL}")
                keep("POST", "/predictions", json=body)
                keep("POST", "/predictions", json=body, headers={"Prefer": "wait=1"})
                keep("POST", "/files", files={"content": b"x"}, headers={"Content-Type": FORM})
            keep("GET", "/webhooks/default/secret")
    server.clock.advance(300)
    answers += list(server.deliveries)
    answers += [str(fault) for fault in server.faults]
    return answers


FORM = "multipart/form-data; boundary=b"


@pytest.fixture
def server() -> MockServer:
    server = make()
    before(server)
    return server


def test_restore__continues_identically(server: MockServer) -> None:
    """Requests get the same bytes, webhooks the same attempts, and the history is that of the snapshot."""
    snapshot = server.snapshot()
    answers, journal = after(server), list(server.journal)

    server.restore(snapshot)

    assert server.snapshot() == snapshot
    assert after(server) == answers
    assert list(server.journal) == journal
    # The comparison would be worth nothing if nothing had happened.
    statuses = {answer[0] for answer in answers if isinstance(answer, tuple)}
    assert {200, 201, 202, 503} <= statuses
    assert {attempt.status for attempt in server.deliveries} >= {200, 503}


def test_restore__into_another_server(server: MockServer) -> None:
    """A snapshot that went through a file makes a new server with the same settings an identical server."""
    text = json.dumps(server.snapshot(), allow_nan=False)
    other = make()
    other.restore(json.loads(text))
    assert other.snapshot() == json.loads(text)
    assert after(other) == after(server)
    assert list(other.journal) == list(server.journal)


def test_snapshot__is_independent_of_the_server(server: MockServer) -> None:
    """A change of one does not change the other, either way."""
    snapshot = server.snapshot()
    text = json.dumps(snapshot)
    server.restore(snapshot)
    after(server)
    assert json.dumps(snapshot) == text
    server.restore(snapshot)
    snapshot["predictions"][0]["input"]["width"] = 1
    snapshot["scripts"][0]["script"]["run"] = 1
    assert server.snapshot() == json.loads(text)


def test_snapshot__holds_no_token(server: MockServer) -> None:
    """Only names made from tokens are in it."""
    text = json.dumps(server.snapshot())
    assert "a-token-of-a-test" not in text and "another-token" not in text


def test_numbering__continues_after_all_were_dropped() -> None:
    """A token's next prediction gets a new number even if none of its earlier ones is left."""
    server, other = make(prediction_limit=1), make(prediction_limit=1)
    with client(server) as mine, client(server, "another-token") as others:
        create(mine)
        create(others)
        other.restore(server.snapshot())
        with client(other) as theirs:
            assert create(mine).json() == create(theirs).json()
    assert other.dropped == server.dropped == {**server.dropped, "predictions": 2}


def test_restore__keeps_counts_and_limits() -> None:
    """Dropped data stays counted, files keep their order, and spent credit stays spent."""
    limits = {"storage_limit": 5, "journal_limit": 2}
    server, other = make(**limits), make(**limits)
    with client(server) as api:
        for content in (b"a0", b"b0", b"c0"):
            api.post("/files", files={"content": content})
        create(api, webhook=HOOK)
        server.clock.advance(60)
        names = [one["id"] for one in api.get("/files").json()["results"]]
    server.limits.out_of_credit = True

    other.restore(server.snapshot())

    assert other.snapshot() == server.snapshot()
    assert other.dropped == server.dropped == {"predictions": 0, "files": 1, "exchanges": 3, "deliveries": 4}
    assert other.limits.out_of_credit
    with client(other) as api:
        assert [one["id"] for one in api.get("/files").json()["results"]] == names


def test_restore__into_a_smaller_server(server: MockServer) -> None:
    """Data beyond the limits is dropped and counted, the oldest first, as always."""
    snapshot = server.snapshot()
    small = make(prediction_limit=2, journal_limit=3)
    small.restore(snapshot)
    assert small.dropped["predictions"] == len(snapshot["predictions"]) - 2
    assert small.dropped["exchanges"] == len(snapshot["journal"]) - 3
    with client(small) as api:
        assert api.get("/predictions").status_code in {200, 429, 500, 502, 503, 520}
    assert [one["id"] for one in small.snapshot()["predictions"]] == [one["id"] for one in snapshot["predictions"][-2:]]


def test_restore__of_a_snapshot_without_a_registry(server: MockServer) -> None:
    """A snapshot that is older than models and trainings has none."""
    snapshot = server.snapshot()
    del snapshot["registry"]
    for tenant in snapshot["tenants"]:
        del tenant["trainings"], tenant["models"]
    snapshot["predictions"] = [one for one in snapshot["predictions"] if one.get("kind") != "training"]
    kept = {one["id"] for one in snapshot["predictions"]}
    for kind in ("watches", "retries"):
        waiting = snapshot["webhooks"][kind]
        snapshot["webhooks"][kind] = [one for one in waiting if one["prediction"] in kept]

    server.restore(snapshot)

    restored = server.snapshot()
    empty = {"created": 0, "models": [], "deployments": [], "trainings": [], "loaded": [], "unknown": []}
    assert restored["registry"] == empty
    assert restored["predictions"] == snapshot["predictions"]


def test_functions__are_left_out() -> None:
    """JSON cannot hold them, and the snapshot says so."""
    server = make()
    server.scripts.add(lambda input: {"run": 1})
    server.scripts.add({"run": 2})
    snapshot = server.snapshot()
    assert snapshot["left_out"] == ["scripts that are functions: 1"]
    assert [one["script"] for one in snapshot["scripts"]] == [{"run": 2}]
    server.reset()
    assert server.snapshot()["left_out"] == []


@pytest.mark.parametrize("frozen", [True, False])
def test_clock__shows_the_time_of_the_snapshot(frozen: bool) -> None:
    """The clock also stands still if it stood still then."""
    server = make()
    server.clock.advance(100)
    if frozen:
        server.clock.freeze()
    snapshot, time = server.snapshot(), server.clock.time()
    server.clock.advance(500)
    (server.clock.run if frozen else server.clock.freeze)()

    server.restore(snapshot)

    assert (server.clock.time(), server.clock.frozen) == (time, frozen)


def test_frozen_real_clock__stays_where_it_was() -> None:
    """No time passes while a snapshot with a frozen clock is restored."""
    server = MockServer(clock="real")
    server.clock.freeze()
    taken = server.snapshot()
    other = MockServer(clock="real")
    other.restore(taken)

    assert other.clock.time() == taken["clock"]["time"]


def test_videos__are_those_of_the_snapshot() -> None:
    """A prediction that reuses the id of a discarded one does not get its videos."""
    server, fresh = make(), make()
    snapshot = server.snapshot()

    def video(server: MockServer, prompt: str) -> bytes:
        with client(server) as api:
            made = create(api, input={**TINY, "prompt": prompt}).json()
            server.clock.advance(60)
            return api.get(api.get(made["urls"]["get"]).json()["output"][0]).content

    video(server, "a lighthouse")
    server.restore(snapshot)
    assert video(server, "an owl") == video(fresh, "an owl")


def test_webhooks__pending_are_those_of_the_snapshot(server: MockServer) -> None:
    """A delivery that was scheduled after the snapshot is not sent after a restore."""
    snapshot = make().snapshot()
    server.restore(snapshot)
    server.clock.advance(600)
    assert list(server.deliveries) == []


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("SavedPrediction", Record),
        ("SavedScript", Script),
        ("SavedFile", StoredFile),
        ("SavedModel", Model),
        ("SavedDeployment", Deployment),
        ("Exchange", Exchange),
        ("Attempt", Attempt),
        ("Rate", Rate),
        ("Rates", RateLimits),
    ],
)
def test_schema__agrees_with_the_code(schema: str, kind: Any) -> None:
    """The document names the fields that the code has, in the same order, except what follows from the others."""
    saved = [field.name for field in fields(kind) if (schema, field.name) != ("SavedPrediction", "schema")]
    assert list(SCHEMAS[schema]["properties"]) == saved


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (SCHEMAS["SavedPrediction"]["properties"]["hook"]["anyOf"][0], Hook),
        (SCHEMAS["SavedWebhooks"]["properties"]["watches"]["items"]["properties"]["cursor"], Cursor),
    ],
)
def test_inner_schema__agrees_with_the_code(schema: dict[str, Any], kind: Any) -> None:
    """So do the parts of what it names."""
    assert list(schema["properties"]) == [field.name for field in fields(kind)]


def test_version_schema__agrees_with_the_code() -> None:
    """A version is saved with the values of its file, and without what follows from the model that has it."""
    schema = SCHEMAS["SavedModel"]["properties"]["versions"]["items"]
    saved = [field.name for field in fields(Version) if field.name not in ("file", "guessed")]
    assert list(schema["properties"]) == [*saved, "values"]


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda it: it.pop("files"), ""),
        (lambda it: it.update(more=1), ""),
        (lambda it: it.update(format=2), "format"),
        (lambda it: it.update(seed=8), "seed"),
        (lambda it: it.update(dialect="published"), "dialect"),
        (lambda it: it["clock"].update(time=1e300), "clock.time"),
        (lambda it: it["clock"].update(time=float("nan")), ""),
        (lambda it: it["files"][0].update(content=b"x"), ""),
        (lambda it: it["files"][0].update(content="*"), "files.0.content"),
        (lambda it: it["files"].append(it["files"][0]), "files"),
        (lambda it: it["predictions"][1].update(id="x"), "predictions.1.id"),
        (lambda it: it["predictions"][1].update(it["predictions"][0]), "predictions"),
        (lambda it: it["predictions"][1].update(number=7), "predictions.1.number"),
        (lambda it: it["predictions"][0]["script"].update(rate=0), "predictions.0.script.rate"),
        (lambda it: it["tenants"].pop(0), "predictions.0.number"),
        (lambda it: it["tenants"][0].update(next=99), "predictions.2.number"),
        (lambda it: it["tenants"][0].update(trainings=99), "predictions.0.number"),
        (lambda it: it["tenants"].append(it["tenants"][0]), "tenants"),
        (lambda it: it["registry"]["models"].append(it["registry"]["models"][0]), "registry.models"),
        (lambda it: it["registry"]["models"].clear(), "registry.trainings.0.model"),
        (lambda it: it["registry"]["models"][0]["versions"][0].update(id="x"), "registry.models.0.versions.0.id"),
        (lambda it: it["registry"]["deployments"].append(it["registry"]["deployments"][0]), "registry.deployments"),
        (lambda it: it["registry"]["trainings"][0].update(training="x"), "registry.trainings.0.training"),
        (lambda it: it["faults"][-1].update(status=1000), "status"),
        (lambda it: it["faults"][-1].update(operation="nothing"), "operation"),
        (lambda it: it["faults"][-1].update(counts={"": [1]}), "counts"),
        (lambda it: it["faults"].append(it["faults"][0]), "faults"),
        (lambda it: it["scripts"][0]["script"].update(run=-1), "scripts.0.script.run"),
        (lambda it: it["limits"]["used"][0].update(kind="all"), "limits.used.0.kind"),
        (lambda it: it["webhooks"]["watches"][0].update(prediction="a" * 26), "webhooks.watches.0.prediction"),
        (lambda it: it["journal"][0].update(status="ok"), "journal.0.status"),
        (lambda it: it["deliveries"][0].pop("url"), "deliveries.0"),
    ],
)
def test_invalid_snapshot__changes_nothing(server: MockServer, change: Change, field: str) -> None:
    """The error names what is wrong, and the server keeps its data."""
    snapshot = server.snapshot()
    wrong = json.loads(json.dumps(snapshot))
    change(wrong)

    with pytest.raises(SnapshotError) as caught:
        server.restore(wrong)

    assert any(field in fault.field for fault in caught.value.invalid_fields), caught.value
    assert caught.value.invalid_fields[0].field or not field
    assert server.snapshot() == snapshot


def test_refusal__says_what_to_do() -> None:
    """The error for a snapshot of another server names both settings."""
    with pytest.raises(
        SnapshotError, match="seed: The snapshot is of a server with seed 1, but this one was started with"
    ):
        make().restore(MockServer(seed=1).snapshot())


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {})])
def test_snapshot__is_refused_to_a_single_token(server: MockServer, method: str, body: Any) -> None:
    """It holds the data of all tenants, so a call with a token is refused, and nothing happens."""
    snapshot = server.snapshot()
    with client(server) as api:
        body = body if body is None else make().snapshot()
        response = api.request(method, "http://mock.test/_mock/snapshot", json=body)
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["invalid_fields"]] == ["Authorization"]
    assert server.snapshot() == snapshot


def test_invalid_snapshot__over_http_names_the_field(server: MockServer) -> None:
    """The 422 has the contents of the error in Python, whether the document or the server finds it."""
    snapshot = server.snapshot()
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        for wrong, field in (({**snapshot, "format": 2}, "format"), ({**snapshot, "seed": 8}, "seed")):
            response = control.put("/snapshot", json=wrong)
            assert (response.status_code, response.json()["invalid_fields"][0]["field"]) == (422, field)
    assert server.snapshot() == snapshot


def test_snapshot__may_be_larger_than_other_bodies() -> None:
    """The limit on the API's JSON bodies does not apply to it."""
    server = make(json_limit=1000)
    with client(server) as api, httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        api.post("/files", files={"content": b"x" * 3000})
        snapshot = control.get("/snapshot").json()
        server.reset()
        assert control.put("/snapshot", json=snapshot).status_code == 204
        assert len(api.get("/files").json()["results"]) == 1


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value within a value."""
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place, *(found for key, part in inner for found in places(part, (*place, key)))]


def full() -> dict[str, Any]:
    server = make()
    before(server)
    return server.snapshot()


FULL = full()
SERVER = make()
EMPTY = SERVER.snapshot()
PLACES = [place for place in places(FULL) if place]
LEAVES = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        1,
        -1,
        0.0,
        1.0,
        2.0,
        1e300,
        -1e300,
        1e-300,
        10**30,
        "",
        "x",
        "\ud800",
        [],
        {},
        [1],
        {"x": 1},
    ]
)


@settings(max_examples=300, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PLACES), LEAVES), min_size=1, max_size=3))
@example([(("predictions", 0, "number"), 0.0), (("predictions", 0, "script", "outputs"), 2.0)])
@example([(("predictions", 0, "hook", "url"), "\ud800"), (("predictions", 0, "hook", "origin"), "\ud800")])
@example([(("predictions", 3, "script", "reads"), 2.0)])
def test_any_snapshot__is_refused_or_works(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    """A corrupted snapshot changes nothing, or makes a server that still responds."""
    server, snapshot = SERVER, json.loads(json.dumps(FULL))
    server.restore(EMPTY)
    for place, value in changes:
        inside = snapshot
        # An earlier change may have replaced what is on the way.
        with suppress(LookupError, TypeError):
            for key in place[:-1]:
                inside = inside[key]
            inside[place[-1]] = value
    try:
        server.restore(snapshot)
    except SnapshotError:
        assert server.snapshot() == EMPTY
        return
    server.faults.clear()
    server.limits.use(None)
    server.clock.advance(1)
    for token in ("a-token-of-a-test", "another-token"):
        headers = (("authorization", f"Bearer {token}"),)
        for path in (*LISTS, "/_mock", "/_mock/snapshot", "/_mock/journal"):
            assert server.core.handle(Request(Head("GET", path, headers=headers))).status in {200, 422}
        for record in list(server.core.state.store.predictions()):
            assert (
                server.core.handle(Request(Head("GET", f"/v1/predictions/{record.id}", headers=headers))).status < 500
            )
            stream = server.core.handle(Request(Head("GET", f"/streams/{record.id}")))
            assert stream.status < 500
            if isinstance(stream.body, Stream):
                next(stream.body.pieces())
    server.clock.advance(100)
    server.restore(server.snapshot())
