"""Servers that the scoreboard runs the suite against, each with how it starts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from zeroscope_conformance import Document, Receiver
from zeroscope_conformance.embedded import mock_server

from ..environments import Environments
from ..errors import BenchmarkError
from ..machine import node_version
from ..processes import TOKEN, Server

PATIENCE = 5.0
"""The longest wait for a prediction of a server that keeps none, in seconds."""

_TOKEN_VARIABLE = "REPLICATE_API_TOKEN"


@dataclass
class Run:
    """A server that runs.

    Args:
        arguments: The arguments of `run_suite`.
        check: Raises a `BenchmarkError` if the server has ended by itself.
    """

    arguments: Mapping[str, Any]
    check: Callable[[], object] = lambda: None


@dataclass(frozen=True)
class Candidate:
    """A server to run the suite against.

    Args:
        name: Its name on the page.
        version: Its version; empty if it is not known.
        start: Starts it, or says in a `BenchmarkError` why it cannot run.
    """

    name: str
    version: str
    start: Callable[[], AbstractContextManager[Run]]


def candidates(environments: Environments, folder: Path) -> list[Candidate]:
    """Return the servers that need no URL, in the order of the page.

    Args:
        environments: The environments of the peers.
        folder: A folder for the document that they read.
    """
    mock = partial(Candidate, version=f"zeroscope {version('zeroscope')}")
    return [
        mock("the mock server, live", start=lambda: _mock("live")),
        mock("the mock server, published", start=lambda: _mock("published")),
        Candidate("Prism", node_version("prism"), lambda: _prism(environments, folder)),
        Candidate("Mockoon", node_version("mockoon"), lambda: _mockoon(environments)),
    ]


def candidate_at(url: str) -> Candidate:
    """Return a server with a URL, for which the token is in REPLICATE_API_TOKEN.

    Raises:
        BenchmarkError: If it is the service itself, which bills every prediction, or if there is no token.
    """
    hosts = {urlsplit(server["url"]).hostname for server in Document.load().raw["servers"]}
    if urlsplit(url).hostname in hosts:
        raise BenchmarkError(f"{url} is the service itself, which would bill you for several hundred predictions")
    token = os.environ.get(_TOKEN_VARIABLE, "").strip()
    if not token:
        raise BenchmarkError(f"no token for {url}: set {_TOKEN_VARIABLE}")

    @contextmanager
    def start() -> Iterator[Run]:
        with _receiver() as receiver:
            yield Run({"url": url, "token": token, "receiver": receiver})

    return Candidate(url, "", start)


@contextmanager
def _mock(dialect: Any) -> Iterator[Run]:
    with mock_server(dialect) as arguments:
        yield Run(arguments)


def _prism(environments: Environments, folder: Path) -> AbstractContextManager[Run]:
    """Start Prism with a document whose paths begin as the service's do: it serves paths without the server's."""
    document = Document.load().raw
    prefix = _prefix(document)
    file = folder / "openapi.json"
    file.write_text(
        json.dumps({**document, "paths": {f"{prefix}{path}": item for path, item in document["paths"].items()}}),
        encoding="utf-8",
    )
    return _process([*environments.prism, "mock", str(file), "--port"])


def _mockoon(environments: Environments) -> AbstractContextManager[Run]:
    file = Path(__file__).parents[2] / "openapi.yaml"
    options = ("--hostname", "127.0.0.1", "--disable-log-to-file", "--disable-admin-api", "--faker-seed", "1")
    return _process([*environments.mockoon, "start", "--data", str(file), *options, "--port"])


@contextmanager
def _process(command: list[str]) -> Iterator[Run]:
    """Start a server by a command, which its port completes."""
    document = Document.load()
    path = _prefix(document.raw) + document.operations["listPredictions"].path
    with Server(lambda port: [*command, str(port)], path) as server, _receiver() as receiver:
        yield Run(
            {"url": server.url, "token": TOKEN, "receiver": receiver, "patience": PATIENCE}, server.raise_if_ended
        )


def _prefix(document: Mapping[str, Any]) -> str:
    url: str = document["servers"][0]["url"]
    return urlsplit(url).path.rstrip("/")


def _receiver() -> Receiver:
    return Receiver("127.0.0.1", 0, Document.load().final)
