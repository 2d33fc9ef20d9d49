"""Servers: the mock server, Prism and a bare application."""

from __future__ import annotations

import json
import time
from pathlib import Path

from ..benchmark import Context
from ..environments import ROOT
from ..errors import BenchmarkError
from ..processes import Server
from ..workers.canned import INPUT, PREDICTIONS, VERSION

CREATE = {"version": VERSION, "input": INPUT}
"""The body of a create."""


def ours(context: Context, *options: str) -> Server:
    """Start the mock server by its command."""
    command: list[str | Path] = [context.environments.python("mock").parent / "zeroscope", "mock", *options]
    return Server(lambda port: [*command, "--port", str(port)], PREDICTIONS)


def prism(context: Context) -> Server:
    """Start Prism by its command."""
    command = [*context.environments.prism, "mock", str(ROOT / "openapi.yaml")]
    return Server(lambda port: [*command, "--port", str(port)], PREDICTIONS)


def bare(context: Context, responses: Path) -> Server:
    """Start uvicorn with an application that only returns recorded responses."""
    command: list[str | Path] = [context.environments.python("uvicorn"), "-m", "benchmarks.workers.bare"]
    return Server(lambda port: [*command, str(port), str(responses)], PREDICTIONS)


def ended_prediction(server: Server) -> str:
    """Create a prediction that succeeds at once, and return its path."""
    server.call("POST", "/_mock/scripts", {"script": {"progression": "once"}})
    path = f"{PREDICTIONS}/{json.loads(server.call('POST', PREDICTIONS, CREATE)[1])['id']}"
    for _ in range(100):
        if json.loads(server.call("GET", path)[1])["status"] == "succeeded":
            return path
        time.sleep(0.05)
    raise BenchmarkError("a prediction that should end at once has not ended after 5 s")


def record_responses(server: Server, path: str, file: Path) -> Path:
    """Write the responses of the mock server to a get and a create into a file for `bare`."""
    responses = {}
    for method, where, body, status in (("GET", path, None, 200), ("POST", PREDICTIONS, CREATE, 201)):
        headers, content = server.call(method, where, body)
        # Every server adds these two headers.
        kept = [(name.lower(), value) for name, value in headers if name.lower() not in {"date", "server"}]
        responses[method] = {"status": status, "headers": kept, "body": content.decode()}
    file.write_text(json.dumps(responses), encoding="utf-8")
    return file
