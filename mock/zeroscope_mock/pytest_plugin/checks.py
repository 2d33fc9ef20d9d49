"""Checks of passing tests: faults without effect, refused requests and more."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from ..warning import ZeroscopeWarning
from .expected_errors import expects_errors, looks_at_counts
from .marker import Marked, read_markers
from .servers import NAME, OUTER_FAULTS_KEY, OWN_FAULTS_KEY, SERVER_KEY, servers_of

if TYPE_CHECKING:
    from .. import Exchange, Fault, MockServer

# Requests that are wrong in themselves. Others are refused for a reason that a program may well expect: a prediction
# that does not exist, a rate limit.
_WRONG = frozenset({400, 401, 405, 413, 415, 422})
_REFUSED = range(400, 500)
# What asks whether a server is there, and what browsers ask for by themselves.
_PROBES = ("/", "/v1", "/v1/", "/favicon.ico")
_READS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_SHOWN = 3


@dataclass(frozen=True)
class _Start:
    """What a server had when the test began.

    Args:
        faults: Its faults, except those of the test's own markers.
        scripts: How many scripts were ever added.
        exchanges: The number of its latest exchange.
        generation: How often these numbers had started again.
    """

    faults: list[Fault]
    scripts: int = 0
    exchanges: int = 0
    generation: int = 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Warn of what a test that passes may have missed, or make it fail if it is strict."""
    starts = {id(server): _start(item, server) for server in servers_of(item).values()}
    yield
    if not (servers := servers_of(item)):
        return
    marked = read_markers(item)
    late = _Start(item.stash.get(OUTER_FAULTS_KEY, []))
    texts: list[str] = []
    for name, server in servers.items():
        # The server of another fixture is checked only where that is asked for.
        if marked.strict or name == NAME:
            texts += _problems(item, server, starts.get(id(server), late), marked)
    if texts and marked.strict:
        pytest.fail("\n".join(texts), pytrace=False)
    allowed = [_is_warned(item, text) for text in texts]
    if not all(allowed):
        # Without a traceback, which would be of this module.
        pytest.fail("\n".join(texts), pytrace=False)


def _is_warned(item: pytest.Item, text: str) -> bool:
    """Warn, and return whether that is no error."""
    try:
        item.warn(ZeroscopeWarning(text))
    except ZeroscopeWarning:
        return False
    return True


def _start(item: pytest.Item, server: MockServer) -> _Start:
    own = item.stash.get(OWN_FAULTS_KEY, [])
    faults = [fault for fault in server.faults if fault not in own]
    if server is item.stash.get(SERVER_KEY, None):
        # What fixtures of the test asked of it belongs to the test.
        return _Start(faults, server.scripts.added)
    server.core.state.inspected = False
    journal = server.core.journal
    return _Start(faults, server.scripts.added, journal.last, journal.generation)


def _problems(item: pytest.Item, server: MockServer, start: _Start, marked: Marked) -> Iterator[str]:
    # A test may look at the counts to see that a fault has no effect.
    for fault in () if looks_at_counts(item) else server.faults:
        # A fault of a fixture or of a class is for several tests, and one by chance may not have its turn.
        if not fault.hits and fault not in start.faults and fault.rule.probability >= 1:
            yield _unused_fault(fault)
    for script in server.scripts.unused(start.scripts):
        yield f"No prediction has followed the script {script}."
    if marked.allow_refusals or server.core.state.inspected:
        return
    journal = server.core.journal
    first = start.exchanges if journal.generation == start.generation else 0
    refused = [one for one in journal.since(first) if _is_refused(one, marked.strict)]
    if refused and (marked.strict or not expects_errors(item)):
        yield _refused_requests(refused)


def _unused_fault(fault: Fault) -> str:
    operations = fault.rule.operation
    of = f" for {', '.join(sorted(operations))}" if operations and len(operations) <= _SHOWN else ""
    seen = f"{fault.seen or 'no'} request{'s' if fault.seen > 1 else ''} matched it"
    turn = ", but its turn did not come" if fault.seen else ""
    return f"The fault {fault.id}, {fault.rule.effect()}{of}, had no effect: {seen}{turn}."


def _is_refused(exchange: Exchange, strict: bool) -> bool:
    """Whether the server itself refused a request that should not have been made."""
    if exchange.status not in _REFUSED or exchange.fault is not None:
        return False
    if exchange.operation is None:
        # A browser or a load balancer may ask for these.
        path = exchange.path.partition("?")[0]
        return path not in _PROBES and exchange.method in _READS
    return strict or exchange.status in _WRONG


def _refused_requests(refused: list[Exchange]) -> str:
    shown = [f"{one.method} {one.path}: {one.status} {one.reason}" for one in refused[:_SHOWN]]
    more = len(refused) - len(shown)
    count = f"{len(refused)} request{'' if len(refused) == 1 else 's'}"
    text = (
        f"The server refused {count}, but the test passed without a look at this. If it is as it should be, mark the "
        "test with zeroscope(allow_refusals=True)."
    )
    return "\n  ".join([text, *shown, *([f"and {more} more"] if more else [])])
