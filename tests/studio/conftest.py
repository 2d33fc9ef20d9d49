"""Fixtures of the page's tests: a browser, servers on sockets, and visits that must not cause any problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from helpers.browser import Visit, find_chromium, launch
from helpers.busy_server import EXCHANGES, MODELS, fill
from zeroscope_mock import MockServer

Open = Callable[..., Visit]
"""Begins a visit to the server's page."""


# Not for the session: as long as Playwright runs, asyncio cannot run another loop in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser of all tests of a process."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("the tests of the page need Chromium (on Debian: apt install chromium)")
    with launch(executable) as browser:
        yield browser


@pytest.fixture(scope="package")
def busy_server() -> Iterator[tuple[MockServer, str]]:
    """A server with 1,000 predictions and 10,000 exchanges, which tests only look at, and its URL."""
    with MockServer(models=MODELS, journal_limit=2 * EXCHANGES) as server, fill(server).listen() as listening:
        yield server, listening.url


@pytest.fixture
def options() -> dict[str, Any]:
    """The options of the server, which a test may parametrize."""
    return {}


@pytest.fixture
def server(options: dict[str, Any]) -> Iterator[MockServer]:
    """A server of a test's own, on the machine's clock."""
    with MockServer(**{"clock": "real", "models": MODELS, **options}) as server:
        yield server


@pytest.fixture
def url(server: MockServer) -> Iterator[str]:
    """The URL of the test's server."""
    with server.listen() as listening:
        yield listening.url


@pytest.fixture
def visits(browser: Browser) -> Iterator[Open]:
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
