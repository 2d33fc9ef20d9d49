"""State files: what a server has shown is there after a restart."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import anyio.lowlevel
import httpx
import pytest

from helpers.client import Harness
from helpers.state_files import PARTS, database_of, killed
from zeroscope_mock import MockServer, RealClock, StateFileError, VirtualClock
from zeroscope_mock.persistence.database import Database

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
MODEL = "anotherjesse/zeroscope-v2-xl"
HOOK = "http://127.0.0.1:9/hook"
TOKEN = "a-token-of-a-test"
ECHO = {
    "components": {
        "schemas": {
            "Input": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            "Output": {"type": "string"},
        }
    }
}
SHOUT = {**ECHO, "info": {"title": "another"}}


class Restarts:
    """A server with a state file, and the servers that start from what a kill leaves of it."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.path = folder / "state"
        self._options: dict[str, Any] = {"seed": 7, "receiver": lambda request: 503, **options}
        self._servers: list[MockServer] = []
        self._clients: list[httpx.Client] = []
        self.server = self.start()
        self.api = self.client()
        self.others = self.client(token="another-token")

    def start(self, path: Path | None = None, **changes: Any) -> MockServer:
        options: dict[str, Any] = {"state": path or self.path, **self._options, **changes}
        server = MockServer(**options)
        self._servers.append(server)
        return server

    def client(self, server: MockServer | None = None, token: str = TOKEN) -> httpx.Client:
        transport = (server or self.server).transport
        client = httpx.Client(
            transport=transport,
            base_url="http://mock.test/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=None,
        )
        self._clients.append(client)
        return client

    def kill(self, **changes: Any) -> MockServer:
        """The server that starts from what is on disk now."""
        copy = self.path.with_name(f"copy-{len(self._servers)}")
        return self.start(killed(self.path, copy), **changes)

    def create(self, **fields: Any) -> dict[str, Any]:
        headers = fields.pop("headers", None)
        response = self.api.post("/predictions", json={"version": VERSION, "input": {}, **fields}, headers=headers)
        assert response.status_code in {201, 202}, response.text
        body: dict[str, Any] = response.json()
        return body

    def control(self, method: str, path: str, **content: Any) -> httpx.Response:
        with httpx.Client(transport=self.server.transport, base_url="http://127.0.0.1/_mock") as client:
            return client.request(method, path, **content)

    def close(self) -> None:
        for client in self._clients:
            client.close()
        for server in self._servers:
            # Some could not write their file.
            with suppress(StateFileError):
                server.close()


@pytest.fixture
def restarts(tmp_path: Path) -> Iterator[Restarts]:
    restarts = Restarts(tmp_path)
    yield restarts
    restarts.close()


def create_and_cancel(it: Restarts) -> None:
    it.api.post(it.create()["urls"]["cancel"])
    it.create()


def move_on_by_reads(it: Restarts) -> None:
    it.server.scripts.add({"reads": 4})
    url = it.create()["urls"]["get"]
    for _ in range(3):
        it.api.get(url)


def hold_a_create(it: Restarts) -> None:
    assert it.create(headers={"Prefer": "wait=60"})["status"] in {"processing", "succeeded", "failed"}


def upload_and_delete(it: Restarts) -> None:
    ids = [
        it.api.post("/files", files={"content": ("a.bin", part, "video/mp4")}).json()["id"]
        for part in (b"\0\xff", b"b", b"c")
    ]
    it.api.delete(f"/files/{ids[1]}")


def change_models(it: Restarts) -> None:
    owner = it.api.get("/account").json()["username"]
    model = {"owner": owner, "name": "mine", "visibility": "private", "hardware": "cpu"}
    assert it.api.post("/models", json=model).status_code == 201
    assert it.api.post("/models", json={**model, "name": "other"}).status_code == 201
    assert it.api.patch(f"/models/{owner}/mine", json={"description": "changed"}).status_code == 200
    assert it.api.delete(f"/models/{owner}/other").status_code == 204
    deployment = {"name": "fast", "model": MODEL, "version": VERSION, "hardware": "cpu"}
    assert it.api.post("/deployments", json={**deployment, "min_instances": 0, "max_instances": 1}).status_code == 200
    assert it.api.patch(f"/deployments/{owner}/fast", json={"max_instances": 3}).status_code == 200


def train(it: Restarts) -> None:
    owner = it.api.get("/account").json()["username"]
    it.api.post("/models", json={"owner": owner, "name": "mine", "visibility": "private", "hardware": "cpu"})
    body = {"destination": f"{owner}/mine", "input": {}, "webhook": HOOK}
    for seconds in (0, 20_000):
        path = f"/models/{MODEL}/versions/{VERSION}/trainings"
        assert it.api.post(path, json=body).status_code == 201
        it.server.clock.advance(seconds)
    it.api.get(f"/models/{owner}/mine/versions")


def add_models(it: Restarts) -> None:
    for name in ("acme/echo", "acme/gone"):
        assert it.control("POST", "/models", json={"model": name, "version": ECHO}).status_code == 201
    assert it.control("POST", "/models", json={"model": "acme/echo", "version": SHOUT}).status_code == 201
    assert it.control("DELETE", "/models/acme/gone").status_code == 204
    assert it.api.post("/models/acme/echo/predictions", json={"input": {"text": "a"}}).status_code == 201


def name_unknown_models(it: Restarts) -> None:
    for name in ("a/b", "a/c"):
        it.api.post(f"/models/{name}/predictions", json={"input": {}})
    it.api.get("/models/a/d")


def hit_faults(it: Restarts) -> None:
    it.control("POST", "/faults", json={"operation": "listPredictions", "status": 503, "times": 2, "per": "resource"})
    it.control("POST", "/faults", json={"operation": "listFiles", "status": 418})
    it.control("DELETE", "/faults/f2")
    it.control("POST", "/recipes/storm", json={"share": 0.1})
    assert [it.api.get("/predictions").status_code for _ in range(2)] == [503, 503]


def cut_connections(it: Restarts) -> None:
    it.server.faults.lost_create()
    with pytest.raises(httpx.ReadError):
        it.create()


def use_scripts(it: Restarts) -> None:
    for number in range(3):
        it.control("POST", "/scripts", json={"script": {"run": number + 1}, "times": 2})
    it.control("POST", "/scripts", json={"script": {"model": "acme/*", "run": 9}, "times": None})
    for _ in range(3):
        it.create()


def use_limits(it: Restarts) -> None:
    it.control("PUT", "/limits", json={"rates": "low-credit", "out_of_credit": False})
    it.create()
    assert it.api.post("/predictions", json={"version": VERSION, "input": {}}).status_code == 429
    it.others.get("/predictions")


def send_webhooks(it: Restarts) -> None:
    it.create(webhook=HOOK)
    it.create(webhook=HOOK, webhook_events_filter=["completed"])
    it.control("POST", "/clock/advance", json={"seconds": 15})
    id = it.server.deliveries[0].id
    assert it.control("POST", f"/deliveries/{id}/redeliver").status_code == 200


def move_the_clock(it: Restarts) -> None:
    it.control("POST", "/clock/advance", json={"seconds": 1234.5})
    it.control("POST", "/clock/freeze")


def clear_the_journal(it: Restarts) -> None:
    it.api.get("/predictions")
    it.others.get("/predictions")
    it.control("DELETE", "/journal", headers={"Authorization": "Bearer another-token"})
    it.api.get("/files")


def reset_one_token(it: Restarts) -> None:
    send_webhooks(it)
    it.others.post("/predictions", json={"version": VERSION, "input": {}, "webhook": HOOK})
    it.others.post("/files", files={"content": b"x"})
    # The numbers of exchanges go on after this one, although it is removed.
    it.api.get("/files")
    assert it.control("POST", "/reset", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 204


def reset_all(it: Restarts) -> None:
    send_webhooks(it)
    upload_and_delete(it)
    it.control("POST", "/reset")
    it.create()


def restore_a_snapshot(it: Restarts) -> None:
    for _ in range(3):
        it.create(webhook=HOOK)
    snapshot = it.control("GET", "/snapshot").json()
    it.control("POST", "/reset")
    it.others.post("/predictions", json={"version": VERSION, "input": {}})
    assert it.control("PUT", "/snapshot", json=snapshot).status_code == 204


def drop_the_oldest(it: Restarts) -> None:
    for number in range(6):
        it.create(webhook=HOOK)
        it.api.post("/files", files={"content": bytes([number]) * 40})
        it.server.clock.advance(20)
    it.api.get("/predictions")


CASES: list[Callable[[Restarts], None]] = [
    create_and_cancel,
    move_on_by_reads,
    hold_a_create,
    upload_and_delete,
    change_models,
    train,
    add_models,
    name_unknown_models,
    hit_faults,
    cut_connections,
    use_scripts,
    use_limits,
    send_webhooks,
    move_the_clock,
    clear_the_journal,
    reset_one_token,
    reset_all,
    restore_a_snapshot,
    drop_the_oldest,
]


@pytest.mark.parametrize("ended", ["killed", "closed"])
@pytest.mark.parametrize("act", CASES, ids=lambda act: act.__name__)
def test_restart__has_what_was_answered(tmp_path: Path, act: Callable[[Restarts], None], ended: str) -> None:
    """The snapshot after a restart is that of before, and the next restart has what came in between."""
    limits = {"prediction_limit": 4, "storage_limit": 100, "journal_limit": 20} if act is drop_the_oldest else {}
    it = Restarts(tmp_path, any_model=act is name_unknown_models, **limits)
    try:
        act(it)
        before = it.server.snapshot()
        if ended == "killed":
            again = it.kill()
        else:
            it.server.close()
            again = it.start()
        assert again.snapshot() == before

        with it.client(again) as api:
            api.post("/predictions", json={"version": VERSION, "input": {}})
        before = again.snapshot()
        again.close()
        path = it.path if ended == "closed" else it.path.with_name("copy-1")
        assert it.start(path).snapshot() == before
    finally:
        it.close()


def test_restart__continues_identically(restarts: Restarts) -> None:
    """Predictions go on as they would have without the restart, byte for byte."""
    restarts.server.faults.add(operation="getPrediction", status=503, times=2)
    restarts.server.scripts.add({"run": 30}, times=2)
    url = restarts.create(webhook=HOOK)["urls"]["get"]
    again = restarts.kill()
    answers: list[list[Any]] = []
    for server in (restarts.server, again):
        api = restarts.client(server)
        seen: list[Any] = []
        for _ in range(4):
            server.clock.advance(15)
            response = api.get(url)
            seen.append((response.status_code, response.content))
        seen.append(api.post("/predictions", json={"version": VERSION, "input": {}}).content)
        answers.append([*seen, list(server.deliveries)])
    assert answers[0] == answers[1]


def test_held_create__is_on_disk_before_its_response(tmp_path: Path) -> None:
    """A kill while a create is held loses neither the prediction nor the script that it used."""
    it = Restarts(tmp_path, receiver=None)
    it.server.scripts.add({"run": 50})
    seen: list[Any] = []

    async def main() -> None:
        transport = httpx.ASGITransport(it.server.app)
        headers = {"Authorization": f"Bearer {TOKEN}"}
        it.server.clock.freeze()
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test/v1", headers=headers) as api:
            body = {"version": VERSION, "input": {}}
            held = asyncio.create_task(api.post("/predictions", json=body, headers={"Prefer": "wait"}))
            while not list(it.server.core.state.store.predictions()):
                await anyio.lowlevel.checkpoint()
            again = it.kill()
            seen.extend(again.snapshot()["predictions"])
            assert not again.scripts
            held.cancel()

    asyncio.run(main())
    assert [one["script"]["run_seconds"] for one in seen] == [50]
    it.close()


def test_stream__saves_the_time_that_an_event_shows(tmp_path: Path, harness: Harness) -> None:
    """A stream moves a virtual clock, which goes on from what a client has seen of the stream."""
    it = Restarts(tmp_path)
    it.server.scripts.add({"run": 50, "logs": ["one", {"at": 40, "text": "two"}]})
    url = it.create(stream=True)["urls"]["stream"]
    times: list[tuple[float, float]] = []

    def look() -> None:
        now = it.server.clock.time()
        times.append((now, it.kill().clock.time()))

    def read() -> None:
        with it.api.stream("GET", url) as response:
            for line in response.iter_lines():
                if line.startswith("event:"):
                    look()

    async def read_async() -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        client = httpx.AsyncClient(transport=it.server.transport, headers=headers, timeout=None)
        async with client as api, api.stream("GET", url) as response:
            async for line in response.aiter_lines():
                if line.startswith("event:"):
                    look()

    harness.do(read if harness.kind == "sync" else read_async)
    assert len(times) > 2 and times[-1][0] > times[0][0]
    assert [after for _, after in times] == [before for before, _ in times]
    it.close()


def test_webhook__is_sent_again_with_the_same_id(tmp_path: Path) -> None:
    """A kill between the receiver's look at a webhook and the server's record of it repeats that webhook."""
    copies: list[Path] = []
    ids: list[list[str]] = [[], []]

    def receive(request: httpx.Request) -> int:
        copies.append(killed(it.path, tmp_path / f"seen-{len(copies)}"))
        ids[0].append(request.headers["webhook-id"])
        return 503 if len(ids[0]) == 2 else 200

    def receive_again(request: httpx.Request) -> int:
        ids[1].append(request.headers["webhook-id"])
        return 200

    it = Restarts(tmp_path, receiver=receive)
    it.create(webhook=HOOK, webhook_events_filter=["start", "completed"])
    it.server.clock.advance(60)
    it.server.redeliver(ids[0][0])
    assert len(ids[0]) == 4 and ids[0][1] == ids[0][2] and ids[0][3] == ids[0][0]

    for number, copy in enumerate(copies):
        ids[1].clear()
        again = it.start(copy, receiver=receive_again)
        assert again.clock.time() > it.server.clock.time() - 60
        again.clock.advance(60)
        # The last one was asked for after the others.
        wanted = ids[0][number:3] or ids[0][3:]
        assert list(dict.fromkeys(ids[1])) == list(dict.fromkeys(wanted)), number
    it.close()


def test_webhook__that_is_being_sent_while_its_prediction_changes(tmp_path: Path) -> None:
    """What is saved in between still has the event that no receiver has confirmed."""
    ids: list[str] = []

    def receive(request: httpx.Request) -> None:
        ids.append(request.headers["webhook-id"])
        if len(ids) == 1:
            it.api.post(url)
            killed(it.path, tmp_path / "copy")

    it = Restarts(tmp_path, receiver=receive)
    url = it.create(webhook=HOOK, webhook_events_filter=["start", "completed"])["urls"]["cancel"]
    it.server.clock.advance(60)
    sent = ids[:]
    ids.append("restart")
    it.start(tmp_path / "copy").clock.advance(60)
    assert len(sent) == 2 and ids == [*sent, "restart", *sent]
    it.close()


def test_webhook__that_was_sent_is_not_sent_again(tmp_path: Path) -> None:
    """An attempt is on disk once it has ended, although no request follows."""
    it = Restarts(tmp_path, receiver=lambda request: 503)
    it.create(webhook=HOOK, webhook_events_filter=["start", "completed"])
    it.server.clock.advance(13)
    before = list(it.server.deliveries)
    assert len(before) > 2
    assert list(it.kill().deliveries) == before
    it.close()


def test_webhook__is_sent_again_without_a_request(tmp_path: Path) -> None:
    """On a real clock, what was being sent when the server was killed is sent as soon as another one starts."""
    sending, received = Event(), Event()

    def receive(request: httpx.Request) -> None:
        killed(it.path, tmp_path / "copy")
        sending.set()

    it = Restarts(tmp_path, clock="real", receiver=receive)
    it.create(webhook=HOOK, webhook_events_filter=["completed"])
    it.server.clock.advance(600)
    assert sending.wait(20)
    it.start(tmp_path / "copy", clock="real", receiver=lambda request: received.set())
    assert received.wait(20)
    it.close()


class MachineTime:
    """The machine's clocks, which a test moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def clock(self) -> RealClock:
        return RealClock(monotonic=lambda: self.now, time_of_day=lambda: self.now)


@pytest.mark.parametrize(
    ("act", "passed", "moved"),
    [
        (lambda clock: None, 100, 100),
        (lambda clock: clock.advance(50), 100, 150),
        (lambda clock: clock.freeze(), 100, 0),
        (lambda clock: (clock.freeze(), clock.advance(30)), 100, 30),
        # The machine's clock was set back, but what was shown stays.
        (lambda clock: None, -3600, 0),
    ],
)
def test_restart__on_a_real_clock(
    tmp_path: Path, act: Callable[[RealClock], object], passed: float, moved: float
) -> None:
    """A clock that ran has run on with the machine's, and a frozen one has not."""
    machine = MachineTime()
    it = Restarts(tmp_path, clock=machine.clock())
    clock = it.server.clock
    assert isinstance(clock, RealClock)
    act(clock)
    it.create()
    before = it.server.clock
    start = before.time()
    machine.now += passed
    copy = killed(it.path, tmp_path / "copy")
    again = it.start(copy, clock=machine.clock())
    shown = 1_800_000_000.0 + (moved if passed > 0 or moved else 0)
    assert again.clock.time() == pytest.approx(shown, abs=0.001)
    assert again.clock.time() >= start - 0.001
    assert again.clock.frozen == before.frozen
    it.close()


def test_file__is_private_and_alone_after_the_close(restarts: Restarts) -> None:
    """Only its owner can read it and its log, and a close leaves nothing beside it."""
    restarts.create()
    for part in PARTS:
        assert stat.S_IMODE(os.stat(f"{restarts.path}{part}").st_mode) == 0o600
    restarts.server.close()
    assert [path.name for path in restarts.path.parent.iterdir()] == [restarts.path.name]


def test_file__holds_no_token(tmp_path: Path) -> None:
    """Neither the clients' tokens nor that of the option are in the file."""
    it = Restarts(tmp_path, token=TOKEN)
    it.server.faults.add(operation="listFiles", status=418, token=TOKEN)
    it.server.scripts.add({"run": 3}, token=TOKEN, times=5)
    it.create(input={"prompt": f"my token is {TOKEN}"}, webhook=HOOK)
    it.api.get("/files")
    it.others.get("/files")
    written = b"".join(Path(f"{it.path}{part}").read_bytes() for part in PARTS)
    # The input of a prediction is the client's own text.
    shown = written.replace(f"my token is {TOKEN}".encode(), b"")
    assert TOKEN.encode() not in shown and b"another-token" not in shown
    assert f"my token is {TOKEN}".encode() in written
    it.close()


def test_script_function__is_left_out(restarts: Restarts) -> None:
    """Functions cannot be saved, as in snapshots; the scripts beside them are."""
    restarts.server.scripts.add(lambda input: {"run": 1})
    restarts.server.scripts.add({"run": 2})
    restarts.create()
    restarts.server.scripts.add(lambda input: {"run": 1})
    restarts.api.get("/predictions")
    assert [one["script"] for one in restarts.kill().snapshot()["scripts"]] == [{"run": 2}]


def test_file__does_not_grow_without_end(tmp_path: Path) -> None:
    """What the limits drop leaves the file, whose log is emptied again and again."""
    it = Restarts(tmp_path, prediction_limit=20, journal_limit=20, storage_limit=10_000)
    sizes: list[int] = []
    for number in range(1200):
        url = it.create(webhook=HOOK)["urls"]["get"]
        it.api.get(url)
        it.server.clock.advance(1)
        if number % 5 == 0:
            it.api.post("/files", files={"content": b"x" * 2000})
        if number % 200 == 199:
            sizes.append(sum(os.path.getsize(f"{it.path}{part}") for part in PARTS))
    assert max(sizes) < 4_000_000
    assert sizes[-1] < 1.3 * sizes[1]
    it.close()


def test_journal__is_cut_in_the_file_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long bodies whose memory is freed leave the file, too."""
    monkeypatch.setattr("zeroscope_mock.journal.journal.BODIES_LIMIT", 300_000)
    it = Restarts(tmp_path)
    for number in range(20):
        it.create(input={"prompt": str(number) * 50_000})
    assert it.kill().snapshot()["journal"] == it.server.snapshot()["journal"]
    assert sum(len(one.request_body) > 50_000 for one in it.server.journal) < 10
    database = Database(killed(it.path, tmp_path / "copy"))
    assert sum(len(value) for kind, _, value in database.read() if kind == "exchange") < 500_000
    database.close()
    it.close()


def test_journal__is_cut_in_the_file_after_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of exchanges are found again although the latest exchange was removed before the restart."""
    monkeypatch.setattr("zeroscope_mock.journal.journal.BODIES_LIMIT", 300_000)
    it = Restarts(tmp_path)
    body = {"version": VERSION, "input": {"prompt": "x" * 50_000}}
    it.others.post("/predictions", json=body)
    it.api.get("/files")
    it.server.reset(TOKEN)
    it.server.close()
    again = it.start()
    with it.client(again) as api:
        for _ in range(10):
            api.post("/predictions", json=body)
    journal = again.snapshot()["journal"]
    assert len(journal[0]["request_body"]) < 50_000 < len(journal[-1]["request_body"])
    again.close()
    assert it.start().snapshot()["journal"] == journal
    it.close()


def test_read__writes_nothing_but_its_exchange(restarts: Restarts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read writes its exchange and what it used, and a control call that changes nothing writes nothing."""
    url = restarts.create()["urls"]["get"]
    written: list[set[str]] = []
    database = database_of(restarts.server)
    write = database.write

    def record(rows: Any, *, anew: bool = False) -> None:
        written.append({kind for kind, _ in rows})
        write(rows, anew=anew)

    monkeypatch.setattr(database, "write", record)
    restarts.api.get(url)
    restarts.control("GET", "/clock")
    restarts.control("GET", "/journal")
    assert written == [{"exchange", "used", "section"}]


class TestFailure:
    """A file that cannot be written."""

    @pytest.fixture
    def full(self, restarts: Restarts) -> Restarts:
        """A server whose disk is full."""
        restarts.create()
        connection = database_of(restarts.server)._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return restarts

    def test_requests__are_answered_with_500(self, full: Restarts, caplog: pytest.LogCaptureFixture) -> None:
        """No success is claimed that is not on disk, and the log says so once."""
        body = {"version": VERSION, "input": {"prompt": "long" * 5000}}
        with caplog.at_level(logging.WARNING, "zeroscope_mock"):
            refused = [full.api.post("/predictions", json=body) for _ in range(3)]
        assert [response.status_code for response in refused] == [500] * 3
        assert "could not be written: database or disk is full" in refused[0].json()["detail"]
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        assert full.control("POST", "/faults", json={"status": 503}).status_code == 500

    def test_requests__succeed_once_there_is_space(self, full: Restarts, caplog: pytest.LogCaptureFixture) -> None:
        """All that could not be written before is written then."""
        assert full.api.post("/files", files={"content": b"x" * 100_000}).status_code == 500
        assert len(full.kill().snapshot()["files"]) == 0
        database_of(full.server)._connection.execute("PRAGMA max_page_count = 1000000")
        with caplog.at_level(logging.WARNING, "zeroscope_mock"):
            assert full.api.get("/predictions").status_code == 200
        assert "is written again" in caplog.text
        assert full.kill().snapshot() == full.server.snapshot()

    @pytest.mark.parametrize(
        ("input", "status"), [({"prompt": "long" * 5000}, 201), ({"prompt": "long" * 5000, "width": 1}, 422)]
    )
    def test_journal__has_what_was_sent(self, full: Restarts, input: dict[str, Any], status: int) -> None:
        """An exchange has the 500 that the client got, and why; it is in the file once that can be written."""
        sent = full.api.post("/predictions", json={"version": VERSION, "input": input})
        assert sent.status_code == 500
        exchange = full.server.journal[-1]
        assert (exchange.operation, exchange.status, exchange.response_json) == ("createPrediction", 500, sent.json())
        assert exchange.input == input and dict(exchange.response_headers)["content-type"] == "application/problem+json"
        assert "carried the request out, but the state file" in (exchange.reason or "")
        assert exchange.note is not None
        assert exchange.note.startswith(f"the response with status {status} was not sent, because the state file")

        database_of(full.server)._connection.execute("PRAGMA max_page_count = 1000000")
        full.api.get("/predictions")
        assert full.kill().snapshot()["journal"] == full.server.snapshot()["journal"]

    def test_control__shows_what_happened(self, full: Restarts) -> None:
        """Control calls that read, and the page, are answered; those that change something are not."""
        full.api.post("/predictions", json={"version": VERSION, "input": {"prompt": "long" * 5000}})
        assert full.control("GET", "/exchanges").json()["exchanges"][-1]["status"] == 500
        assert full.control("GET", "/snapshot").json() == full.server.snapshot()
        assert full.control("GET", "/ui/").status_code == 200
        assert full.control("POST", "/clock/freeze").status_code == 500

    def test_close__says_what_is_lost(self, full: Restarts) -> None:
        """A server that ends without having saved everything says so, and releases the file."""
        full.api.post("/predictions", json={"version": VERSION, "input": {"prompt": "long" * 5000}})
        with pytest.raises(StateFileError, match=r"disk is full; what has changed since .* is lost"):
            full.server.close()
        full.start().close()

    def test_webhook__is_not_sent(self, full: Restarts) -> None:
        """A receiver sees nothing that a restart would undo; the webhook is sent again later."""
        full.api.post("/files", files={"content": b"x" * 100_000})
        full.server.scripts.add({"run": 1})
        full.api.post("/predictions", json={"version": VERSION, "input": {}, "webhook": HOOK})
        full.server.clock.advance(40)
        (attempt, *_) = full.server.deliveries
        assert attempt.status is None and "could not be written" in (attempt.reason or "")

    def test_stream__is_cut(self, restarts: Restarts) -> None:
        """A stream ends early instead of showing a time that is not on disk."""
        url = restarts.create(stream=True)["urls"]["stream"]
        database = database_of(restarts.server)
        with restarts.api.stream("GET", url) as response:
            lines = response.iter_lines()
            next(lines)
            database._connection.execute("PRAGMA query_only = ON")
            with pytest.raises(httpx.ReadError):
                list(lines)
            database._connection.execute("PRAGMA query_only = OFF")

    def test_close__is_final(self, restarts: Restarts) -> None:
        """A closed server answers no more, and can be closed again."""
        restarts.server.close()
        restarts.server.close()
        assert "is closed" in restarts.api.get("/predictions").json()["detail"]


def test_forked_process__writes_nothing(restarts: Restarts) -> None:
    """A fork does not touch the file of its parent, which goes on."""
    restarts.create()
    database = database_of(restarts.server)
    references = sys.getrefcount(database)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        # A connection that is freed at the end of this process would empty the parent's log.
        kept = sys.getrefcount(database) > references
        status = restarts.api.get("/predictions").status_code
        os.write(write, f"{status} {kept}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 10) == b"500 True"
    os.close(read)
    os.close(write)
    restarts.create()
    assert restarts.kill().snapshot() == restarts.server.snapshot()


class TestOptions:
    """A restart with other options."""

    @pytest.mark.parametrize(
        ("before", "after", "message"),
        [
            ({"seed": 1}, {"seed": 2}, "is of a server with seed 1, but this one was started with seed 2; pass seed 1"),
            ({"dialect": "published"}, {}, "is of a server with dialect published, .* pass dialect published"),
        ],
    )
    def test_option__that_must_be_the_same(
        self, tmp_path: Path, before: dict[str, Any], after: dict[str, Any], message: str
    ) -> None:
        """The error names the file and the option, in one sentence, and nothing is changed."""
        MockServer(state=tmp_path / "state", **before).close()
        content = (tmp_path / "state").read_bytes()
        with pytest.raises(StateFileError, match=message) as raised:
            MockServer(state=tmp_path / "state", **after)
        assert str(tmp_path / "state") in str(raised.value) and "\n" not in str(raised.value)
        assert (tmp_path / "state").read_bytes() == content

    def test_spec__must_be_the_same_unless_it_may_change(self, tmp_path: Path, document: dict[str, Any]) -> None:
        """With `reload` the document may have changed while no server ran."""
        path, file = tmp_path / "state", tmp_path / "spec.json"
        MockServer(state=path, spec=document).close()
        document["info"]["title"] = "Another"
        with pytest.raises(StateFileError, match="is of a server with another spec"):
            MockServer(state=path, spec=document)
        with pytest.raises(StateFileError, match="is of a server with another spec"):
            MockServer(state=path)
        import json

        file.write_text(json.dumps(document))
        MockServer(state=path, spec=file, reload=True).close()
        MockServer(state=path, spec=document).close()

    @pytest.mark.parametrize(
        ("option", "set_since", "value"),
        [
            ("speed", lambda server: setattr(server, "speed", 3), lambda server: server.speed),
            ("rate_limits", lambda server: server.limits.use("live"), lambda server: server.limits.rates),
        ],
    )
    def test_setting__is_kept_unless_the_option_changes(
        self, tmp_path: Path, option: str, set_since: Callable[[MockServer], object], value: Callable[[MockServer], Any]
    ) -> None:
        """What was set since the start holds after a restart with the same options, and a new option wins."""
        options: dict[str, Any] = {"speed": 2} if option == "speed" else {}
        with MockServer(state=tmp_path / "state", **options) as server:
            set_since(server)
            kept = value(server)
        with MockServer(state=tmp_path / "state", **options) as server:
            assert value(server) == kept
        new: dict[str, Any] = {"speed": 5} if option == "speed" else {"rate_limits": "low-credit"}
        with MockServer(state=tmp_path / "state", **new) as server:
            assert value(server) == value(MockServer(**new))

    def test_models__of_the_options_win(self, tmp_path: Path) -> None:
        """Versions of the options are added to those of the file, or replace those of the same id."""
        version = {"id": "1" * 64, "created_at": "2026-01-01T00:00:00Z", "openapi_schema": ECHO}
        with MockServer(state=tmp_path / "state", models={"acme/echo": version}) as server:
            server.models.add("acme/more", ECHO)
        changed = {**version, "openapi_schema": SHOUT}
        options: list[dict[str, Any]] = [{"acme/echo": changed}, {"acme/echo": changed, "acme/new": ECHO}]
        for models in options:
            with MockServer(state=tmp_path / "state", models=models) as server:
                assert {"acme/echo", "acme/more"} <= set(server.models)
                files = dict(server.core.state.registry.loaded.files())
                assert files["acme/echo"].values["openapi_schema"] == SHOUT
        with MockServer(state=tmp_path / "state") as server:
            assert list(server.models) == ["acme/echo", "acme/more", "acme/new"]

    def test_clock__may_be_of_another_kind(self, tmp_path: Path) -> None:
        """A clock of the other kind goes on from the last moment."""
        path = tmp_path / "state"
        with MockServer(state=path, clock=VirtualClock(5e8)) as server:
            server.clock.advance(10)
        with MockServer(state=path, clock="real") as server:
            assert 5e8 + 10 <= server.clock.time() < 5e8 + 600
            server.clock.freeze()
            shown = server.clock.time()
        with MockServer(state=path) as server:
            assert server.clock.time() == shown and server.clock.frozen

    def test_option__is_left_out(self, tmp_path: Path) -> None:
        """Without the option, nothing is saved and SQLite is not imported."""
        import subprocess
        import sys

        code = "import sys; from zeroscope_mock import MockServer; MockServer(); print('sqlite3' in sys.modules)"
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert found.stdout == "False\n"
