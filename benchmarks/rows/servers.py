"""The servers that the rows of the mock server start."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ..benchmark import Bench
from ..environments import ROOT
from ..errors import BenchmarkError
from ..processes import Server
from ..workers.canned import INPUT, PREDICTIONS, VERSION

CREATE = {"version": VERSION, "input": INPUT}
"""The body of a create."""


def ours(bench: Bench, *options: str) -> Server:
    """The mock server, as its command starts it."""
    command: list[str | Path] = [bench.places.python("mock").parent / "zeroscope", "mock", *options]
    return Server(lambda port: [*command, "--port", str(port)], PREDICTIONS)


def prism(bench: Bench) -> Server:
    """Prism, as its command starts it."""
    command = [*bench.places.prism, "mock", str(ROOT / "openapi.yaml")]
    return Server(lambda port: [*command, "--port", str(port)], PREDICTIONS)


def bare(bench: Bench, answers: Path) -> Server:
    """A uvicorn with an application that does nothing but answer the given bytes."""
    command: list[str | Path] = [bench.places.python("mock"), "-m", "benchmarks.workers.bare"]
    return Server(lambda port: [*command, str(port), str(answers)], PREDICTIONS)


def ended_prediction(server: Server) -> str:
    """The path of a prediction that has succeeded by now."""
    server.call("POST", "/_mock/scripts", {"script": {"progression": "once"}})
    path = f"{PREDICTIONS}/{json.loads(server.call('POST', PREDICTIONS, CREATE)[1])['id']}"
    for _ in range(100):
        if json.loads(server.call("GET", path)[1])["status"] == "succeeded":
            return path
        time.sleep(0.05)
    raise BenchmarkError("a prediction that should have ended at once has not ended after 5 s")


def answers_of(server: Server, path: str, file: Path) -> Path:
    """Writes what the mock server answers to a get and to a create into a file for `bare`."""
    answers = {}
    for method, where, body, status in (("GET", path, None, 200), ("POST", PREDICTIONS, CREATE, 201)):
        headers, content = server.call(method, where, body)
        # Every server adds these two by itself.
        kept = [(name.lower(), value) for name, value in headers if name.lower() not in {"date", "server"}]
        answers[method] = {"status": status, "headers": kept, "body": content.decode()}
    file.write_text(json.dumps(answers), encoding="utf-8")
    return file
