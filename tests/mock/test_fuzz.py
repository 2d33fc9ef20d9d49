"""Ten thousand random requests, most of them invalid."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.documents.bundled import control_document
from zeroscope_mock.documents.spec import Spec
from zeroscope_mock.messages import Head, Request, Response, Stream

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
REQUESTS = 10_000
MOST_PIECES = 2000

BODIES: dict[str, Any] = {
    "createPrediction": {"version": VERSION, "input": {"num_frames": 1, "width": 256, "height": 256}, "stream": True},
    "createModelPrediction": {"input": {"num_frames": 1}, "webhook": "https://h.test/hook"},
    "addFault": {"operation": "getPrediction", "status": 503, "times": 1},
    "addScripts": {"run": 1, "logs": ["a", {"at": 0.5, "text": "b"}], "outcome": "failed"},
    "advanceClock": {"seconds": 1.5},
    "replaceLimits": {"rates": "live"},
}
"""Bodies to spoil: the kind that is accepted."""

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    2**70,
    1e308,
    0.5,
    "",
    "\x00",
    "\ud800",
    "é" * 300,
    [],
    [[]],
    {},
    {"": {}},
    "mock:fail x",
]
HEADERS = {
    "authorization": ["Bearer me", "Bearer you", "Bearer ", "Basic me", ""],
    "content-type": ["application/json", "multipart/form-data; boundary=b", "multipart/form-data", "text/html", ""],
    "prefer": ["wait", "wait=1", "wait=1", "wait=0", "wait=1e9", "x"],
    "cancel-after": ["5", "1h", "0s", "9" * 50, "s"],
    "range": ["bytes=0-3", "bytes=-1", "bytes=9-2", "bytes=-", "x", "bytes=0-1,2-3", "bytes=" + "9" * 30 + "-"],
    "if-none-match": ["*", '"x"'],
    "last-event-id": ["2-0", "x", "9" * 400],
    "host": ["h.test", "", "h:1:2", "\ud800"],
}


class Fuzzer:
    """Makes random requests: for the server's own routes, more or less corrupted, and for unknown ones."""

    def __init__(self, server: MockServer, seed: int) -> None:
        self._random = random.Random(seed)
        self._ids = ["x", "..", "%2e%2e", "%00", "a" * 300]
        control = Spec(control_document())
        self._routes = [
            (f"{prefix}{route.path}", method, operation.id)
            for spec in (server.core.state.spec, control)
            for prefix in spec.prefixes
            for route in spec.routes
            for method, operation in route.operations.items()
            # On a frozen clock a request that is held waits for another thread to move the clock.
            if operation.id != "freezeClock"
            # Creates are more frequent, so that there is something to read.
            for _ in range(12 if operation.id in BODIES else 1)
        ]

    def request(self) -> Request:
        """The next request."""
        rng = self._random
        path, method, operation = rng.choice(self._routes)
        if rng.random() < 0.1:
            method = rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "BREW", "", "\ud800"])
        if rng.random() < 0.1:
            path = rng.choice([path + "/", path[1:], path.replace("/", "//"), path + "%", "/" + "x" * 3000, "\ud800"])
        parts = [self._part(part) if part.startswith("{") else part for part in path.split("/")]
        query = rng.choice(
            ["", "", "", "cursor=x", "cursor=YmVmb3JlOjU=", "limit=-1", "%ff=%00", "&&=&", "a=" + "b" * 999]
        )
        headers = {"authorization": "Bearer me"} if rng.random() < 0.8 else {}
        for name, values in HEADERS.items():
            if rng.random() < 0.15:
                headers[name] = rng.choice(values)
        return Request(Head(method, "/".join(parts), query, tuple(headers.items())), self._body(operation))

    def learn(self, answer: Any) -> None:
        """Remembers an id, so that later requests use it."""
        if isinstance(answer, dict) and isinstance(answer.get("id"), str):
            self._ids = [*self._ids[-40:], answer["id"]]

    def _part(self, name: str) -> str:
        if self._random.random() < 0.3:
            return self._random.choice(
                ["anotherjesse", "zeroscope-v2-xl", VERSION, "output-0.mp4", "output-9999999.mp4", "storm"]
            )
        return self._random.choice(self._ids)

    def _body(self, operation: str) -> bytes:
        rng = self._random
        body = BODIES.get(operation)
        choice = rng.random()
        if body is None or choice < 0.05:
            return rng.choice([b"", b"{", b"null", b"[" * 5000, b"\xff", b'{"a": NaN}', b"1e999", rng.randbytes(40)])
        if choice < 0.5:
            body = self._corrupted(body)
        return json.dumps(body).encode("utf-8", "surrogatepass")

    def _corrupted(self, value: Any) -> Any:
        """A value with one thing in it changed, added or left out."""
        rng = self._random
        if isinstance(value, dict) and value and rng.random() < 0.8:
            name = rng.choice(list(value))
            kind = rng.random()
            if kind < 0.2:
                return {key: part for key, part in value.items() if key != name}
            if kind < 0.4:
                return {**value, rng.choice(["", "seed", "prompt", "x", "times"]): rng.choice(ODD)}
            return {**value, name: self._corrupted(value[name])}
        return rng.choice(ODD)


def content(response: Response) -> Iterator[bytes]:
    """The bytes of a response, as far as a client would read."""
    if not isinstance(response.body, Stream):
        yield response.body
        return
    for number, piece in enumerate(response.body.pieces()):
        if number >= MOST_PIECES:
            return
        yield piece if isinstance(piece, bytes) else b""


@pytest.mark.parametrize("dialect", ["live", "published"])
def test_ten_thousand_requests__get_responses(dialect: Any) -> None:
    """None ends in an exception or a 5xx, whatever the requests before it, and all JSON can be parsed."""
    server = MockServer(dialect=dialect, seed=3, prediction_limit=200, storage_limit=10_000)
    fuzzer = Fuzzer(server, seed=3)
    seen: Counter[int] = Counter()
    for _ in range(REQUESTS // 2):
        request = fuzzer.request()
        # A request may add a fault, whose 5xx would not be the server's own.
        server.faults.clear()
        response = server.core.handle(request)
        sent = b"".join(content(response))
        seen[response.status] += 1
        assert response.status < 500, (request.head.method, request.head.target, request.body, response)
        if "json" in (response.header("content-type") or ""):
            fuzzer.learn(json.loads(sent))

    expected = {200, 201, 204, 400, 401, 404, 405, 415, 422, *({202} if dialect == "live" else ())}
    assert expected <= seen.keys(), seen
    assert seen.total() == REQUESTS // 2
