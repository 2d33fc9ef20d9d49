"""The progress of predictions on stderr: live on a terminal, else lines."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from .._text import excerpt, log
from ..prediction import Prediction
from .moments import duration

# Narrower terminals get no bar, and still narrower ones no ID.
WIDE, NARROW = 80, 60
# How long a pipe is left without a line while a prediction makes progress, in seconds.
_SILENCE = 30.0


@contextmanager
def watch() -> Iterator[Callable[[Prediction], None]]:
    """Show the progress of predictions on stderr, and the client's warnings, such as that it cancels the prediction.

    A terminal gets a bar for each, with the steps from the model's own log lines, the time so far, and an estimate of
    the rest by these steps; a narrow one gets less. A pipe, a CI log or a terminal that cannot move its cursor
    (`TERM=dumb`) gets a line with the ID for each new status, and now and then one with the steps.

    Yields:
        The function to call with a prediction after each poll.
    """
    console = stderr()
    # rich shows nothing at all of a bar on a dumb terminal.
    with warnings_on(console), _bar(console) if is_live(console) else _lines(console) as update:
        yield update


def stderr() -> Console:
    """Return the console that shows progress."""
    return Console(stderr=True, markup=False, highlight=False, emoji=False)


def is_live(console: Console) -> bool:
    """Whether what a console shows can be replaced."""
    return console.is_terminal and not console.is_dumb_terminal


@contextmanager
def warnings_on(console: Console) -> Iterator[None]:
    """Print the client's warnings, above what is live on the console."""
    warnings = _Warnings(console)
    log.addHandler(warnings)
    try:
        yield
    finally:
        log.removeHandler(warnings)


class Estimate:
    """The time so far, and an estimate of the rest by the speed since the first step that was seen."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._first: tuple[float, int] | None = None
        self._last = (self._began, 0)
        self._total = 0

    def update(self, current: int, total: int) -> None:
        """Take over how many steps are done, of how many."""
        now = self._clock()
        # A model may count several times, such as once for each of its stages.
        if self._first is None or current < self._last[1] or total != self._total:
            self._first = now, current
        if current != self._last[1]:
            self._last = now, current
        self._total = total

    @property
    def elapsed(self) -> float:
        """The time so far, in seconds."""
        return self._clock() - self._began

    @property
    def rest(self) -> float | None:
        """The estimate, in seconds; None before the second step."""
        if self._first is None or self._last[1] <= self._first[1] or self._last[1] >= self._total:
            return None
        pace = (self._last[0] - self._first[0]) / (self._last[1] - self._first[1])
        return max((self._total - self._last[1]) * pace - (self._clock() - self._last[0]), 0.0)

    def __str__(self) -> str:
        rest = self.rest
        return duration(self.elapsed) + (f", about {duration(rest)} left" if rest is not None else "")


class _Warnings(logging.Handler):
    """Prints warnings, above the bar if there is one."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(f"zeroscope: {record.getMessage()}", soft_wrap=True)


class _EstimateColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(str(task.fields["estimate"]), no_wrap=True)


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[Prediction], None]]:
    columns: list[ProgressColumn] = [
        TextColumn("{task.description}", markup=False),
        *([BarColumn()] if console.width >= WIDE else []),
        TextColumn("{task.fields[steps]}", markup=False),
        _EstimateColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as bars:
        waiting: list[TaskID] = [bars.add_task("creating", total=None, steps="", estimate=Estimate())]
        tasks: dict[str, tuple[TaskID, Estimate]] = {}

        def update(prediction: Prediction) -> None:
            if prediction.id not in tasks:
                estimate = Estimate()
                task = waiting.pop() if waiting else bars.add_task("", total=None, steps="", estimate=estimate)
                tasks[prediction.id] = task, estimate
            task, estimate = tasks[prediction.id]
            step = prediction.progress
            if step:
                estimate.update(step.current, step.total)
            bars.update(
                task,
                estimate=estimate,
                description=_label(prediction) if console.width >= NARROW else excerpt(prediction.status),
                completed=step.current if step else 0,
                total=step.total if step else None,
                steps=f"{step.current}/{step.total}" if step else "",
            )

        yield update


@contextmanager
def _lines(console: Console) -> Iterator[Callable[[Prediction], None]]:
    known: dict[str, _Printed] = {}

    def update(prediction: Prediction) -> None:
        before = known.setdefault(prediction.id, _Printed())
        step = prediction.progress
        if step:
            before.estimate.update(step.current, step.total)
        elapsed = before.estimate.elapsed
        if prediction.status != before.status:
            console.print(_label(prediction), soft_wrap=True)
        elif step and elapsed - before.at >= _SILENCE:
            console.print(f"{_label(prediction)} {step.current}/{step.total}, {before.estimate}", soft_wrap=True)
        else:
            return
        before.status, before.at = prediction.status, elapsed

    yield update


@dataclass
class _Printed:
    """What was last printed of a prediction, and when, in seconds since its begin."""

    estimate: Estimate = field(default_factory=Estimate)
    status: str = ""
    at: float = 0.0


def _label(prediction: Prediction) -> str:
    return f"{excerpt(prediction.id)} {excerpt(prediction.status)}"
