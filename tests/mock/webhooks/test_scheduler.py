"""What is sent to webhooks and when, what goes wrong, and what is kept of it."""

from __future__ import annotations

import json
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

import anyio
import httpx
import pytest
import standardwebhooks.webhooks
from standardwebhooks import Webhook

from helpers.webhooks import (
    SCRIPT,
    SECRET,
    URL,
    App,
    Inbox,
    Office,
    as_coroutine_function,
    as_function,
    body,
)
from zeroscope_mock import RealClock, VirtualClock
from zeroscope_mock.faults.faults import Faults
from zeroscope_mock.faults.rules import DELIVERY
from zeroscope_mock.lifecycle.record import Hook, Record
from zeroscope_mock.lifecycle.script import Script
from zeroscope_mock.webhooks.deliveries import Attempt, Deliveries
from zeroscope_mock.webhooks.scheduler import RETRY_DELAYS, WebhookScheduler


def test_deliveries__are_signed_as_their_receivers_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers pass the check of Standard Webhooks at the server's time, and only with the body that was sent."""
    inbox = Inbox(503, None)
    office = Office(inbox)

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(office.clock.time(), tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Now)
    office.create(events=("completed",))
    office.clock.advance(60)

    first, again = inbox.requests
    for request in inbox.requests:
        assert Webhook(SECRET).verify(request.content, dict(request.headers))["status"] == "succeeded"
        assert request.headers["content-type"] == "application/json"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        Webhook(SECRET).verify(first.content + b" ", dict(first.headers))
    assert first.headers["webhook-timestamp"] == str(int(office.start) + 3)
    assert again.headers["webhook-timestamp"] == str(int(office.start) + 4)
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == office.webhooks.deliveries[0].id
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]
    assert first.content == again.content


def test_deliveries__of_all_predictions_are_in_order() -> None:
    """What is due earlier is sent earlier, whichever was created first."""
    office = Office(Inbox())
    office.create("slow", ("start", "completed"), script=replace(SCRIPT, startup_seconds=2.0))
    office.create("fast", ("start", "completed"))

    office.clock.advance(60)

    assert [(one.prediction_id, one.event) for one in office.webhooks.deliveries] == [
        ("fast", "start"),
        ("slow", "start"),
        ("fast", "completed"),
        ("slow", "completed"),
    ]


def test_deliveries__happen_while_somebody_sleeps() -> None:
    """A task that sleeps on the clock finds everything sent that was due in the meantime."""
    office = Office(App(Inbox()))
    office.create()

    async def sleep() -> None:
        for seconds, events in ((1.2, 1), (0.5, 2), (5, 4)):
            await office.clock.sleep_async(seconds)
            assert len(office.events) == events

    anyio.run(sleep)


def test_many_lines__take_no_memory() -> None:
    """Of 10,000 lines to come, only the next event is kept."""
    office = Office(Inbox())
    script = replace(SCRIPT, lines=tuple((number / 100, "x") for number in range(10_000)), run_seconds=100.0)
    tracemalloc.start()
    try:
        office.create(script=script)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 20_000

    office.clock.advance(2000)

    assert office.events == ["start", *["logs"] * 200, "completed"]


@pytest.mark.parametrize("answer", [429, 500, 502, 503, 504, OSError("the line is dead"), "nonsense"])
def test_end__is_told_until_it_is_heard(answer: Any) -> None:
    """The end is told again, each time after a longer pause, and not after it was received."""
    office = Office(Inbox(answer, answer, answer, 200))
    office.create(events=("completed",))

    office.clock.advance(3600)

    status = answer if isinstance(answer, int) else None
    assert office.attempts == [
        ("completed", 3.0, status),
        ("completed", 4.0, status),
        ("completed", 6.0, status),
        ("completed", 10.0, 200),
    ]
    attempts = office.webhooks.deliveries[:]
    assert [one.number for one in attempts] == [1, 2, 3, 4]
    assert len({(one.id, one.body) for one in attempts}) == 1
    assert [one.retry_at for one in attempts] == [*(one.time for one in attempts[1:]), None]


def test_end__is_given_up_after_about_a_minute() -> None:
    """The last attempt is about a minute after the end, and says that it is the last."""
    office = Office(Inbox(500))
    office.create(events=("completed",))

    office.clock.advance(3600)

    assert len(office.attempts) == len(RETRY_DELAYS) + 1
    assert [one[1] for one in office.attempts] == [3.0 + sum(RETRY_DELAYS[:n]) for n in range(len(RETRY_DELAYS) + 1)]
    assert 60 <= office.attempts[-1][1] - 3 <= 66
    assert office.webhooks.deliveries[-1].retry_at is None
    assert office.webhooks.due() is None


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 422, 501, 505])
def test_end__is_not_told_again_to_who_refuses(status: int) -> None:
    """Redirects and other statuses are final."""
    office = Office(Inbox(status))
    office.create(events=("completed",))

    office.clock.advance(3600)

    assert office.attempts == [("completed", 3.0, status)]
    assert f"{status}" in str(office.reasons[0])
    assert ("redirects are not followed" in str(office.reasons[0])) == (status < 400)


@pytest.mark.parametrize("answer", [503, OSError()])
def test_other_events__are_told_once(answer: Any) -> None:
    """Nobody hears of a missed `start` or `logs` again."""
    office = Office(Inbox(answer, answer, answer, 200))
    office.create()

    office.clock.advance(3600)

    assert office.events == ["start", "logs", "logs", "completed"]
    assert {one.retry_at for one in office.webhooks.deliveries} == {None}


def test_redeliver__sends_the_same_again() -> None:
    """Same body and id, later time, next number; it is tried once."""
    inbox = Inbox(200, 500)
    office = Office(inbox)
    office.create(events=("completed",))
    office.clock.advance(600)
    id = office.webhooks.deliveries[0].id

    office.webhooks.redeliver(id)
    # It is no part of what the predictions have to tell.
    assert office.webhooks.dump() == {"watches": [], "retries": []}
    office.clock.run_due()
    office.clock.advance(600)

    assert office.attempts == [("completed", 3.0, 200), ("completed", 600.0, 500)]
    assert [(one.id, one.number, one.retry_at) for one in office.webhooks.deliveries] == [(id, 1, None), (id, 2, None)]
    first, again = inbox.requests
    assert first.content == again.content
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert int(again.headers["webhook-timestamp"]) == int(office.start) + 600


def test_redeliver__does_not_disturb_the_retries() -> None:
    """A retry that waits takes the number after that of the delivery by hand."""
    office = Office(Inbox(500, 500, 200))
    office.create(events=("completed",))
    office.clock.advance(3)

    office.webhooks.redeliver(office.webhooks.deliveries[0].id)
    office.clock.advance(60)

    assert office.attempts == [("completed", 3.0, 500), ("completed", 3.0, 500), ("completed", 4.0, 200)]
    assert [one.number for one in office.webhooks.deliveries] == [1, 2, 3]


def test_redeliver__needs_a_delivery() -> None:
    """An id that is not known is named."""
    office = Office(Inbox())
    with pytest.raises(KeyError, match="there is no delivery 'msg_x' among the 0 attempts that are kept"):
        office.webhooks.redeliver("msg_x")


@pytest.mark.parametrize("told", [True, False])
def test_cancel__ends_the_events(told: bool) -> None:
    """After a cancel only the end is told, at once; nothing that was to come is sent even if nobody said so."""
    office = Office(Inbox())
    record = office.create()
    office.clock.advance(1.6)

    record.canceled = office.clock.time()
    if told:
        office.webhooks.update(record)
        office.clock.run_due()
        assert office.attempts[-1] == ("completed", 1.6, 200)
    office.clock.advance(60)

    assert office.events == ["start", "logs", "completed"]
    assert json.loads(office.webhooks.deliveries[-1].body) == {
        "id": "p",
        "status": "canceled",
        "after": pytest.approx(1.6),
    }
    assert office.webhooks.due() is None


def test_cancel__may_leave_nothing_to_tell() -> None:
    """Where the end is filtered out, a cancel means that no more comes."""
    office = Office(Inbox())
    record = office.create(events=("start", "logs"))
    office.clock.advance(1.6)
    record.canceled = office.clock.time()

    office.clock.advance(60)

    assert office.events == ["start", "logs"]
    assert office.webhooks.dump() == {"watches": [], "retries": []}


@pytest.mark.parametrize("lifetime", [None, 100.0])
def test_reads__move_the_events_on(lifetime: float | None) -> None:
    """Of a prediction that goes by its reads, each read can be told."""
    office = Office(Inbox())
    script = Script(1, 1.0, 3.0, 3, 1.0, outputs=1, reads=3)
    record = office.create(script=script, lifetime=lifetime)
    assert office.webhooks.due() == (lifetime and office.start + lifetime)

    for _ in range(3):
        office.clock.advance(10)
        record.reads = (*record.reads, office.clock.time())
        office.webhooks.update(record)
        office.clock.run_due()

    assert office.attempts == [
        ("start", 10.0, 200),
        ("logs", 10.0, 200),
        ("logs", 20.0, 200),
        ("completed", 30.0, 200),
    ]
    assert office.webhooks.due() is None


@pytest.mark.parametrize(
    ("fault", "sent", "attempts"),
    [
        pytest.param({"status": 503, "times": 1}, 1, [(3.0, 503), (4.0, 200)], id="an answer of another's"),
        pytest.param({"reset": "before", "times": 1}, 1, [(3.0, None), (4.0, 200)], id="lost on the way"),
        pytest.param({"reset": "after", "times": 1}, 2, [(3.0, None), (4.0, 200)], id="lost on the way back"),
        pytest.param({"hang": 5, "times": 1}, 1, [(3.0, None), (9.0, 200)], id="no answer for a while"),
        pytest.param({"delay": 5, "times": 1}, 1, [(3.0, 200)], id="late"),
        pytest.param({"duplicate": True}, 2, [(3.0, 200), (3.0, 200)], id="twice"),
        pytest.param({"duplicate": True, "delay": 5}, 2, [(3.0, 200), (8.0, 200)], id="twice and late"),
        pytest.param({"status": 500, "path": "/other"}, 1, [(3.0, 200)], id="another path"),
    ],
)
def test_faults__strike_deliveries(fault: dict[str, Any], sent: int, attempts: list[tuple[float, int | None]]) -> None:
    """The operation `receivePredictionEvent` can be made to go wrong, and the courier deals with it."""
    inbox = Inbox()
    office = Office(inbox)
    set_up = office.faults.add(operation=DELIVERY, **fault)
    office.create(events=("completed",))

    office.clock.advance(60)

    assert [one[1:] for one in office.attempts] == attempts
    assert len(inbox.requests) == sent
    failures = [one.reason for one in office.webhooks.deliveries if one.reason]
    assert all(reason.startswith(("the connection ", "answered with ")) for reason in failures)
    assert [one.fault is not None for one in office.webhooks.deliveries] == [
        number < set_up.hits * (1 + set_up.duplicate) for number in range(len(attempts))
    ]


def test_duplicate__is_one_attempt_sent_twice() -> None:
    """Both have one number; it is tried again only if neither was received."""
    office = Office(Inbox(500, 500, 500, 200))
    office.faults.add(operation=DELIVERY, duplicate=True)
    office.create(events=("completed",))

    office.clock.advance(60)

    assert [(one.number, one.status) for one in office.webhooks.deliveries] == [(1, 500), (1, 500), (2, 500), (2, 200)]
    assert [one.retry_at for one in office.webhooks.deliveries] == [None, office.start + 4, None, None]


def test_duplicate__is_received_if_one_of_the_two_is() -> None:
    """What was heard once is not told again because the second copy failed."""
    office = Office(Inbox(200, 500))
    office.faults.add(operation=DELIVERY, duplicate=True)
    office.create(events=("completed",))

    office.clock.advance(60)

    assert [one[1:] for one in office.attempts] == [(3.0, 200), (3.0, 500)]


def test_malformed__spoils_what_is_sent() -> None:
    """The receiver gets half of the JSON; the record keeps it whole, for the next time."""
    inbox = Inbox()
    office = Office(inbox)
    office.faults.add(operation=DELIVERY, malformed=True, times=1)
    office.create(events=("completed",))
    office.clock.advance(60)
    office.webhooks.redeliver(office.webhooks.deliveries[0].id)
    office.clock.run_due()

    spoiled, whole = (request.content for request in inbox.requests)
    assert spoiled and spoiled != whole and whole.startswith(spoiled)
    assert whole.decode() == office.webhooks.deliveries[0].body


def test_slow_receiver__gets_events_in_order() -> None:
    """What comes due while another event of the prediction is on its way waits for it."""
    inbox = Inbox()
    office = Office(inbox)
    office.faults.add(operation=DELIVERY, delay=10, times=1)
    office.create()

    office.clock.advance(60)

    assert [json.loads(request.content)["after"] for request in inbox.requests] == [1.0, 1.5, 2.0, 3.0]


def test_cancel__by_the_receiver_is_told_after_its_answer() -> None:
    """Who cancels a prediction on hearing of its start hears of the end next, and not in the middle."""
    order: list[str] = []

    def receive(request: httpx.Request) -> None:
        status = json.loads(request.content)["status"]
        order.append(f"begin {status}")
        if status == "processing":
            record.canceled = office.clock.time()
            office.webhooks.update(record)
            office.clock.run_due()
        order.append(f"end {status}")

    office = Office(receive)
    record = office.create()

    office.clock.advance(60)

    assert order == ["begin processing", "end processing", "begin canceled", "end canceled"]


@pytest.mark.parametrize("what", ["body", "secret"])
def test_internal_error__is_a_reason(what: str) -> None:
    """Even if a body or a signature cannot be made, the clock goes on."""

    def fail(*args: Any) -> Any:
        raise ValueError("out of ink")

    makers: dict[str, Any] = {"body": body, "secret": lambda tenant: SECRET}
    clock = VirtualClock()
    courier = WebhookScheduler(
        clock, faults=Faults(Random(0), operations=()), receiver=Inbox(), **{**makers, what: fail}
    )
    clock.attach(courier)
    hook = Hook(URL, frozenset({"start"}), "", "")
    courier.add(Record("p", "me", 0, clock.time(), "v", {}, SCRIPT, hook))

    clock.advance(60)

    assert ["ValueError: out of ink" in str(one.reason) for one in courier.deliveries] == [True]


def test_clear__forgets_a_tenant() -> None:
    """What is still to come and what was sent are gone for one tenant, and untouched for others."""
    office = Office(Inbox(500))
    for tenant in ("me", "you"):
        office.create(f"p-{tenant}", tenant=tenant)
    office.clock.advance(3)

    office.webhooks.clear("me")
    assert {one.tenant for one in office.webhooks.deliveries} == {"you"}
    office.clock.advance(120)
    assert {one.tenant for one in office.webhooks.deliveries} == {"you"}
    assert office.events == ["start", "logs", "logs", *["completed"] * 7]

    office.webhooks.clear()
    assert (len(office.webhooks.deliveries), office.webhooks.due()) == (0, None)


def test_clear__forgets_what_is_under_way() -> None:
    """A delivery whose prediction is forgotten before its answer comes is neither written down nor tried again."""

    def receive(request: httpx.Request) -> int:
        office.webhooks.clear()
        return 500

    office = Office(receive)
    office.create(events=("completed",))

    office.clock.advance(60)

    assert office.attempts == []
    assert office.webhooks.due() is None


@pytest.mark.parametrize("pause", [0.5, 1.2, 1.7, 3.0, 5.0, 12.0, 120.0])
def test_dump__is_taken_up_again(pause: float) -> None:
    """After a snapshot at any moment, what follows is what would have followed."""

    def refuse_the_end(request: httpx.Request) -> int:
        return 500 if json.loads(request.content)["status"] == "succeeded" else 200

    office = Office(refuse_the_end)
    record = office.create()
    office.clock.advance(pause)
    behind = len(office.webhooks.deliveries)
    state = json.loads(json.dumps(office.webhooks.dump()))
    copy = Office(refuse_the_end, VirtualClock(office.clock.time()))
    copy.webhooks.load(state, {"p": record}.get)
    office.clock.advance(120)
    copy.clock.advance(120)

    assert behind + len(copy.webhooks.deliveries) == 3 + 7
    assert copy.webhooks.deliveries[:] == office.webhooks.deliveries[behind:]
    assert copy.webhooks.dump() == {"watches": [], "retries": []}


def test_load__replaces_everything() -> None:
    """What was to come before is gone, and so is what belongs to predictions that nobody knows any more."""
    office = Office(Inbox(500))
    office.create()
    office.clock.advance(3)
    other = office.create("other")
    state = office.webhooks.dump()
    assert (len(state["watches"]), len(state["retries"])) == (1, 1)

    office.webhooks.load(state, {"other": other}.get)
    assert office.attempts == []
    office.clock.advance(120)

    assert {one.prediction_id for one in office.webhooks.deliveries} == {"other"}


def attempt(number: int, *, tenant: str = "me", body: str = "{}") -> Attempt:
    return Attempt(
        id=f"msg_{number}",
        prediction_id="p",
        event="logs",
        number=1,
        time=float(number),
        url=URL,
        status=200,
        reason=None,
        retry_at=None,
        fault=None,
        tenant=tenant,
        body=body,
    )


def test_record__is_bounded() -> None:
    """The oldest attempts go when there are too many or their bodies are too long, and they are counted."""
    deliveries = Deliveries(limit=3, bodies_limit=100)
    for number in range(5):
        deliveries.record(attempt(number))
    assert [one.time for one in deliveries] == [2.0, 3.0, 4.0]
    assert deliveries.dropped == 2
    assert deliveries.latest("msg_1") is None

    deliveries.record(attempt(5, body="x" * 97))
    assert [one.time for one in deliveries[:]] == [4.0, 5.0]
    deliveries.record(attempt(6, body="x" * 1000))
    assert (len(deliveries), deliveries[-1].time, deliveries.dropped) == (1, 6.0, 6)
    deliveries.record(attempt(7))
    assert (len(deliveries), deliveries[0].time) == (1, 7.0)

    deliveries.clear()
    assert (len(deliveries), deliveries.dropped) == (0, 0)
    deliveries.load(attempt(number, tenant=f"t{number % 2}", body="x" * 30) for number in range(3))
    deliveries.clear("t1")
    assert [one.time for one in deliveries] == [0.0, 2.0]
    deliveries.record(attempt(3, body="x" * 41))
    assert ([one.time for one in deliveries], deliveries.dropped) == ([2.0, 3.0], 1)
    deliveries.clear("t1")
    assert deliveries.dropped == 1
    assert "xxx" not in repr(deliveries[0])


def test_runs__are_equal() -> None:
    """Two runs give the same attempts to the last byte, and no two deliveries share an id."""

    def run() -> list[Attempt]:
        office = Office(Inbox(200, 500))
        office.create("a")
        office.create("b")
        office.clock.advance(120)
        return office.webhooks.deliveries[:]

    first = run()
    assert first == run()
    assert len({one.id for one in first}) == 2 * 4
    assert all(one.id.startswith("msg_") and one.id.isascii() for one in first)


@pytest.mark.parametrize("wrap", [as_function, as_coroutine_function, App])
def test_real_clock__delivers_in_the_background(wrap: Callable[[Inbox], Callable[..., Any]]) -> None:
    """A thread delivers what falls due, in order and with bodies of the right moments, and ends when all is done."""
    inbox = Inbox(200, 200, 200, 500, 500, 200)
    office = Office(wrap(inbox), RealClock(speed=1000))
    office.create()
    office.clock.run_due()

    finish_background_work()

    assert [one.event for one in office.webhooks.deliveries] == ["start", "logs", "logs", *["completed"] * 3]
    told = [json.loads(one.body)["after"] for one in office.webhooks.deliveries]
    assert told == [pytest.approx(after, abs=1e-5) for after in (1.0, 1.5, 2.0, 3.0, 3.0, 3.0)]
    assert office.webhooks.due() is None


def test_real_clock__is_closed_in_the_middle() -> None:
    """A delivery that never ends is broken off."""
    begun = threading.Event()

    async def hang(request: httpx.Request) -> None:
        begun.set()
        await anyio.sleep_forever()

    clock = RealClock(speed=1000)
    office = Office(hang, clock)
    office.create()
    clock.run_due()
    assert begun.wait(10)

    clock.close()

    finish_background_work()
    assert [(one.event, one.status) for one in office.webhooks.deliveries] == [("start", None)]
    assert (office.webhooks.deliveries[0].reason or "").startswith("canceled: ")


def finish_background_work() -> None:
    for thread in threading.enumerate():
        if thread.name == "zeroscope_mock clock":
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.anyio
async def test_delivery__of_a_task_that_is_canceled_is_tried_again() -> None:
    """Nobody knows whether it has arrived, so it is recorded as broken off and sent once more."""
    calls: list[httpx.Request] = []

    async def receive(request: httpx.Request) -> int:
        calls.append(request)
        if len(calls) == 1:
            await anyio.sleep_forever()
        return 200

    office = Office(receive)
    office.create(events=("completed",))
    async with anyio.create_task_group() as group:
        group.start_soon(office.clock.sleep_async, 60)
        while not calls:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    await office.clock.advance_async(60)

    assert [attempt.status for attempt in office.webhooks.deliveries] == [None, 200]
    assert (office.webhooks.deliveries[0].reason or "").startswith("canceled: ")
    assert [attempt.number for attempt in office.webhooks.deliveries] == [1, 2]
    assert calls[0].content == calls[1].content != b""


@pytest.mark.parametrize("moment", [0.5, 1.2, 3.5])
def test_forget__leaves_nothing_to_send(moment: float) -> None:
    """Before, between and after the events of one prediction, while another goes on as ever."""
    office = Office(Inbox(500))
    for id in ("p", "other"):
        office.create(id)
    office.clock.advance(moment)
    behind = len(office.webhooks.deliveries)

    office.webhooks.forget("p")
    office.webhooks.forget("p")

    state = office.webhooks.dump()
    assert {one["prediction"] for kind in ("watches", "retries") for one in state[kind]} == {"other"}
    office.clock.advance(120)
    assert {one.prediction_id for one in office.webhooks.deliveries[behind:]} == {"other"}
    assert sum(one.prediction_id == "other" for one in office.webhooks.deliveries) == 3 + 7
    assert office.webhooks.due() is None


def test_forget__of_what_is_under_way() -> None:
    """It is written down, and says that it is not tried again."""

    def receive(request: httpx.Request) -> int:
        office.webhooks.forget("p")
        return 500

    office = Office(receive)
    office.create(events=("completed",))

    office.clock.advance(60)

    assert office.attempts == [("completed", 3.0, 500)]
    assert office.webhooks.deliveries[0].retry_at is None
    assert office.webhooks.due() is None


def test_forget__after_load() -> None:
    """What came from a snapshot is forgotten like anything else."""
    office = Office(Inbox(500))
    record = office.create(events=("completed",))
    office.clock.advance(3)
    office.webhooks.load(office.webhooks.dump(), {"p": record}.get)
    assert office.webhooks.due() == office.start + 4

    office.webhooks.forget("p")

    assert office.webhooks.due() is None


def test_forget__spares_what_is_sent_by_hand() -> None:
    """Of a delivery that was asked for, the body is at hand."""
    office = Office(Inbox())
    office.create(events=("start",))
    office.clock.advance(2)
    office.webhooks.redeliver(office.webhooks.deliveries[0].id)

    office.webhooks.forget("p")
    office.clock.run_due()

    assert office.attempts == [("start", 1.0, 200), ("start", 2.0, 200)]


def test_forget__frees_the_memory() -> None:
    """On a clock that stands still, too, what was forgotten does not pile up."""
    office = Office(Inbox())
    tracemalloc.start()
    try:
        for number in range(2000):
            office.create(f"{number}")
            office.webhooks.forget(f"{number}")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 200_000
    assert office.webhooks.due() is None
