"""The pytest plugin: a server for each test, and failure reports.

The report of a failed test shows the journal of its servers. pytest imports this module wherever the package is
installed, so nothing else is imported before a fixture is used.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    import respx

    from zeroscope import AsyncZeroscope, Zeroscope

    from . import Exchange, MockServer
    from .faults.settings import FaultSettings
    from .options import ServerOptions

_MARKER = "zeroscope"
# How many exchanges of a failed test are shown, and how many characters of an error response.
_SHOWN = 50
_BODY_SHOWN = 200
_ERRORS_FROM = 400
# How many times as fast as at the service the predictions of a server on a socket run.
_SPEED = 1000.0
# Whether the test has asked for the URL, and whether the server's clock was chosen for that or by the marker.
_socket_key = pytest.StashKey[bool]()
_clock_key = pytest.StashKey[bool]()
_server_key = pytest.StashKey["MockServer"]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(seed=..., clock=..., faults=[...], ...): options of the test's MockServer, and a dict with the "
        "arguments of server.faults.add for each fault that it has from the start",
    )


@pytest.fixture
def zeroscope_mock(request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A mock server for this test alone; `@pytest.mark.zeroscope(...)` changes its options.

    Its clock is virtual; in a test that uses `zeroscope_mock_url`, it is real, and predictions take milliseconds.
    """
    from . import MockServer

    options, faults = _marked(request.node)
    on_socket = "zeroscope_mock_url" in request.fixturenames or request.node.stash.get(_socket_key, False)
    if on_socket and "clock" not in options:
        # A program that polls over a socket cannot move a virtual clock, and would wait for ever.
        options["clock"] = "real"
        options.setdefault("speed", _SPEED)
    with MockServer(**options) as server:
        for fault in faults:
            server.faults.add(**fault)
        request.node.stash[_server_key] = server
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
        import uvicorn  # noqa: F401 - to find out whether it is installed
    except ModuleNotFoundError as error:
        raise pytest.UsageError(
            f"zeroscope_mock_url needs {error.name}, which is not installed; get it with: pip install 'zeroscope[mock]'"
        ) from error
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the journal of each server that came from a fixture to the report of a failure."""
    report = yield
    if report.failed:
        report.sections += [_section(name, server) for name, server in _servers(item).items()]
    return report


def _marked(item: pytest.Item) -> tuple[ServerOptions, list[FaultSettings]]:
    """The options of a test's markers, where inner markers override outer ones, and the faults of all of them."""
    from .options import OPTION_NAMES

    __tracebackhide__ = True
    options: dict[str, Any] = {}
    faults: list[Any] = []
    # Not `iter_markers`, for which a class comes after its base and a test after its parameters.
    for marker in [marker for node in item.listchain() for marker in node.own_markers if marker.name == _MARKER]:
        given = dict(marker.kwargs)
        more = given.pop("faults", [])
        problem = None
        if marker.args:
            problem = f"takes keyword arguments only, not {', '.join(map(repr, marker.args))}"
        elif unknown := [repr(name) for name in given if name not in OPTION_NAMES]:
            problem = f"has no argument {' or '.join(unknown)}, only {', '.join(sorted([*OPTION_NAMES, 'faults']))}"
        elif not isinstance(more, list | tuple) or not all(isinstance(fault, Mapping) for fault in more):
            problem = f"takes faults as a list of dicts, not as {more!r}"
        if problem:
            raise pytest.UsageError(f"{item.nodeid}: the marker {_MARKER} {problem}")
        options |= given
        faults += more
    return cast("ServerOptions", options), faults


def _servers(item: pytest.Item) -> dict[str, MockServer]:
    """The servers that a test got from fixtures, by the fixture's name, each of them once."""
    # A test that has a server has imported its module.
    module = sys.modules.get("zeroscope_mock.server")
    kind: type[MockServer] | tuple[()] = module.MockServer if module else ()
    # A fixture from `getfixturevalue` is not among the arguments.
    fixtures = {"zeroscope_mock": item.stash.get(_server_key, None), **(getattr(item, "funcargs", None) or {})}
    servers: dict[str, MockServer] = {}
    for name, value in fixtures.items():
        if isinstance(value, kind) and value not in servers.values():
            servers[name] = value
    return servers


def _section(name: str, server: MockServer) -> tuple[str, str]:
    exchanges, dropped = server.journal[:], server.journal.dropped
    count = len(exchanges) + dropped
    shown = exchanges[-_SHOWN:]
    start = server.clock.time() - server.clock.monotonic()
    width = max((len(exchange.path) for exchange in shown), default=0)
    lines = [_line(exchange, start, width) for exchange in shown] or ["No request has reached the server."]
    if left_out := count - len(shown):
        lines.insert(0, f"{left_out} earlier ones are left out, of which the journal dropped {dropped}.")
    title = f"zeroscope mock: {count} exchange{'' if count == 1 else 's'}"
    return title if name == "zeroscope_mock" else f"{title} of {name}", "\n".join(lines)


def _line(exchange: Exchange, start: float, width: int) -> str:
    path, operation = exchange.path.ljust(width), exchange.operation or "-"
    status = "cut off" if exchange.status is None else str(exchange.status)
    parts = [f"{exchange.time - start:9.3f} s  {exchange.method:<4} {path}  {operation:<16}  {status}"]
    if exchange.status is not None and exchange.status >= _ERRORS_FROM:
        parts.append(_single_line(exchange.response_body[:_BODY_SHOWN]))
    if exchange.fault:
        parts.append(f"[fault: {_single_line(exchange.fault)}]")
    if exchange.note:
        parts.append(f"[{_single_line(exchange.note[-_BODY_SHOWN:])}]")
    return "  ".join(parts)


def _single_line(text: str) -> str:
    """A text on one line, without control characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
