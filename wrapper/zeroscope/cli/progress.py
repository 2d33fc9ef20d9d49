"""The progress bar, fed by the model's own log lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..prediction import Prediction


@contextmanager
def watch() -> Iterator[Callable[[Prediction], None]]:
    """Show on stderr how predictions get on: a bar on a terminal, otherwise a line for each new status."""
    console = Console(stderr=True)
    if console.is_terminal:
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

    said = ""

    def say(prediction: Prediction) -> None:
        nonlocal said
        if prediction.status != said:
            said = prediction.status
            console.print(f"{prediction.id} {prediction.status}", highlight=False, soft_wrap=True)

    yield say
