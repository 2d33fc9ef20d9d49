"""Notices to clients that poll while the server's clock stands still."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from helpers.waiting import LONG
from zeroscope_mock import MockServer, RealClock
from zeroscope_mock.journal.exchange import NOTICE_HEADER
from zeroscope_mock.operations.standstill import NOTICE_AFTER
from zeroscope_mock.store import _cursor

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
Create = Callable[..., dict[str, Any]]


def poll(api: httpx.Client, url: str, times: int = NOTICE_AFTER) -> list[str | None]:
    """Poll a prediction, and return the notices."""
    return [api.get(url).headers.get(NOTICE_HEADER) for _ in range(times)]


def notes(server: MockServer) -> list[str]:
    return [exchange.note for exchange in server.journal if exchange.note]


def test_notice__comes_with_the_twentieth_poll(
    server: MockServer, api: httpx.Client, create: Create, caplog: pytest.LogCaptureFixture
) -> None:
    """And with each one after it, in a header and in the journal, but in the log only once for a prediction."""
    urls = [create()["urls"]["get"] for _ in range(2)]
    with caplog.at_level(logging.WARNING, "zeroscope_mock"):
        first, second = (poll(api, url, NOTICE_AFTER + 2) for url in urls)

    assert NOTICE_AFTER == 20
    assert first == second == [None] * 19 + [first[-1]] * 3
    assert first[-1] == (
        "The clock stands still, so the prediction does not end: call server.clock.advance(seconds) or POST "
        "/_mock/clock/advance, or use a clock that runs: clock='real', --clock real"
    )
    assert notes(server) == [first[-1]] * 6
    ids = [url.rpartition("/")[2] for url in urls]
    assert caplog.messages == [f"prediction {id} was polled 20 times at one moment. {first[-1]}" for id in ids]


def test_notice__of_a_list(
    server: MockServer, api: httpx.Client, create: Create, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that polls the account's list gets it, too, unless nothing in the list waits for time to pass."""
    server.scripts.add({"progression": "once"})
    create()
    assert poll(api, "/predictions", 40) == [None] * 40
    server.clock.advance(1)
    create()
    with caplog.at_level(logging.WARNING, "zeroscope_mock"):
        # Other accounts and other pages are other lists.
        assert poll(api, "/predictions", 19) == [None] * 19
        with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer other"}) as other:
            assert poll(other, "https://h.test/v1/predictions") == [None] * 20
        assert api.get("/predictions", params={"cursor": _cursor("before", 2)}).headers.get(NOTICE_HEADER) is None
        (notice,) = poll(api, "/predictions", 1)

    assert (notice or "").startswith(
        "The clock stands still, so the predictions do not end: call server.clock.advance("
    )
    assert notes(server) == [notice]
    assert caplog.messages == [f"the list of predictions was polled 20 times at one moment. {notice}"]


def test_notice__of_trainings(
    server: MockServer,
    api: httpx.Client,
    account: str,
    new_model: Create,
    train: Callable[..., dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It names them as such, for one and for the list."""
    new_model()
    training = train(f"{account}/mine")
    with caplog.at_level(logging.WARNING, "zeroscope_mock"):
        one, all = poll(api, f"/trainings/{training['id']}")[-1] or "", poll(api, "/trainings")[-1] or ""

    assert one.startswith("The clock stands still, so the training does not end: ")
    assert all.startswith("The clock stands still, so the trainings do not end: ")
    assert [message.partition(" was polled")[0] for message in caplog.messages] == [
        f"training {training['id']}",
        "the list of trainings",
    ]


def test_notice__of_a_frozen_clock(api: httpx.Client, server: MockServer, create: Create) -> None:
    """A clock that was frozen has to run again."""
    server.clock.freeze()
    notice = poll(api, create()["urls"]["get"])[-1] or ""
    assert notice.endswith("or let it run: server.clock.run(), POST /_mock/clock/run")


def test_notice__is_gone_when_time_passes(server: MockServer, api: httpx.Client, create: Create) -> None:
    """A moment later the count starts again, and so it does for another prediction."""
    url = create()["urls"]["get"]
    for _ in range(3):
        assert poll(api, url, 19) == poll(api, create()["urls"]["get"], 19) == [None] * 19
        server.clock.advance(0.001)
    assert not notes(server)


@pytest.mark.parametrize(
    ("clock", "frozen", "stands"),
    [(RealClock(), False, False), (RealClock(), True, True), (RealClock(lambda: 5.0), False, True)],
)
def test_notice__on_a_real_clock(clock: RealClock, frozen: bool, stands: bool) -> None:
    """A clock that runs never stands still, however quickly a client polls; one that reads a stopped clock does."""
    with MockServer(clock=clock) as server, server.listen() as listening:
        if frozen:
            server.clock.freeze()
        with httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH) as api:
            sent = {"version": VERSION, "input": {}}
            notices = poll(api, api.post("/predictions", json=sent).json()["urls"]["get"], 60)
    assert [notice is not None for notice in notices] == [False] * 19 + [stands] * 41


@pytest.mark.parametrize("script", [{"reads": 30}, {"progression": "once"}])
def test_notice__is_for_those_who_wait_in_vain(
    server: MockServer, api: httpx.Client, create: Create, script: dict[str, Any]
) -> None:
    """Neither for one that reads move on, nor for one that has ended."""
    server.scripts.add(script)
    assert poll(api, create()["urls"]["get"], 40) == [None] * 40


def test_notice__comes_with_inline_outputs(server: MockServer, api: httpx.Client, create: Create) -> None:
    """A response that takes time to make has it, too."""
    server.scripts.add({"startup": 0, "run": 2, "gradual": True, "inline": True, "outputs": 1})
    url = create(num_frames=1)["urls"]["get"]
    server.clock.advance(1.5)
    assert api.get(url).json()["output"][0].startswith("data:")
    assert (poll(api, url, 19)[-1] or "").startswith("The clock stands still")


def test_notice__never_comes_to_clients_that_sleep_on_the_clock(server: MockServer, create: Create) -> None:
    """Forty tasks poll one prediction at the same moments."""
    url = create()["urls"]["get"]

    async def wait(api: httpx.AsyncClient) -> None:
        while (await api.get(url)).json()["status"] != "succeeded":
            await server.clock.sleep_async(0.5)

    async def main() -> None:
        async with (
            httpx.AsyncClient(transport=server.transport, headers=AUTH) as api,
            anyio.create_task_group() as group,
        ):
            for _ in range(40):
                group.start_soon(wait, api)

    anyio.run(main)

    times = [exchange.time for exchange in server.journal[1:]]
    assert {times.count(time) for time in times} == {40}
    assert not notes(server)


def test_real_clock__runs_while_a_program_stops_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A prediction ends and its webhook comes, although the functions of `time` stand still, as under freezegun."""
    delivered = threading.Event()
    server = MockServer(clock="real", speed=1000, receiver=lambda request: delivered.set())
    with server, server.listen() as listening, httpx.Client(headers=AUTH, timeout=LONG) as api:
        for name in ("monotonic", "monotonic_ns", "perf_counter", "time", "time_ns"):
            value = getattr(time, name)()
            monkeypatch.setattr(time, name, lambda value=value: value)
        url, sent = f"{listening.url}/v1/predictions", {"version": VERSION, "input": {}}
        server.scripts.add({"startup": 50, "run": 50})
        hook = {"webhook": "https://h.test/hook", "webhook_events_filter": ["completed"]}
        api.post(url, json={**sent, **hook})
        assert delivered.wait(LONG)
        waited = api.post(url, json=sent, headers={"Prefer": "wait"})
        assert waited.status_code == 201 and len(waited.json()["output"]) == 1
