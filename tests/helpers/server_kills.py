"""Kills of a server with a state file under load, and checks of what is left."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any

import httpx

from helpers.command import mock_process

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
CLIENTS = 4
"""The number of clients that send requests at the same time."""
MOST_ANSWERS = 120
"""The most answers that all clients get before a kill."""
LONGEST = 0.004
"""The longest time from the last of these answers to the kill, in seconds, which is a few requests."""
PATIENCE = 60.0
"""How long the last webhooks may take, in seconds, which only those that are never sent do."""
OPTIONS = ("--journal-limit", "100000", "--seed", "18")

_ENDED = ("succeeded", "failed", "canceled", "aborted")
_ORDER = {"starting": 0, "processing": 1, **dict.fromkeys(_ENDED, 2)}


class Receiver:
    """A receiver of webhooks, which refuses every third one.

    Attributes:
        url: Where it listens.
        seen: The ids, the events' predictions and the bodies that arrived.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    # The server was killed while it sent this.
                    return
                seen.append((self.headers["webhook-id"], json.loads(body)))
                self.send_response(503 if len(seen) % 3 == 0 else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Client:
    """A client with a token of its own, and all that it was answered.

    Args:
        index: Its number.
        hook: Where its webhooks go.
        random: Decides what it does.

    Attributes:
        answers: How many answers it got.
    """

    def __init__(self, index: int, hook: str, random: Random) -> None:
        self._token = f"token-of-client-{index}"
        self._hook = hook
        self._random = random
        self._predictions: dict[str, dict[str, Any]] = {}
        self._files: dict[str, str] = {}
        self._deleted: set[str] = set()
        self._faults: dict[str, dict[str, Any]] = {}
        self._deliveries: set[tuple[str, int, float]] = set()
        self._exchanges = Counter[tuple[str, str, int]]()
        self._last_exchanges = 0
        self._scripts = 0
        self._time = 0.0
        self._uncertain: set[str] = set()
        self.answers = 0

    def work(self, url: str, answered: Callable[[], object]) -> None:
        """Send requests until the server is gone; `answered` is called after each response."""
        with self._connect(url) as http:
            try:
                while True:
                    self._random.choice(self._actions)(self, http)
                    answered()
            except httpx.TransportError:
                pass

    def check(self, url: str) -> None:
        """Fail unless the server at a URL has all that was answered."""
        with self._connect(url) as http:
            self._check_journal(http)
            clock = http.get("/_mock/clock").json()
            assert clock["time"] >= self._time, "the clock went back"
            for id, known in self._predictions.items():
                self._check_prediction(http, id, known)
            for id, digest in self._files.items():
                response = self._get(http, f"/v1/files/{id}")
                if id in self._uncertain and response.status_code == 404:
                    self._deleted.add(id)
                else:
                    assert response.status_code == 200, f"file {id} is lost"
                    assert response.json()["checksums"]["sha256"] == digest
            for id in self._deleted:
                self._files.pop(id, None)
                assert self._get(http, f"/v1/files/{id}").status_code == 404, f"file {id} is back"
            for id, known in self._faults.items():
                now = http.get(f"/_mock/faults/{id}").json()
                assert now["settings"] == known["settings"] and now["seen"] >= known["seen"], f"fault {id} is lost"
            attempts = http.get("/_mock/deliveries").json()["attempts"]
            kept = {(one["id"], one["number"], one["time"]) for one in attempts}
            assert self._deliveries <= kept, "attempts are lost"
            scripts = sum(one["times"] for one in http.get("/_mock/scripts").json()["scripts"])
            assert self._scripts - 1 <= scripts <= self._scripts + 1, "scripts are lost, or back"
            self._scripts = scripts
            self._uncertain.clear()

    @property
    def predictions(self) -> dict[str, dict[str, Any]]:
        """The predictions as the client last saw them, by id."""
        return self._predictions

    @contextmanager
    def _connect(self, url: str) -> Iterator[httpx.Client]:
        # A name of its own, since the port changes.
        headers = {"Authorization": f"Bearer {self._token}", "Host": "localhost"}
        with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
            yield http

    def _send(self, http: httpx.Client, method: str, path: str, **content: Any) -> httpx.Response:
        response = http.request(method, path, **content)
        self.answers += 1
        if not path.startswith("/_mock"):
            self._exchanges[method, path, response.status_code] += 1
        return response

    def _get(self, http: httpx.Client, path: str) -> httpx.Response:
        """Read something, again if a fault hides it."""
        while (response := self._send(http, "GET", path)).status_code == 503:
            pass
        return response

    def _create(self, http: httpx.Client) -> None:
        body: dict[str, Any] = {"version": VERSION, "input": {"prompt": str(self._random.random())}}
        if self._random.random() < 0.5:
            body |= {"webhook": self._hook, "webhook_events_filter": ["start", "completed"]}
        held = {"Prefer": "wait=1"} if self._random.random() < 0.3 else {}
        response = self._send(http, "POST", "/v1/predictions", json=body, headers=held)
        assert response.status_code in {201, 202}, response.text
        self._scripts -= self._scripts > 0
        self._keep(response.json())

    def _keep(self, prediction: dict[str, Any]) -> None:
        # A create that waited shows less than a read.
        self._predictions[prediction["id"]] = prediction

    def _read(self, http: httpx.Client) -> None:
        if self._predictions:
            id = self._random.choice(list(self._predictions))
            response = self._send(http, "GET", f"/v1/predictions/{id}")
            if response.status_code != 503:
                self._keep(response.json())

    def _cancel(self, http: httpx.Client) -> None:
        if self._predictions:
            id = self._random.choice(list(self._predictions)[-5:])
            self._keep(self._send(http, "POST", f"/v1/predictions/{id}/cancel").json())

    def _upload(self, http: httpx.Client) -> None:
        content = self._random.randbytes(self._random.randrange(1, 30_000))
        response = self._send(http, "POST", "/v1/files", files={"content": ("a.bin", content)})
        self._files[response.json()["id"]] = hashlib.sha256(content).hexdigest()

    def _delete(self, http: httpx.Client) -> None:
        if self._files:
            id = self._random.choice(list(self._files))
            self._uncertain.add(id)
            assert self._send(http, "DELETE", f"/v1/files/{id}").status_code == 204
            del self._files[id]
            self._deleted.add(id)

    def _advance(self, http: httpx.Client) -> None:
        seconds = self._random.uniform(0, 8)
        self._time = self._send(http, "POST", "/_mock/clock/advance", json={"seconds": seconds}).json()["time"]

    def _add_fault(self, http: httpx.Client) -> None:
        if len(self._faults) < 5:
            settings = {"operation": ["getPrediction", "getFile"], "status": 503, "nth": [self._random.randrange(1, 9)]}
            fault = self._send(http, "POST", "/_mock/faults", json=settings).json()
            self._faults[fault["id"]] = fault
        elif self._faults:
            id = self._random.choice(list(self._faults))
            self._faults[id] = self._send(http, "GET", f"/_mock/faults/{id}").json()

    def _add_script(self, http: httpx.Client) -> None:
        script = {"startup": 1, "run": self._random.uniform(1, 20)}
        self._send(http, "POST", "/_mock/scripts", json={"script": script, "times": 1})
        self._scripts += 1

    def _look_at_deliveries(self, http: httpx.Client) -> None:
        for one in self._send(http, "GET", "/_mock/deliveries").json()["attempts"]:
            self._deliveries.add((one["id"], one["number"], one["time"]))

    _actions = (
        *(_create,) * 4,
        *(_read,) * 6,
        *(_cancel, _upload, _upload, _delete, _advance, _add_fault, _add_script, _look_at_deliveries),
    )

    def _check_prediction(self, http: httpx.Client, id: str, known: dict[str, Any]) -> None:
        response = self._get(http, f"/v1/predictions/{id}")
        assert response.status_code == 200, f"prediction {id} is lost"
        now = response.json()
        for name in ("input", "created_at", "webhook", "version", "urls"):
            assert now.get(name) == known.get(name), (id, name)
        assert _ORDER[now["status"]] >= _ORDER[known["status"]], f"prediction {id} went back"
        assert now["logs"].startswith(known["logs"])
        for name in ("started_at", "completed_at"):
            assert known.get(name) in (None, now.get(name)), (id, name)
        if known["status"] in _ENDED:
            assert {**now, "metrics": None} == {**known, "metrics": None, "output": now["output"]}
            assert known["output"] in (None, now["output"])
        self._keep(now)

    def _check_journal(self, http: httpx.Client) -> None:
        exchanges = http.get("/_mock/journal").json()["exchanges"]
        found = Counter((one["method"], one["path"], one["status"]) for one in exchanges)
        assert self._exchanges <= found, f"exchanges are lost: {self._exchanges - found}"
        numbers = [one["number"] for one in exchanges]
        assert numbers == sorted(set(numbers)) and len(exchanges) >= self._last_exchanges
        self._last_exchanges = len(exchanges)


def kill_servers(path: Path, kills: int, seed: int, *options: str) -> dict[str, int]:
    """Kill servers that use one state file, one after another, check each restart, and count what was done.

    Args:
        path: The state file.
        kills: How many servers are killed.
        seed: Decides what the clients do, and when.
        options: Further options of `zeroscope mock`.
    """
    random = Random(seed)
    receiver = Receiver()
    clients = [Client(index, receiver.url, Random(f"{seed} {index}")) for index in range(CLIENTS)]
    try:
        for _ in range(kills):
            with mock_process("--state", str(path), *OPTIONS, *options) as process:
                url = _url(process.stdout.readline() if process.stdout else "")
                _check(url, receiver, clients)
                enough = threading.Semaphore(0)
                threads = [threading.Thread(target=client.work, args=(url, enough.release)) for client in clients]
                for thread in threads:
                    thread.start()
                for _ in range(random.randrange(1, MOST_ANSWERS)):
                    enough.acquire()
                killer = threading.Timer(random.uniform(0, LONGEST), process.kill)
                killer.start()
                for thread in threads:
                    thread.join()
                killer.join()
        with mock_process("--state", str(path), *OPTIONS, *options) as process:
            url = _url(process.stdout.readline() if process.stdout else "")
            _check(url, receiver, clients)
            _check_all_sent(url, receiver, clients)
    finally:
        receiver.close()
    return {
        "answers": sum(client.answers for client in clients),
        "predictions": sum(len(client.predictions) for client in clients),
        "webhooks": len(receiver.seen),
    }


def _url(line: str) -> str:
    assert line.startswith("listening on "), line
    return line.removeprefix("listening on ").strip()


def _check(url: str, receiver: Receiver, clients: list[Client]) -> None:
    """Fail unless the server has all that clients and the receiver were shown before."""
    # More may arrive during the checks, about predictions that end after their client has read them.
    seen = list(receiver.seen)
    for client in clients:
        client.check(url)
    _check_webhooks(url, seen, clients)


def _check_webhooks(url: str, seen: list[tuple[str, dict[str, Any]]], clients: list[Client]) -> None:
    """Fail unless each prediction of a webhook is there, with all that the webhook showed."""
    with httpx.Client(base_url=url, timeout=30) as http:
        predictions = {one["id"]: one for one in http.get("/_mock/snapshot").json()["predictions"]}
    known = {id: one for client in clients for id, one in client.predictions.items()}
    for _, shown in seen:
        assert shown["id"] in predictions, "a webhook showed a prediction that is lost"
        now = known.get(shown["id"])
        if now is not None and shown["status"] in _ENDED:
            assert now["status"] == shown["status"] and now["completed_at"] == shown["completed_at"]


def _check_all_sent(url: str, receiver: Receiver, clients: list[Client]) -> None:
    """Fail unless the end of each prediction with a webhook is sent, at least once and with one id."""
    hooked = {id for client in clients for id, one in client.predictions.items() if one.get("webhook")}
    ids: dict[str, set[str]] = {}
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(base_url=url, timeout=60) as http:
        http.put("/_mock/limits", json={"rates": None})
        http.delete("/_mock/faults")
        waiting: dict[str, list[Any]] = {}
        # A moved real clock does not wait for the receiver, which a busy machine may keep from answering.
        while (hooked - ids.keys() or any(waiting.values())) and time.monotonic() < deadline:
            http.post("/_mock/clock/advance", json={"seconds": 10})
            waiting = http.get("/_mock/snapshot").json()["webhooks"]
            for id, shown in list(receiver.seen):
                if shown["status"] in _ENDED:
                    ids.setdefault(shown["id"], set()).add(id)
    for id in hooked:
        assert len(ids.get(id, ())) == 1, f"the end of {id} was sent as {ids.get(id)}"
