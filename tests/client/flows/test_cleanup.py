"""The end of a wait by a timeout, Ctrl-C or a canceled task, and what it cancels."""

from __future__ import annotations

import asyncio
import logging
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses, prediction_body
from zeroscope_mock import MockServer


def created() -> httpx.Response:
    """The answer to a create."""
    return httpx.Response(201, json=prediction_body())


def now(status: str) -> httpx.Response:
    """The answer to a read or a cancel."""
    return httpx.Response(200, json=prediction_body(status))


@pytest.mark.parametrize("method", ["run", "wait"])
def test_timeout__cancels_where_that_was_asked_for(harness: Harness, method: str) -> None:
    """With `cancel_on_timeout` the job does not outlive the wait, and the error says what became of it."""

    def answer(request: httpx.Request) -> httpx.Response:
        lines.append(f"{request.method} {request.url.path}")
        return created() if len(lines) == 1 else now("canceled" if lines[-1].endswith("/cancel") else "processing")

    lines: list[str] = []
    client = harness.client(answer)
    wait = client.run if method == "run" else harness.do(client.predictions.create, {}).wait
    with pytest.raises(zeroscope.WaitTimeoutError, match="was still processing after 60 s") as caught:
        harness.do(wait, timeout=60, cancel_on_timeout=True)
    assert lines[-1] == "POST /v1/predictions/gm3q/cancel"
    assert caught.value.prediction.status == "canceled"
    assert caught.value.__notes__ == ["Prediction gm3q was canceled."]


def test_with__cancels_after_ctrl_c() -> None:
    """Ctrl-C in a `with prediction:` cancels it and stays Ctrl-C."""
    script = ScriptedResponses(created(), now("canceled"))
    client = Harness("sync").client(script)
    with pytest.raises(KeyboardInterrupt) as caught, client.predictions.create({}) as prediction:
        raise KeyboardInterrupt
    assert script.lines[1:] == ["POST /v1/predictions/gm3q/cancel"]
    assert prediction.status == "canceled"
    assert caught.value.__notes__ == ["Prediction gm3q was canceled."]


def test_with__cancels_after_a_cancellation() -> None:
    """A task that is canceled in an `async with prediction:` cancels the job, although every await is canceled, too."""
    script = ScriptedResponses(created(), now("canceled"))
    client = Harness("async").client(script)

    async def main() -> None:
        with anyio.CancelScope() as scope:
            async with await client.predictions.create({}):
                scope.cancel()
                await anyio.sleep(60)

    anyio.run(main)
    assert script.lines[1:] == ["POST /v1/predictions/gm3q/cancel"]


@pytest.mark.parametrize("error", [None, ValueError("x"), zeroscope.ZeroscopeError("x")])
def test_with__leaves_the_prediction_running_after_anything_else(harness: Harness, error: Exception | None) -> None:
    """The end of the block, or an ordinary error in it, costs no job its life."""
    script = ScriptedResponses(created())
    client = harness.client(script)

    def sync() -> None:
        with client.predictions.create({}):
            if error:
                raise error

    async def asynchronous() -> None:
        async with await client.predictions.create({}):
            if error:
                raise error

    with pytest.raises(type(error)) if error else nullcontext():
        harness.do(sync if harness.kind == "sync" else asynchronous)
    assert script.lines == ["POST /v1/predictions"]


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_with__does_not_cancel_what_has_ended(status: str) -> None:
    """After the end there is nothing to cancel."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body(status)))
    with pytest.raises(KeyboardInterrupt) as caught, Harness("sync").client(script).predictions.create({}):
        raise KeyboardInterrupt
    assert len(script.requests) == 1 and not hasattr(caught.value, "__notes__")


def test_create_on_its_way__is_awaited_and_canceled() -> None:
    """A task that is canceled while its create is on its way learns of the job all the same, and cancels it."""
    server = MockServer()
    server.faults.add(operation="createPrediction", delay=2)

    async def main() -> None:
        async with server.async_client() as client:
            task = asyncio.create_task(client.run(prompt="a lighthouse"))
            await server.clock.sleep_async(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            (prediction,) = [each async for each in client.predictions.list()]
            assert prediction.status == "canceled"
            assert caught.value.__notes__ == [f"Prediction {prediction.id} was canceled."]

    asyncio.run(main())


class SoftTimeLimitExceeded(Exception):
    """What Celery raises in a signal handler."""


GOES_ON = 'Prediction gm3q goes on; wait for it again with client.predictions.get("gm3q").wait().'
MAY_EXIST = "A prediction may have been created meanwhile; client.predictions.list() shows it."
MAY_RUN = 'Prediction gm3q may still run and be billed; cancel it with client.predictions.cancel("gm3q").'


def test_interrupt__is_logged_before_the_cancel(harness: Harness, caplog: pytest.LogCaptureFixture) -> None:
    """The first interrupt logs a warning with the ID, before the cancel is sent."""
    logged: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/cancel"):
            logged.extend(f"{record.levelname} {record.getMessage()}" for record in caplog.records)
            return now("canceled")
        return created()

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    caplog.set_level(logging.INFO, "zeroscope")
    harness.clock.on_sleep = interrupt
    with pytest.raises(KeyboardInterrupt):
        harness.do(harness.client(answer).run)
    assert logged == ["WARNING interrupted: canceling prediction gm3q"]


@pytest.mark.parametrize("second", [KeyboardInterrupt, SoftTimeLimitExceeded])
def test_second_interrupt__names_what_may_run(harness: Harness, second: type[BaseException]) -> None:
    """An interrupt of the cleanup leaves a note with the prediction that may still run, and how to cancel it."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/cancel"):
            raise second
        return created()

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    harness.clock.on_sleep = interrupt
    with pytest.raises(second) as caught:
        harness.do(harness.client(answer).run)
    assert caught.value.__notes__ == [MAY_RUN]


def test_second_interrupt__of_a_batch_names_all_that_may_run(caplog: pytest.LogCaptureFixture) -> None:
    """After a second Ctrl-C, a note lists the predictions of a batch that were not canceled."""
    harness = Harness("sync")
    lines: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        lines.append(request.url.path)
        if request.url.path.endswith("/p1/cancel"):
            return httpx.Response(200, json=prediction_body("canceled", id="p1"))
        if request.url.path.endswith("/cancel"):
            raise KeyboardInterrupt
        return httpx.Response(201, json=prediction_body(id=f"p{len(lines)}"))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    harness.clock.on_sleep = interrupt
    with pytest.raises(KeyboardInterrupt) as caught:
        harness.client(answer).run_many([{"seed": 1}, {"seed": 2}, {"seed": 3}])
    assert set(caught.value.__notes__) == {
        "1 predictions were canceled.",
        "These predictions go on and may be billed: p2, p3; cancel each with client.predictions.cancel(id).",
    }
    assert "interrupted: canceling 3 predictions" in caplog.messages


def test_second_cancellation__of_a_batch_names_all_that_may_run(caplog: pytest.LogCaptureFixture) -> None:
    """A task that is canceled again during the cleanup of a batch leaves the same note."""
    ids = iter(range(1, 100))
    tasks: list[asyncio.Task[Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/p1/cancel"):
            return httpx.Response(200, json=prediction_body("canceled", id="p1"))
        if request.url.path.endswith("/p2/cancel"):
            tasks[0].cancel()
        if request.url.path.endswith("/cancel"):
            raise httpx.ConnectError("refused")
        return httpx.Response(201, json=prediction_body(id=f"p{next(ids)}"))

    async def main() -> None:
        client = Harness("async").client(answer)
        run = client.run_many([{"seed": 1}, {"seed": 2}], on_update=lambda _: tasks[0].cancel())
        tasks.append(asyncio.create_task(run))
        with pytest.raises(asyncio.CancelledError) as caught:
            await tasks[0]
        assert set(caught.value.__notes__) == {
            "1 predictions were canceled.",
            "These predictions go on and may be billed: p2; cancel each with client.predictions.cancel(id).",
        }

    asyncio.run(main())
    assert caplog.messages[-1].startswith("interrupted again: These predictions go on and may be billed: p2;")


@pytest.mark.parametrize("during", ["sleep", "read"])
@pytest.mark.parametrize("method", ["run", "wait"])
def test_signal__that_raises_leaves_the_prediction_running(harness: Harness, method: str, during: str) -> None:
    """An exception of a signal handler during a wait cancels nothing, and its note says how to wait again."""
    lines: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        lines.append(request.url.path)
        if len(lines) > 1:
            raise SoftTimeLimitExceeded
        return created()

    def limit(_: float) -> None:
        raise SoftTimeLimitExceeded

    client = harness.client(answer)
    wait = client.run if method == "run" else harness.do(client.predictions.create, {}).wait
    if during == "sleep":
        harness.clock.on_sleep = limit
    with pytest.raises(SoftTimeLimitExceeded) as caught:
        harness.do(wait)
    assert caught.value.__notes__ == [GOES_ON]
    assert not any(line.endswith("/cancel") for line in lines)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SoftTimeLimitExceeded])
def test_create__that_is_interrupted_may_have_run(harness: Harness, error: type[BaseException]) -> None:
    """An interrupt in the middle of `predictions.create` leaves a note that a prediction may exist."""

    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(error) as caught:
        harness.do(harness.client(answer).predictions.create, {})
    assert caught.value.__notes__ == [MAY_EXIST]


def test_create__that_fails_by_itself_gets_no_note(harness: Harness) -> None:
    """An error that says whether the create was executed gets no note about it."""
    with pytest.raises(zeroscope.ValidationError) as caught:
        harness.do(harness.client(lambda _: httpx.Response(422)).predictions.create, {})
    assert not hasattr(caught.value, "__notes__")


SIGNAL = """
import signal, threading

import httpx

from helpers.client import Harness, prediction_body

lines, pressed = [], threading.Event()


class SoftTimeLimitExceeded(Exception):
    pass


def handle(*_):
    pressed.set()
    raise {error}


def answer(request):
    lines.append(request.url.path)
    if len(lines) > 1:
        return httpx.Response(200, json=prediction_body("canceled"))
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    # The signal has arrived where the create is waited for; only then comes the answer.
    assert pressed.wait(10)
    return httpx.Response(201, json=prediction_body())


signal.signal(signal.SIGINT, handle)
try:
    Harness("sync").client(answer).run()
except {error} as error:
    print(*lines, *error.__notes__, sep="\\n")
"""
CANCELED = ["/v1/predictions", "/v1/predictions/gm3q/cancel", "Prediction gm3q was canceled."]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows cannot send a signal to a thread")
@pytest.mark.parametrize(
    ("error", "printed"),
    [("KeyboardInterrupt", CANCELED), ("SoftTimeLimitExceeded", ["/v1/predictions", GOES_ON])],
)
def test_create_on_its_way__outlives_a_signal(error: str, printed: list[str]) -> None:
    """A signal during a create does not lose the answer: the job is known, and canceled after Ctrl-C only."""
    # A process of its own, as only the main thread of one gets to know of signals.
    tests = Path(__file__).parents[2]
    program = SIGNAL.format(error=error)
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=tests, capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout.splitlines() == printed
    assert ended.stderr.splitlines()[0] == "interrupted: waiting up to 5 s for requests in flight"


def interrupted_at(number: int, error: type[BaseException]) -> tuple[list[str], list[str]] | None:
    """Run a prediction up to a line of the flows that create it, wait for it and clean up, and raise an error there.

    Returns:
        The requests and the notes; None if there are fewer lines.
    """
    lines: list[str] = []
    left = number

    def answer(request: httpx.Request) -> httpx.Response:
        lines.append(request.url.path)
        if len(lines) == 1:
            return created()
        return now("canceled" if lines[-1].endswith("/cancel") else "processing")

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal left
        if Path(frame.f_code.co_filename).parts[-2:] not in TRACED:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise error
        return trace

    client = Harness("sync").client(answer)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        client.run(timeout=1)
    except BaseException as raised:
        sys.settrace(before)
        # The error of the timeout names the prediction itself.
        if not isinstance(raised, zeroscope.WaitTimeoutError):
            context = raised.__context__
            timed_out = [str(context)] if isinstance(context, zeroscope.WaitTimeoutError) else []
            return lines, getattr(raised, "__notes__", timed_out)
    finally:
        sys.settrace(before)
    return None


TRACED = {("_flows", f"{name}.py") for name in ("create", "wait", "context", "cleanup")}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SoftTimeLimitExceeded])
def test_run__leaves_nothing_unnamed_wherever_it_is_interrupted(error: type[BaseException]) -> None:
    """An interrupt at any line after the create cancels the prediction, or leaves a note about it."""
    number = 0
    after_create = 0
    while (found := interrupted_at(number := number + 1, error)) is not None:
        lines, notes = found
        if lines:
            after_create += 1
            assert notes, f"line {number}"
    assert after_create > 10
