"""The progress of a prediction on stderr: a bar on a terminal, else lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..prediction import Prediction


@contextmanager
def watch() -> Iterator[Callable[[Prediction], None]]:
    """Show a prediction's progress on stderr.

    A terminal gets a bar with the steps from the model's own log lines. A pipe, a CI log or a terminal that cannot move
    its cursor (`TERM=dumb`) gets a line with the ID for each new status.

    Yields:
        The function to call with the prediction after each poll.
    """
    console = Console(stderr=True)
    # rich shows nothing at all of a bar on a dumb terminal.
    if console.is_terminal and not console.is_dumb_terminal:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[steps]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        ) as bars:
            task = bars.add_task("creating", total=None, steps="")

            def update(prediction: Prediction) -> None:
                step = prediction.progress
                bars.update(
                    task,
                    description=f"{prediction.id} {prediction.status}",
                    completed=step.current if step else 0,
                    total=step.total if step else None,
                    steps=f"{step.current}/{step.total}" if step else "",
                )

            yield update
        return

    printed = ""

    def print_status(prediction: Prediction) -> None:
        nonlocal printed
        if prediction.status != printed:
            printed = prediction.status
            console.print(f"{prediction.id} {prediction.status}", highlight=False, markup=False, soft_wrap=True)

    yield print_status
