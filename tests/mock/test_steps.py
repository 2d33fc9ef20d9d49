"""The drivers of flows: what surrounds each step, and whose errors a flow sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from zeroscope_mock import VirtualClock
from zeroscope_mock.protocols import Flow, Step
from zeroscope_mock.steps import Around, RunBlocking, Sleep, drive, drive_async

Run = Callable[[Flow[Any], VirtualClock, Around], Any]


def _run_async(flow: Flow[Any], clock: VirtualClock, during: Around) -> Any:
    return asyncio.run(drive_async(flow, clock, during=during))


@pytest.fixture(params=[drive, _run_async], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Run:
    """Either driver."""
    run: Run = request.param
    return run


@pytest.fixture
def diary() -> list[object]:
    """What happened, in order."""
    return []


def flow(diary: list[object]) -> Flow[str]:
    """A flow of three steps, of which the second fails."""
    try:
        diary.append((yield Sleep(1)))
        try:
            yield RunBlocking(lambda: 1 / 0)
        except ZeroDivisionError:
            diary.append("failed")
        diary.append((yield RunBlocking(lambda: "result")))
        return "end"
    except GeneratorExit:
        diary.append("closed")
        raise


def test_during__surrounds_each_step(run: Run, diary: list[object]) -> None:
    """It is left before the flow gets a result, and may replace the step."""
    clock = VirtualClock()

    @contextmanager
    def during(step: Step) -> Iterator[Step]:
        diary.append("(")
        yield Sleep(5) if isinstance(step, Sleep) else step
        diary.append(")")

    assert run(flow(diary), clock, during) == "end"
    assert diary == ["(", ")", None, "(", "failed", ")", "(", ")", "result"]
    assert clock.monotonic() == 5


@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize("error", [LookupError, asyncio.CancelledError])
def test_error__of_what_surrounds_a_step_ends_the_flow(
    run: Run, diary: list[object], is_early: bool, error: type[BaseException]
) -> None:
    """The flow is closed, and gets neither the error nor a result, be it raised before the step or after it."""
    clock = VirtualClock()

    @contextmanager
    def during(step: Step) -> Iterator[Step]:
        if is_early:
            raise error
        yield step
        raise error

    with pytest.raises(error):
        run(flow(diary), clock, during)
    assert diary == ["closed"]
    assert clock.monotonic() == (0 if is_early else 1)
