"""The end of a wait by a timeout, Ctrl-C or a canceled task, and what it cancels."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

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


CTRL_C = """
import signal, threading

import httpx

from helpers.client import Harness, prediction_body

lines, pressed = [], threading.Event()


def ctrl_c(*_):
    pressed.set()
    raise KeyboardInterrupt


def answer(request):
    lines.append(request.url.path)
    if len(lines) > 1:
        return httpx.Response(200, json=prediction_body("canceled"))
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    # The interrupt has arrived where the create is waited for; only then comes the answer.
    assert pressed.wait(10)
    return httpx.Response(201, json=prediction_body())


signal.signal(signal.SIGINT, ctrl_c)
try:
    Harness("sync").client(answer).run()
except KeyboardInterrupt as interrupt:
    print(*lines, *interrupt.__notes__, sep="\\n")
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows cannot send a signal to a thread")
def test_create_on_its_way__outlives_ctrl_c() -> None:
    """Ctrl-C during a create does not lose the answer: the job is known, and canceled."""
    # A process of its own, as only the main thread of one gets to know of signals.
    tests = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", CTRL_C], cwd=tests, capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout.splitlines() == [
        "/v1/predictions",
        "/v1/predictions/gm3q/cancel",
        "Prediction gm3q was canceled.",
    ]
