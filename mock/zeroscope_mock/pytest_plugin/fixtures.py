"""The fixtures: a server for each test, and clients of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from .marker import read_markers
from .servers import OUTER_FAULTS_KEY, OWN_FAULTS_KEY, SERVER_KEY

if TYPE_CHECKING:
    import respx

    from zeroscope import AsyncZeroscope, Zeroscope

    from .. import MockServer

# How many times as fast as at the service the predictions of a server on a socket run.
_SPEED = 1000.0
# Whether the test has asked for the URL, and whether the server's clock was chosen for that or by the marker.
_socket_key = pytest.StashKey[bool]()
_clock_key = pytest.StashKey[bool]()


@pytest.fixture
def zeroscope_mock(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A mock server for this test alone; `@pytest.mark.zeroscope(...)` changes its options.

    Its clock is virtual; in a test that uses `zeroscope_mock_url`, it is real, and predictions take milliseconds.
    """
    from .. import MockServer

    marked = read_markers(request.node)
    options = marked.server_options
    on_socket = "zeroscope_mock_url" in request.fixturenames or request.node.stash.get(_socket_key, False)
    if on_socket and "clock" not in options:
        # A program that polls over a socket cannot move a virtual clock, and would wait for ever.
        options["clock"] = "real"
        options.setdefault("speed", _SPEED)
    with MockServer(**options) as server:
        request.node.stash[OUTER_FAULTS_KEY] = server.faults.add_all(marked.outer_faults)
        request.node.stash[OWN_FAULTS_KEY] = server.faults.add_all(marked.own_faults)
        request.node.stash[SERVER_KEY] = server
        request.node.stash[_clock_key] = "clock" in options
        yield server


@pytest.fixture
def zeroscope_client(zeroscope_mock: MockServer) -> Iterator[Zeroscope]:
    """A `Zeroscope` that talks to `zeroscope_mock` without a socket and sleeps on its clock."""
    with zeroscope_mock.client() as client:
        yield client


@pytest.fixture
def async_zeroscope_client(zeroscope_mock: MockServer) -> AsyncZeroscope:
    """An `AsyncZeroscope` that talks to `zeroscope_mock` without a socket and sleeps on its clock."""
    # Not an async fixture, so that it works with every async plugin; without a socket there is nothing to close.
    return zeroscope_mock.async_client()


@pytest.fixture
def zeroscope_mock_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of `zeroscope_mock` on a socket, such as `http://127.0.0.1:50321`, to be used with or without `/v1`.

    The server has a real clock unless the marker names one, so that programs that poll see the end.
    """
    try:
        import httptools  # noqa: F401 - to find out whether it is installed
    except ModuleNotFoundError as error:
        from zeroscope._extras import explain_missing

        explain_missing("mock", error)
        raise
    request.node.stash[_socket_key] = True
    # Not an argument, since the server is made by what stands above.
    server: MockServer = request.getfixturevalue("zeroscope_mock")
    if not request.node.stash.get(_clock_key, True):
        raise pytest.UsageError(
            f"{request.node.nodeid}: zeroscope_mock was made with a virtual clock before zeroscope_mock_url was asked "
            "for; name zeroscope_mock_url among the arguments of the test, or mark it with zeroscope(clock='virtual')"
        )
    with server.listen() as listening:
        yield listening.url


@pytest.fixture
def zeroscope_router(zeroscope_mock: MockServer) -> Iterator[respx.MockRouter]:
    """A respx router that leads the requests of all httpx clients to `zeroscope_mock`, with a route per operation."""
    with zeroscope_mock.router() as router:
        yield router
