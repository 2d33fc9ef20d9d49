"""The progress of a batch on stderr: a live table on a terminal, else lines."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from .._service.spec import spec
from .._text import excerpt
from ..prediction import Prediction
from ..results import RunResult
from .progress import NARROW, Estimate, is_live, stderr, warnings_on

QUEUED, SAVED = "queued", "saved"
# Without a terminal, there is a line for each of so many parts of the batch, and one after so much time, in seconds.
_PARTS = 10
_SILENCE = 60.0


class BatchProgress:
    """The counts of a batch, by status.

    Args:
        total: The number of inputs.
        clock: Returns the time, in seconds.
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._estimate = Estimate(clock)
        self._estimate.update(0, total)
        self._running: dict[str, str] = {}
        self._ended: Counter[str] = Counter()
        # What the journal knew has no part in the speed.
        self._at_once = 0
        self.saved = 0
        self._printed = (0, 0.0)
        self._console: Console | None = None

    @contextmanager
    def show(self) -> Iterator[None]:
        """Show the counts, and the client's warnings, until the end."""
        console = stderr()
        with warnings_on(console):
            if is_live(console):
                # A reader of stdout gets the results, and not this console.
                options: Any = {"redirect_stdout": False, "redirect_stderr": False, "transient": True}
                with Live(console=console, get_renderable=lambda: self._table(console.width), **options):
                    yield
            else:
                self._console = console
                yield

    def update(self, prediction: Prediction) -> None:
        """Take over the status of a prediction; one that has ended is counted once its result is known."""
        if not prediction.done:
            self._running[prediction.id] = prediction.status
            self._print()

    def add(self, ids: Iterable[str]) -> None:
        """Count predictions that run, of which nothing else may be known."""
        for id in ids:
            self._running.setdefault(id, "starting")

    def end(self, result: RunResult[Prediction, Any]) -> None:
        """Take over a result."""
        prediction = result.prediction
        is_new = prediction is not None and self._running.pop(prediction.id, None) is not None
        self._at_once += not is_new
        status = "succeeded"
        if result.error is not None:
            # A prediction may succeed without a video.
            status = "failed" if prediction is None or prediction.status == status else prediction.status
        self._ended[status] += 1
        self._estimate.update(self._ended.total() - self._at_once, self._total - self._at_once)
        if is_new:
            self._print()

    def save(self, count: int) -> None:
        """Add a number of videos that are saved."""
        self.saved += count

    @property
    def has_begun(self) -> bool:
        """Whether anything is known of an input."""
        return bool(self._running or self._ended)

    @property
    def running(self) -> int:
        """The number of predictions that have not ended."""
        return len(self._running)

    @property
    def is_unfinished(self) -> bool:
        """Whether inputs are left that have no result."""
        return self._ended.total() < self._total

    @property
    def counts(self) -> dict[str, int]:
        """Return how many inputs have each status, in the order in which they come."""
        counts = Counter(self._running.values()) + self._ended
        counts[QUEUED] = self._total - counts.total()
        known = [QUEUED, *spec()["components"]["schemas"]["PredictionStatus"]["enum"]]
        names = [*known, *sorted(counts.keys() - set(known))]
        return {excerpt(name): counts[name] for name in names if counts[name]}

    def _table(self, width: int) -> RenderableType:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
        for name, count in {**self.counts, SAVED: self.saved}.items():
            table.add_row(name, str(count))
        ended = self._ended.total()
        text = Text(f"{ended}/{self._total}, {self._estimate}", no_wrap=True, overflow="ellipsis")
        if width < NARROW:
            return Group(table, text)
        line = Table.grid(padding=(0, 1))
        line.add_row(ProgressBar(self._total, ended, width=width // 3), text)
        return Group(table, line)

    def _print(self) -> None:
        if self._console is None:
            return
        part = self._ended.total() * _PARTS // self._total
        elapsed = self._estimate.elapsed
        if part > self._printed[0] or elapsed - self._printed[1] >= _SILENCE:
            self._printed = part, elapsed
            counts = ", ".join(f"{count} {name}" for name, count in self.counts.items())
            self._console.print(
                f"{self._ended.total()}/{self._total} ended: {counts}; {self._estimate}", soft_wrap=True
            )
