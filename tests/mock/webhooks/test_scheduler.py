"""The schedule of deliveries, their failures, and their records."""

from __future__ import annotations

import json
import re
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
    ScriptedReceiver,
    WebhookHarness,
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
from zeroscope_mock.webhooks.sender import DeliverySender


def test_deliveries__are_signed_as_their_receivers_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """The headers pass the check of Standard Webhooks at the server's time, and only with the body that was sent."""
    receiver = ScriptedReceiver(503, None)
    harness = WebhookHarness(receiver)

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(harness.clock.time(), tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Now)
    harness.create(events=("completed",))
    harness.clock.advance(60)

    first, again = receiver.requests
    for request in receiver.requests:
        assert Webhook(SECRET).verify(request.content, dict(request.headers))["status"] == "succeeded"
        assert request.headers["content-type"] == "application/json"
        assert re.fullmatch(r"Webhooks/1\.66\.0 \(sender-\w+\)", request.headers["user-agent"])
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        Webhook(SECRET).verify(first.content + b" ", dict(first.headers))
    assert first.headers["webhook-timestamp"] == str(int(harness.start) + 3)
    assert again.headers["webhook-timestamp"] == str(int(harness.start) + 4)
    assert first.headers["webhook-id"] == again.headers["webhook-id"] == harness.scheduler.deliveries[0].id
    assert first.headers["webhook-signature"] != again.headers["webhook-signature"]
    assert first.content == again.content


def test_deliveries__of_all_predictions_are_in_order() -> None:
    """What is due earlier is sent earlier, whichever was created first."""
    harness = WebhookHarness(ScriptedReceiver())
    harness.create("slow", ("start", "completed"), script=replace(SCRIPT, startup_seconds=2.0))
    harness.create("fast", ("start", "completed"))

    harness.clock.advance(60)

    assert [(one.prediction_id, one.event) for one in harness.scheduler.deliveries] == [
        ("fast", "start"),
        ("slow", "start"),
        ("fast", "completed"),
        ("slow", "completed"),
    ]


def test_deliveries__are_sent_during_a_sleep() -> None:
    """When a task that sleeps on the clock wakes, all deliveries due by then have been sent."""
    harness = WebhookHarness(App(ScriptedReceiver()))
    harness.create()

    async def sleep() -> None:
        for seconds, events in ((1.2, 1), (0.5, 2), (5, 4)):
            await harness.clock.sleep_async(seconds)
            assert len(harness.events) == events

    anyio.run(sleep)


def test_many_lines__take_no_memory() -> None:
    """Of 10,000 lines to come, only the next event is kept."""
    harness = WebhookHarness(ScriptedReceiver())
    script = replace(SCRIPT, lines=tuple((number / 100, "x") for number in range(10_000)), run_seconds=100.0)
    tracemalloc.start()
    try:
        harness.create(script=script)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 20_000

    harness.clock.advance(2000)

    assert harness.events == ["start", *["logs"] * 200, "completed"]


@pytest.mark.parametrize("answer", [429, 500, 502, 503, 504, OSError("the line is dead"), "nonsense"])
def test_end__is_sent_until_it_is_received(answer: Any) -> None:
    """The end is sent again, each time after a longer pause, and not after it was received."""
    harness = WebhookHarness(ScriptedReceiver(answer, answer, answer, 200))
    harness.create(events=("completed",))

    harness.clock.advance(3600)

    status = answer if isinstance(answer, int) else None
    assert harness.attempts == [
        ("completed", 3.0, status),
        ("completed", 4.0, status),
        ("completed", 6.0, status),
        ("completed", 10.0, 200),
    ]
    attempts = harness.scheduler.deliveries[:]
    assert [one.number for one in attempts] == [1, 2, 3, 4]
    assert len({(one.id, one.body) for one in attempts}) == 1
    assert [one.retry_at for one in attempts] == [*(one.time for one in attempts[1:]), None]


def test_end__is_abandoned_after_about_a_minute() -> None:
    """The last attempt is about a minute after the end, and says that it is the last."""
    harness = WebhookHarness(ScriptedReceiver(500))
    harness.create(events=("completed",))

    harness.clock.advance(3600)

    assert len(harness.attempts) == len(RETRY_DELAYS) + 1
    assert [one[1] for one in harness.attempts] == [3.0 + sum(RETRY_DELAYS[:n]) for n in range(len(RETRY_DELAYS) + 1)]
    assert 60 <= harness.attempts[-1][1] - 3 <= 66
    assert harness.scheduler.deliveries[-1].retry_at is None
    assert harness.scheduler.due() is None


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 410, 422, 501, 505])
def test_end__is_not_sent_again_after_a_refusal(status: int) -> None:
    """Redirects and other statuses are final."""
    harness = WebhookHarness(ScriptedReceiver(status))
    harness.create(events=("completed",))

    harness.clock.advance(3600)

    assert harness.attempts == [("completed", 3.0, status)]
    assert f"{status}" in str(harness.reasons[0])
    assert ("redirects are not followed" in str(harness.reasons[0])) == (status < 400)


@pytest.mark.parametrize("answer", [503, OSError()])
def test_other_events__are_sent_once(answer: Any) -> None:
    """A missed `start` or `logs` is not sent again."""
    harness = WebhookHarness(ScriptedReceiver(answer, answer, answer, 200))
    harness.create()

    harness.clock.advance(3600)

    assert harness.events == ["start", "logs", "logs", "completed"]
    assert {one.retry_at for one in harness.scheduler.deliveries} == {None}


def test_redeliver__sends_the_same_delivery_again() -> None:
    """Same body and id, later time, next number; it is sent once."""
    receiver = ScriptedReceiver(200, 500)
    harness = WebhookHarness(receiver)
    harness.create(events=("completed",))
    harness.clock.advance(600)
    id = harness.scheduler.deliveries[0].id

    harness.scheduler.redeliver(id)
    # It is no event of a prediction.
    assert harness.scheduler.dump() == {"watches": [], "retries": []}
    harness.clock.run_due()
    harness.clock.advance(600)

    assert harness.attempts == [("completed", 3.0, 200), ("completed", 600.0, 500)]
    assert [(one.id, one.number, one.retry_at) for one in harness.scheduler.deliveries] == [
        (id, 1, None),
        (id, 2, None),
    ]
    first, again = receiver.requests
    assert first.content == again.content
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert int(again.headers["webhook-timestamp"]) == int(harness.start) + 600


def test_redeliver__does_not_disturb_the_retries() -> None:
    """A pending retry takes the number after that of the manual delivery."""
    harness = WebhookHarness(ScriptedReceiver(500, 500, 200))
    harness.create(events=("completed",))
    harness.clock.advance(3)

    harness.scheduler.redeliver(harness.scheduler.deliveries[0].id)
    harness.clock.advance(60)

    assert harness.attempts == [("completed", 3.0, 500), ("completed", 3.0, 500), ("completed", 4.0, 200)]
    assert [one.number for one in harness.scheduler.deliveries] == [1, 2, 3]


def test_redeliver__needs_a_delivery() -> None:
    """The error names the unknown id."""
    harness = WebhookHarness(ScriptedReceiver())
    with pytest.raises(KeyError, match="there is no delivery 'msg_x' among the 0 attempts that are kept"):
        harness.scheduler.redeliver("msg_x")


@pytest.mark.parametrize("updated", [True, False])
def test_cancel__ends_the_events(updated: bool) -> None:
    """After a cancel only the end is sent, at once; no scheduled event is sent even without `update`."""
    harness = WebhookHarness(ScriptedReceiver())
    record = harness.create()
    harness.clock.advance(1.6)

    record.canceled = harness.clock.time()
    if updated:
        harness.scheduler.update(record)
        harness.clock.run_due()
        assert harness.attempts[-1] == ("completed", 1.6, 200)
    harness.clock.advance(60)

    assert harness.events == ["start", "logs", "completed"]
    assert json.loads(harness.scheduler.deliveries[-1].body) == {
        "id": "p",
        "status": "canceled",
        "after": pytest.approx(1.6),
    }
    assert harness.scheduler.due() is None


def test_cancel__at_the_moment_of_the_start_is_told_once() -> None:
    """A receiver that looks at statuses hears of one end: what is sent before it shows a prediction that runs."""
    harness = WebhookHarness(ScriptedReceiver())
    record = harness.create()
    record.canceled = harness.clock.time() + SCRIPT.startup_seconds

    harness.clock.advance(60)

    sent = [(one.event, json.loads(one.body)["status"]) for one in harness.scheduler.deliveries]
    assert sent == [("start", "processing"), ("completed", "canceled")]


def test_cancel__may_leave_nothing_to_send() -> None:
    """Where the end is filtered out, no more events are sent after a cancel."""
    harness = WebhookHarness(ScriptedReceiver())
    record = harness.create(events=("start", "logs"))
    harness.clock.advance(1.6)
    record.canceled = harness.clock.time()

    harness.clock.advance(60)

    assert harness.events == ["start", "logs"]
    assert harness.scheduler.dump() == {"watches": [], "retries": []}


@pytest.mark.parametrize("lifetime", [None, 100.0])
def test_reads__advance_the_events(lifetime: float | None) -> None:
    """Of a prediction that advances by its reads, each read can be sent."""
    harness = WebhookHarness(ScriptedReceiver())
    script = Script(1, 1.0, 3.0, 3, 1.0, output=["mock:file.mp4"], reads=3)
    record = harness.create(script=script, lifetime=lifetime)
    assert harness.scheduler.due() == (lifetime and harness.start + lifetime)

    for _ in range(3):
        harness.clock.advance(10)
        record.reads = (*record.reads, harness.clock.time())
        harness.scheduler.update(record)
        harness.clock.run_due()

    assert harness.attempts == [
        ("start", 10.0, 200),
        ("logs", 10.0, 200),
        ("logs", 20.0, 200),
        ("completed", 30.0, 200),
    ]
    assert harness.scheduler.due() is None


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
    """The operation `receivePredictionEvent` can be made to fail, and the scheduler handles that."""
    receiver = ScriptedReceiver()
    harness = WebhookHarness(receiver)
    set_up = harness.faults.add(operation=DELIVERY, **fault)
    harness.create(events=("completed",))

    harness.clock.advance(60)

    assert [one[1:] for one in harness.attempts] == attempts
    assert len(receiver.requests) == sent
    failures = [one.reason for one in harness.scheduler.deliveries if one.reason]
    assert all(reason.startswith(("the connection ", "answered with ")) for reason in failures)
    assert [one.fault is not None for one in harness.scheduler.deliveries] == [
        number < set_up.hits * (1 + set_up.duplicate) for number in range(len(attempts))
    ]


def test_duplicate__is_one_attempt_sent_twice() -> None:
    """Both have one number; it is sent again only if neither was received."""
    harness = WebhookHarness(ScriptedReceiver(500, 500, 500, 200))
    harness.faults.add(operation=DELIVERY, duplicate=True)
    harness.create(events=("completed",))

    harness.clock.advance(60)

    assert [(one.number, one.status) for one in harness.scheduler.deliveries] == [
        (1, 500),
        (1, 500),
        (2, 500),
        (2, 200),
    ]
    assert [one.retry_at for one in harness.scheduler.deliveries] == [None, harness.start + 4, None, None]


def test_duplicate__is_received_if_one_of_the_two_is() -> None:
    """An event that was received once is not sent again because the second copy failed."""
    harness = WebhookHarness(ScriptedReceiver(200, 500))
    harness.faults.add(operation=DELIVERY, duplicate=True)
    harness.create(events=("completed",))

    harness.clock.advance(60)

    assert [one[1:] for one in harness.attempts] == [(3.0, 200), (3.0, 500)]


def test_malformed__cuts_the_body_that_is_sent() -> None:
    """The receiver gets half of the JSON; the record has all of it, for the next attempt."""
    receiver = ScriptedReceiver()
    harness = WebhookHarness(receiver)
    harness.faults.add(operation=DELIVERY, malformed=True, times=1)
    harness.create(events=("completed",))
    harness.clock.advance(60)
    harness.scheduler.redeliver(harness.scheduler.deliveries[0].id)
    harness.clock.run_due()

    spoiled, whole = (request.content for request in receiver.requests)
    assert spoiled and spoiled != whole and whole.startswith(spoiled)
    assert whole.decode() == harness.scheduler.deliveries[0].body


def test_slow_receiver__gets_events_in_order() -> None:
    """An event that falls due during the delivery of another one of the prediction waits for it."""
    receiver = ScriptedReceiver()
    harness = WebhookHarness(receiver)
    harness.faults.add(operation=DELIVERY, delay=10, times=1)
    harness.create()

    harness.clock.advance(60)

    assert [json.loads(request.content)["after"] for request in receiver.requests] == [1.0, 1.5, 2.0, 3.0]


def test_cancel__by_the_receiver_is_sent_after_its_response() -> None:
    """A receiver that cancels a prediction on its start gets the end next, and not in the middle."""
    order: list[str] = []

    def receive(request: httpx.Request) -> None:
        status = json.loads(request.content)["status"]
        order.append(f"begin {status}")
        if status == "processing":
            record.canceled = harness.clock.time()
            harness.scheduler.update(record)
            harness.clock.run_due()
        order.append(f"end {status}")

    harness = WebhookHarness(receive)
    record = harness.create()

    harness.clock.advance(60)

    assert order == ["begin processing", "end processing", "begin canceled", "end canceled"]


@pytest.mark.parametrize("what", ["body", "secret"])
def test_internal_error__is_a_reason(what: str) -> None:
    """Even if a body or a signature cannot be made, the clock continues."""

    def fail(*args: Any) -> Any:
        raise ValueError("out of ink")

    makers: dict[str, Any] = {"body": body, "secret": lambda tenant: SECRET}
    clock = VirtualClock()
    faults = Faults(Random(0), operations=())
    sender = DeliverySender(clock, faults=faults, receiver=ScriptedReceiver(), **{**makers, what: fail})
    scheduler = WebhookScheduler(clock, sender)
    clock.attach(scheduler)
    hook = Hook(URL, frozenset({"start"}), "", "")
    scheduler.add(Record("p", "me", 0, clock.time(), "v", {}, SCRIPT, hook))

    clock.advance(60)

    assert ["ValueError: out of ink" in str(one.reason) for one in scheduler.deliveries] == [True]


def test_clear__removes_a_tenant() -> None:
    """Pending and sent deliveries are removed for one tenant, and kept for others."""
    harness = WebhookHarness(ScriptedReceiver(500))
    for tenant in ("me", "you"):
        harness.create(f"p-{tenant}", tenant=tenant)
    harness.clock.advance(3)

    harness.scheduler.clear("me")
    assert {one.tenant for one in harness.scheduler.deliveries} == {"you"}
    harness.clock.advance(120)
    assert {one.tenant for one in harness.scheduler.deliveries} == {"you"}
    assert harness.events == ["start", "logs", "logs", *["completed"] * 7]

    harness.scheduler.clear()
    assert (len(harness.scheduler.deliveries), harness.scheduler.due()) == (0, None)


def test_clear__removes_deliveries_in_progress() -> None:
    """A delivery whose prediction is removed before the response arrives is neither recorded nor sent again."""

    def receive(request: httpx.Request) -> int:
        harness.scheduler.clear()
        return 500

    harness = WebhookHarness(receive)
    harness.create(events=("completed",))

    harness.clock.advance(60)

    assert harness.attempts == []
    assert harness.scheduler.due() is None


@pytest.mark.parametrize("pause", [0.5, 1.2, 1.7, 3.0, 5.0, 12.0, 120.0])
def test_dump__can_be_continued(pause: float) -> None:
    """After a snapshot at any time, the same deliveries follow."""

    def refuse_the_end(request: httpx.Request) -> int:
        return 500 if json.loads(request.content)["status"] == "succeeded" else 200

    harness = WebhookHarness(refuse_the_end)
    record = harness.create()
    harness.clock.advance(pause)
    behind = len(harness.scheduler.deliveries)
    state = json.loads(json.dumps(harness.scheduler.dump()))
    copy = WebhookHarness(refuse_the_end, VirtualClock(harness.clock.time()))
    copy.scheduler.load(state, {"p": record}.get)
    harness.clock.advance(120)
    copy.clock.advance(120)

    assert behind + len(copy.scheduler.deliveries) == 3 + 7
    assert copy.scheduler.deliveries[:] == harness.scheduler.deliveries[behind:]
    assert copy.scheduler.dump() == {"watches": [], "retries": []}


class ObservedLock:
    """A lock that has a function called after each release, when other threads may look."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._lock = threading.Lock()
        self._look = look
        self._looking = False

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *error: object) -> None:
        self._lock.release()
        if not self._looking:
            self._looking = True
            self._look()
            self._looking = False


@pytest.mark.parametrize("answer", [503, OSError(), 200])
def test_unsent__is_complete_at_every_moment(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    """Whenever another thread saves, it finds exactly the attempt after those that were recorded by then."""
    harness = WebhookHarness(ScriptedReceiver(answer))
    scheduler = harness.scheduler
    moments: list[tuple[int, list[int], bool]] = []

    def look() -> None:
        unsent, attempts = scheduler.unsent("p"), scheduler.deliveries[:]
        numbers = [1 for one in unsent["watches"] if not one["cursor"]["ended"]]
        numbers += [one["number"] for one in unsent["retries"]]
        moments.append((len(attempts), numbers, bool(attempts) and attempts[-1].retry_at is None))

    monkeypatch.setattr(scheduler, "_lock", ObservedLock(look))
    harness.create(events=("completed",))
    harness.clock.advance(3600)

    assert {ended for *_, ended in moments} == {False, True}
    for attempts, numbers, ended in moments:
        assert numbers == ([] if ended else [attempts + 1]), moments


def test_load__replaces_everything() -> None:
    """Earlier pending deliveries are removed, and so are the entries of unknown predictions."""
    harness = WebhookHarness(ScriptedReceiver(500))
    harness.create()
    harness.clock.advance(3)
    other = harness.create("other")
    state = harness.scheduler.dump()
    assert (len(state["watches"]), len(state["retries"])) == (1, 1)

    harness.scheduler.load(state, {"other": other}.get)
    assert harness.attempts == []
    harness.clock.advance(120)

    assert {one.prediction_id for one in harness.scheduler.deliveries} == {"other"}


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
    """The oldest attempts are dropped when there are too many or their bodies are too long, and they are counted."""
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
        harness = WebhookHarness(ScriptedReceiver(200, 500))
        harness.create("a")
        harness.create("b")
        harness.clock.advance(120)
        return harness.scheduler.deliveries[:]

    first = run()
    assert first == run()
    assert len({one.id for one in first}) == 2 * 4
    assert all(one.id.startswith("msg_") and one.id.isascii() for one in first)


@pytest.mark.parametrize("wrap", [as_function, as_coroutine_function, App])
def test_real_clock__delivers_in_the_background(wrap: Callable[[ScriptedReceiver], Callable[..., Any]]) -> None:
    """A thread sends due deliveries, in order and with the bodies of their times, and ends after the last one."""
    receiver = ScriptedReceiver(200, 200, 200, 500, 500, 200)
    harness = WebhookHarness(wrap(receiver), RealClock())
    harness.create()
    harness.clock.run_due()

    finish_background_work(harness.clock)

    assert [one.event for one in harness.scheduler.deliveries] == ["start", "logs", "logs", *["completed"] * 3]
    times = [json.loads(one.body)["after"] for one in harness.scheduler.deliveries]
    # It may start and end on whole milliseconds.
    assert times == [pytest.approx(after, abs=2.1e-3) for after in (1.0, 1.5, 2.0, 3.0, 3.0, 3.0)]
    assert harness.scheduler.due() is None


def test_real_clock__is_closed_in_the_middle() -> None:
    """A delivery that never ends is canceled."""
    begun = threading.Event()

    async def hang(request: httpx.Request) -> None:
        begun.set()
        await anyio.sleep_forever()

    clock = RealClock()
    harness = WebhookHarness(hang, clock)
    harness.create()
    clock.advance(1.1)
    assert begun.wait(10)

    clock.close()

    finish_background_work(clock)
    assert [(one.event, one.status) for one in harness.scheduler.deliveries] == [("start", None)]
    assert (harness.scheduler.deliveries[0].reason or "").startswith("canceled: ")


def finish_background_work(clock: VirtualClock | RealClock) -> None:
    """Let time pass until the clock's thread has ended."""
    for thread in threading.enumerate():
        if thread.name == "zeroscope_mock clock":
            for _ in range(1000):
                clock.advance(0.1)
                thread.join(0.01)
                if not thread.is_alive():
                    return
            raise AssertionError("there is always something left to send")


@pytest.mark.anyio
async def test_delivery__of_a_task_that_is_canceled_is_tried_again() -> None:
    """Its arrival is unknown, so it is recorded as canceled and sent once more."""
    calls: list[httpx.Request] = []

    async def receive(request: httpx.Request) -> int:
        calls.append(request)
        if len(calls) == 1:
            await anyio.sleep_forever()
        return 200

    harness = WebhookHarness(receive)
    harness.create(events=("completed",))
    async with anyio.create_task_group() as group:
        group.start_soon(harness.clock.sleep_async, 60)
        while not calls:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    await harness.clock.advance_async(60)

    assert [attempt.status for attempt in harness.scheduler.deliveries] == [None, 200]
    assert (harness.scheduler.deliveries[0].reason or "").startswith("canceled: ")
    assert [attempt.number for attempt in harness.scheduler.deliveries] == [1, 2]
    assert calls[0].content == calls[1].content != b""


@pytest.mark.parametrize("moment", [0.5, 1.2, 3.5])
def test_forget__leaves_nothing_to_send(moment: float) -> None:
    """Before, between and after the events of one prediction, while another one continues."""
    harness = WebhookHarness(ScriptedReceiver(500))
    for id in ("p", "other"):
        harness.create(id)
    harness.clock.advance(moment)
    behind = len(harness.scheduler.deliveries)

    harness.scheduler.forget("p")
    harness.scheduler.forget("p")

    state = harness.scheduler.dump()
    assert {one["prediction"] for kind in ("watches", "retries") for one in state[kind]} == {"other"}
    harness.clock.advance(120)
    assert {one.prediction_id for one in harness.scheduler.deliveries[behind:]} == {"other"}
    assert sum(one.prediction_id == "other" for one in harness.scheduler.deliveries) == 3 + 7
    assert harness.scheduler.due() is None


def test_forget__of_a_delivery_in_progress() -> None:
    """It is recorded, and says that it is not sent again."""

    def receive(request: httpx.Request) -> int:
        harness.scheduler.forget("p")
        return 500

    harness = WebhookHarness(receive)
    harness.create(events=("completed",))

    harness.clock.advance(60)

    assert harness.attempts == [("completed", 3.0, 500)]
    assert harness.scheduler.deliveries[0].retry_at is None
    assert harness.scheduler.due() is None


def test_forget__after_load() -> None:
    """Deliveries from a snapshot are removed like others."""
    harness = WebhookHarness(ScriptedReceiver(500))
    record = harness.create(events=("completed",))
    harness.clock.advance(3)
    harness.scheduler.load(harness.scheduler.dump(), {"p": record}.get)
    assert harness.scheduler.due() == harness.start + 4

    harness.scheduler.forget("p")

    assert harness.scheduler.due() is None


def test_forget__keeps_manual_deliveries() -> None:
    """A delivery that was requested by hand has its body."""
    harness = WebhookHarness(ScriptedReceiver())
    harness.create(events=("start",))
    harness.clock.advance(2)
    harness.scheduler.redeliver(harness.scheduler.deliveries[0].id)

    harness.scheduler.forget("p")
    harness.clock.run_due()

    assert harness.attempts == [("start", 1.0, 200), ("start", 2.0, 200)]


def test_forget__frees_the_memory() -> None:
    """On a clock that stands still, too, removed deliveries do not accumulate."""
    harness = WebhookHarness(ScriptedReceiver())
    tracemalloc.start()
    try:
        for number in range(2000):
            harness.create(f"{number}")
            harness.scheduler.forget(f"{number}")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 200_000
    assert harness.scheduler.due() is None
