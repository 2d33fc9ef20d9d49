"""The progress of a prediction on stderr: a bar on a terminal, else lines."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from .._text import excerpt, log
from ..prediction import Prediction


@contextmanager
def watch() -> Iterator[Callable[[Prediction], None]]:
    """Show a prediction's progress on stderr, and the client's warnings, such as that it cancels the prediction.

    A terminal gets a bar with the steps from the model's own log lines. A pipe, a CI log or a terminal that cannot move
    its cursor (`TERM=dumb`) gets a line with the ID for each new status.

    Yields:
        The function to call with the prediction after each poll.
    """
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    warnings = _Warnings(console)
    log.addHandler(warnings)
    try:
        # rich shows nothing at all of a bar on a dumb terminal.
        with _bar(console) if console.is_terminal and not console.is_dumb_terminal else _lines(console) as update:
            yield update
    finally:
        log.removeHandler(warnings)


class _Warnings(logging.Handler):
    """Prints warnings, above the bar if there is one."""

    def __init__(self, console: Console) -> None:
        super().__init__(logging.WARNING)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        self._console.print(f"zeroscope: {record.getMessage()}", soft_wrap=True)


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[Prediction], None]]:
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[steps]}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bars:
        task = bars.add_task("creating", total=None, steps="")

        def update(prediction: Prediction) -> None:
            step = prediction.progress
            bars.update(
                task,
                description=_label(prediction),
                completed=step.current if step else 0,
                total=step.total if step else None,
                steps=f"{step.current}/{step.total}" if step else "",
            )

        yield update


@contextmanager
def _lines(console: Console) -> Iterator[Callable[[Prediction], None]]:
    printed = ""

    def update(prediction: Prediction) -> None:
        nonlocal printed
        if prediction.status != printed:
            printed = prediction.status
            console.print(_label(prediction), soft_wrap=True)

    yield update


def _label(prediction: Prediction) -> str:
    return f"{excerpt(prediction.id)} {excerpt(prediction.status)}"
