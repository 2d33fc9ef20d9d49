"""Fixtures of the page's tests: a browser, servers, and visits without problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from helpers.browser import Visit, browser
from helpers.busy_server import EXCHANGES, MODELS, fill
from helpers.ports import reserve_port
from zeroscope_mock import MockServer

__all__ = ["browser"]

Open = Callable[..., Visit]
"""Begins a visit to the page of the server at a URL."""
Serve = Callable[..., tuple[MockServer, str]]
"""Starts a server with some options; returns it and its URL."""


@pytest.fixture(scope="package")
def busy_server() -> Iterator[tuple[MockServer, str]]:
    """A server with 1,000 predictions and 10,000 exchanges, which tests only look at, and its URL."""
    with MockServer(models=MODELS, journal_limit=2 * EXCHANGES) as server, fill(server).listen() as listening:
        yield server, listening.url


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """The servers and sockets of a test, which are closed after the visits to them."""
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def serve(opened: ExitStack) -> Serve:
    """Starts servers on sockets, on the machine's clock unless told otherwise."""

    def start(**options: Any) -> tuple[MockServer, str]:
        chosen: dict[str, Any] = {"clock": "real", "models": MODELS, **options}
        server = opened.enter_context(MockServer(**chosen))
        return server, opened.enter_context(server.listen()).url

    return start


@pytest.fixture
def port(opened: ExitStack) -> int:
    """A port for servers of the test, one after another."""
    return opened.enter_context(reserve_port())


@pytest.fixture
def serving(serve: Serve) -> tuple[MockServer, str]:
    """The test's server and its URL."""
    return serve()


@pytest.fixture
def server(serving: tuple[MockServer, str]) -> MockServer:
    """The test's server."""
    return serving[0]


@pytest.fixture
def url(serving: tuple[MockServer, str]) -> str:
    """The URL of the test's server."""
    return serving[1]


@pytest.fixture
def visits(browser: Browser, opened: ExitStack) -> Iterator[Open]:
    """Begins visits, and fails if one of them had a problem."""
    made: list[Visit] = []

    def begin(url: str, **options: Any) -> Visit:
        made.append(Visit(browser, url, **options))
        return made[-1]

    yield begin
    for visit in made:
        visit.close()
    for visit in made:
        visit.check()


@pytest.fixture
def visit(visits: Open, url: str) -> Visit:
    """A visit to the test's server."""
    return visits(url)


@pytest.fixture
def busy(visits: Open, busy_server: tuple[MockServer, str]) -> Visit:
    """A visit to the server with a history."""
    return visits(busy_server[1])
