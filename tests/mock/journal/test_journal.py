"""The request journal: its exchanges, their numbers and their memory."""

from __future__ import annotations

import gc
import json
import sys
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import zeroscope_mock.journal.journal
from zeroscope_mock import MockServer
from zeroscope_mock.journal.unread import START, count_kinds
from zeroscope_mock.messages import Head, Request

TOKEN = "r8_a_token_of_some_length"
HEADERS = (("authorization", f"Bearer {TOKEN}"), ("content-type", "application/json"))


def sent(server: MockServer, body: bytes, path: str = "/predictions", token: str = TOKEN) -> None:
    headers = (("authorization", f"Bearer {token}"), ("content-type", "application/json"))
    server.core.handle(Request(Head("POST", path, headers=headers), body))


def numbers(server: MockServer) -> list[int]:
    return [one.number for one in server.journal]


def memory(server: MockServer) -> int:
    """The memory of the bodies that are longer than their start, in bytes."""
    bodies = (body for one in server.journal for body in (one.request_body, one.response_body))
    return sum(sys.getsizeof(body) for body in bodies if len(body) > START)


@pytest.mark.parametrize("length", [100, START + 1, 20_000])
def test_exchange__keeps_a_body_whole(length: int) -> None:
    """As text, and not in its original form once it was read."""
    server, body = MockServer(), bytes(bytearray(b" " * length))
    before = sys.getrefcount(body)
    sent(server, body)
    assert server.journal[0].request_body == body.decode()
    assert sys.getrefcount(body) == before


@pytest.mark.parametrize(("limit", "kept"), [(10, 10), (2000, 2000), (15_000, 15_000), (2**20, 20_000)])
def test_exchange__keeps_a_body_up_to_the_limit(limit: int, kept: int) -> None:
    """Both the request's and the response's."""
    server = MockServer(journal_body_limit=limit)
    sent(server, b'{"input": {"x": "' + b"x" * 20_000 + b'"}}', path=f"/{'y' * 20_000}")
    (exchange,) = server.journal
    assert (len(exchange.request_body), len(exchange.response_body) >= min(limit, 19_000)) == (
        min(limit, 20_020),
        True,
    )
    assert len(exchange.response_body) <= max(kept, 20_300)
    cut = f"the journal keeps the first {limit} of the 20020 bytes of the request's body"
    assert (cut in (exchange.note or "")) == (limit < 20_020)


def test_exchange__is_the_same_at_each_access() -> None:
    """An exchange stays the same after an access by index, number, in a slice and in a loop."""
    server = MockServer()
    sent(server, b"{}")
    exchange = server.journal[0]
    assert server.journal[:][0] is server.journal[-1] is next(iter(server.journal)) is exchange
    assert server.journal.since(0)[0] is server.journal.find(1) is exchange


def test_exchange__holds_no_token_after_an_access() -> None:
    """Neither in the request nor in the response."""
    server = MockServer()
    sent(server, f'{{"version": "{TOKEN}"}}'.encode())
    assert TOKEN not in repr(server.journal[0]) and "[token]" in server.journal[0].request_body
    assert TOKEN not in repr(server.journal._exchanges[0])


def test_numbers__count_from_one() -> None:
    """They go on when exchanges are dropped or those of a tenant are removed, and start again after a reset."""
    server = MockServer(journal_limit=3)
    for number in range(5):
        sent(server, b"{}", token=f"tenant-{number % 2}")
    assert numbers(server) == [3, 4, 5]
    assert (server.journal.last, server.journal.generation) == (5, 0)
    tenant = server.journal[1].tenant
    server.journal.clear(tenant)
    assert numbers(server) == [3, 5]
    sent(server, b"{}")
    assert numbers(server) == [3, 5, 6]
    server.reset()
    assert (server.journal.last, server.journal.generation) == (0, 1)
    sent(server, b"{}")
    assert numbers(server) == [1]


@pytest.mark.parametrize("looked_at", [True, False])
@pytest.mark.parametrize("dropped", [True, False])
def test_since__returns_what_is_newer(looked_at: bool, dropped: bool) -> None:
    """By number, whatever was dropped, and whether or not it was read before."""
    server = MockServer(journal_limit=4 if dropped else 100)
    for _ in range(6):
        sent(server, b"{}")
        if looked_at:
            assert server.journal[-1].number == server.journal.last
    found = {after: [one.number for one in server.journal.since(after)] for after in (0, 2, 4, 5, 6, 99)}
    first = 3 if dropped else 1
    assert found == {after: list(range(max(first, after + 1), 7)) for after in found}
    assert [one.number for one in server.journal.since(4, 1)] == [5]


def test_since__lets_requests_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of exchanges are read a few at a time, and one that is recorded meanwhile comes with the next ones."""
    server = MockServer()
    for _ in range(120):
        sent(server, b"{}")
    lock, taken = server.journal._lock, 0

    class Lock:
        def __enter__(self) -> None:
            nonlocal taken
            taken += 1
            if taken == 3:
                sent(server, b"{}")
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            lock.release()

    monkeypatch.setattr(server.journal, "_lock", Lock())
    assert [one.number for one in server.journal.since(0)] == list(range(1, 121))
    assert taken > 4
    assert numbers(server)[-1] == 121


def test_find__by_number() -> None:
    """None for one that was dropped, removed, or never there."""
    server = MockServer(journal_limit=3)
    for number in range(5):
        sent(server, b"{}", token=f"tenant-{number % 2}", path=f"/{number + 1}")
    server.journal.clear(server.journal[1].tenant)
    found = {number: server.journal.find(number) for number in range(-1, 8)}
    assert {number: one.path for number, one in found.items() if one} == {3: "/3", 5: "/5"}


def test_kinds__are_counted_without_tokens_or_reading() -> None:
    """Exchanges are counted by method, operation and status, those of unknown paths by path."""
    server = MockServer()
    sent(server, b"{}")
    sent(server, b"{}")
    sent(server, b"{}", path=f"/{TOKEN}")
    sent(server, b"{}", path="/last")
    taken, _ = server.journal.take(server.journal.follow(0))
    assert count_kinds(taken[:3]) == {("POST", "createPrediction", 422): 2, ("POST", "/[token]", 404): 1}
    assert not any(hasattr(one, "number") for one in server.journal._exchanges)


def test_follower__misses_nothing_that_is_removed() -> None:
    """What was new when it was removed is taken once, what is restored is not new, what the limit drops is counted."""
    server = MockServer(journal_limit=3)
    journal = server.journal
    for _ in range(2):
        sent(server, b"{}")
    snapshot, follower = server.snapshot(), journal.follow(1)

    def taken() -> tuple[list[str], int]:
        new, missed = journal.take(follower)
        return [journal.read(one).path for one in new], missed

    sent(server, b"{}", path="/3")
    server.reset()
    sent(server, b"{}", path="/4")
    server.restore(snapshot)
    assert taken() == (["/predictions", "/3", "/4"], 0)
    assert taken() == ([], 0)
    sent(server, b"{}", path="/5", token="tenant-1")
    sent(server, b"{}", path="/6")
    server.reset("tenant-1")
    for number in range(7, 11):
        sent(server, b"{}", path=f"/{number}")
    assert taken() == (["/8", "/9", "/10"], 3)


@pytest.mark.parametrize("change", ["record", "clear", "clear a tenant", "load"])
def test_condition__is_notified_of_each_change(change: str) -> None:
    """Those who follow the journal wake up."""
    server = MockServer()
    sent(server, b"{}")
    exchanges, version = server.journal[:], server.journal.condition.version
    match change:
        case "record":
            sent(server, b"{}")
        case "clear":
            server.journal.clear()
        case "clear a tenant":
            server.journal.clear(exchanges[0].tenant)
        case _:
            server.journal.load(exchanges)
    assert server.journal.condition.version != version


@pytest.mark.parametrize(("given", "loaded"), [((3, 5), [3, 5]), ((0, 0), [1, 2]), ((5, 5), [1, 2]), ((5, 3), [1, 2])])
def test_load__keeps_numbers_that_ascend(given: tuple[int, int], loaded: list[int]) -> None:
    """Exchanges of an older snapshot have none, and get some."""
    server = MockServer()
    sent(server, b"{}")
    snapshot = server.snapshot()
    first = snapshot["journal"][0]
    snapshot["journal"] = [{**first, "number": number} for number in given]
    server.restore(snapshot)
    assert numbers(server) == loaded
    assert (server.journal.last, server.journal.generation) == (loaded[-1], 1)


@pytest.mark.parametrize("removed", ["tenant-1", "tenant-0", None])
def test_snapshot__uses_no_number_twice(removed: str | None) -> None:
    """Also if the latest exchanges were removed with their tenant; a reset starts again."""
    server = MockServer()
    for number in range(4):
        sent(server, b"{}", token=f"tenant-{number % 2}")
    server.reset(removed)
    other = MockServer()
    other.restore(server.snapshot())
    sent(other, b"{}")
    assert numbers(other)[-1] == (5 if removed else 1)


def test_snapshot__from_before_there_were_headers() -> None:
    """An exchange with the fields of old is restored, the others have their defaults."""
    server = MockServer()
    sent(server, b"{}")
    exchange, snapshot = server.journal[0], server.snapshot()
    old = ("time", "method", "path", "operation", "status", "request_body", "response_body", "tenant", "fault", "note")
    snapshot["journal"] = [{name: value for name, value in one.items() if name in old} for one in snapshot["journal"]]
    server.restore(snapshot)
    restored = server.journal[0]
    assert {name: getattr(restored, name) for name in old} == {name: getattr(exchange, name) for name in old}
    assert (restored.request_headers, restored.prediction, restored.number) == ((), None, 1)


def test_snapshot__keeps_all_of_an_exchange() -> None:
    """Headers, refusals and numbers are the same after a restore."""
    server = MockServer()
    sent(server, b"{}")
    sent(server, b'{"version": "x", "input": {"width": 1}}')
    exchanges = server.journal[:]
    assert exchanges[0].refusals and exchanges[0].request_headers
    server.restore(server.snapshot())
    assert server.journal[:] == exchanges


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """A lower limit for all bodies together, in bytes."""
    monkeypatch.setattr(zeroscope_mock.journal.journal, "BODIES_LIMIT", 2_000_000)
    return 2_000_000


@pytest.mark.parametrize(("letter", "end"), [("x", ""), ("é", ""), ("語", ""), ("😀", ""), ("x", "😀")])
@pytest.mark.parametrize("length", [2_500, 9_000, 50_000])
@pytest.mark.parametrize("looked_at", [True, False])
def test_bodies__together_have_a_limit(limit: int, letter: str, end: str, length: int, looked_at: bool) -> None:
    """The oldest are cut to their start, the latest are whole, and no exchange is dropped."""
    server = MockServer(journal_limit=10_000)
    whole = f'"{letter * length}{end}"'
    count = limit * 2 // sys.getsizeof(whole)
    for _ in range(count):
        sent(server, whole.encode())
        if looked_at:
            assert server.journal[-1].request_body == whole
    # Texts may need more memory than the bytes that they are read from.
    assert len(server.journal[:]) == count
    assert memory(server) <= limit
    lengths = [len(one.request_body) for one in server.journal]
    # A cut leaves three quarters, which may become smaller as texts.
    assert memory(server) > limit // 3
    assert lengths == sorted(lengths)
    assert set(lengths) == {START, len(whole)}
    cut = [one.note for one in server.journal if len(one.request_body) == START]
    assert {*cut} == {f"the journal keeps the first {START} characters of older bodies"}


def test_bodies__that_are_cut_stay_as_they_are(limit: int) -> None:
    """A later cut leaves those of before alone, and after a reset there is a limit again."""
    server = MockServer()
    for _ in range(2):
        for _ in range(30):
            sent(server, b" " * (limit // 20))
        oldest = server.journal[0]
        assert len(oldest.request_body) == START
        for _ in range(30):
            sent(server, b" " * (limit // 20))
        assert server.journal[0] is oldest
        assert memory(server) <= limit
        server.reset()


def test_bodies__of_dropped_exchanges_do_not_count(limit: int) -> None:
    """Those that are kept stay whole."""
    server = MockServer(journal_limit=20)
    body = b" " * (limit * 2 // 3 // 20)
    for _ in range(200):
        sent(server, body)
    assert {len(one.request_body) for one in server.journal} == {len(body)}


def test_bodies__of_a_snapshot_have_the_same_limit(limit: int) -> None:
    """A snapshot with more is restored with its oldest bodies cut, and one with less as it is."""
    server = MockServer()
    sent(server, b" " * 100_000)
    snapshot = server.snapshot()
    for count, whole in ((30, 19), (19, 19)):
        server.restore({**snapshot, "journal": snapshot["journal"] * count})
        assert [len(one.request_body) for one in server.journal] == [START] * (count - whole) + [100_000] * whole
    assert memory(server) <= limit


def test_body__beyond_the_limit_of_all_is_cut(limit: int) -> None:
    """One body alone may be too large, and later ones are whole."""
    server = MockServer(journal_body_limit=2**30, json_limit=2**30)
    sent(server, b" " * (limit + 1))
    sent(server, b" " * 50_000)
    assert [len(one.request_body) for one in server.journal] == [START, 50_000]


def test_bodies__cost_no_memory_of_their_own(api: httpx.Client, server: MockServer, create: Callable[..., Any]) -> None:
    """Exchanges that are not read share what the server keeps anyway, and are no work for the garbage collector."""
    url = create()["urls"]["get"]
    server.clock.advance(60)
    for _ in range(3):
        api.get(url)
    # The collector looks at each level of nested tuples once more.
    for _ in range(5):
        gc.collect()
    first, second = server.journal._exchanges[-2], server.journal._exchanges[-1]
    assert isinstance(first, tuple) and isinstance(second, tuple)
    assert not gc.is_tracked(second)
    headers, bodies = ([one[place] for one in (first, second)] for place in (4, 8))
    assert headers[0] is headers[1] and bodies[0] is bodies[1]


def test_journal__is_shared_by_threads() -> None:
    """While some record and others read, every number is used once, and followers miss nothing."""
    server, seen = MockServer(journal_limit=100_000), list[int]()
    done = threading.Event()

    def record() -> None:
        for _ in range(300):
            sent(server, b"x" * 3000)

    def follow() -> None:
        while True:
            ended = done.is_set()
            seen.extend(one.number for one in server.journal.since(seen[-1] if seen else 0))
            str(server.journal[-1:])
            if ended:
                return

    writers = [threading.Thread(target=record) for _ in range(4)]
    follower = threading.Thread(target=follow)
    for thread in (follower, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    follower.join()
    assert seen == list(range(1, 1201)) == numbers(server)


def test_json__of_bodies() -> None:
    """The values of both bodies."""
    server = MockServer()
    sent(server, b'{"version": "x", "input": {"prompt": "a"}}')
    (exchange,) = server.journal
    assert exchange.request_json == {"version": "x", "input": {"prompt": "a"}}
    assert exchange.response_json == json.loads(exchange.response_body)
    assert exchange.response_json["status"] == 422
