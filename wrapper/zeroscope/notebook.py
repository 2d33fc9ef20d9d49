"""Notebooks: the progress of predictions, and the limit of embedded videos."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from . import _html
from ._text import excerpt
from .logs import Progress

__all__ = ["EMBED_LIMIT", "ProgressDisplay"]

EMBED_LIMIT = 8 * 1024**2
"""How much of videos one view embeds as a whole, in bytes; set it to another number, or to 0 to embed none."""

# The least time between two updates of a display, in seconds.
_INTERVAL = 0.2
_ROWS = 10
# The default display of the cell that created one last, by the cell's execution count.
_by_cell: dict[int, ProgressDisplay] = {}


@dataclass(frozen=True, slots=True)
class _Row:
    """What a display shows of one prediction."""

    status: str
    done: bool
    progress: Progress | None
    error: str | None


class ProgressDisplay:
    """A display of the predictions that run, in the output of a notebook's cell.

    Pass it as `on_update`. In a Jupyter kernel, all calls of a cell that wait share one by default; ``on_update=None``
    shows nothing. Without IPython it shows nothing either. It never raises an error, which would end a wait.

    A wait calls it after every change, lets it show the time after every poll, and the last state at its end.

    Example:
        >>> display = ProgressDisplay()
        >>> for prompt in prompts:
        ...     client.run(prompt=prompt, on_update=display)
    """

    def __init__(self) -> None:
        self._rows: dict[str, _Row] = {}
        # The predictions that have not ended, which may change without a call, as one that is canceled does.
        self._running: dict[str, Any] = {}
        self._waiting = True
        self._stale = False
        self._started = time.monotonic()
        self._updated: float | None = None
        self._elapsed = 0.0
        self._handle: Any = None
        self._lock = threading.Lock()

    def __call__(self, prediction: Any) -> None:
        """Show the state of a prediction, at the latest when the wait for it ends."""
        self._show(prediction, waiting=True)

    def refresh(self, *predictions: Any) -> None:
        """Show how much time has passed; a wait calls this before and after polls, with what it waits for."""
        self._show(*(each for each in predictions if each.id not in self._running and not each.done), waiting=True)

    def finish(self) -> None:
        """Show the last state, at the end of a wait, whatever ends it."""
        self._show(waiting=False)

    def _show(self, *predictions: Any, waiting: bool) -> None:
        # Whatever goes wrong here must not end the wait for a prediction that is paid for.
        try:
            with self._lock:
                self._waiting = waiting
                for prediction in predictions:
                    self._add(prediction)
                self._stale |= bool(predictions or self._running)
                if self._stale:
                    self._update()
        except Exception:
            self._handle = None

    def _add(self, prediction: Any) -> None:
        self._running[prediction.id] = prediction
        # Other states are read only when they are shown, as logs may be long.
        if prediction.done or prediction.id not in self._rows:
            self._read(prediction)

    def _read(self, prediction: Any) -> None:
        done, error = prediction.done, prediction.error
        shown = excerpt(error) if error else None
        self._rows[prediction.id] = _Row(excerpt(prediction.status, 40), done, prediction.progress, shown)
        if done:
            del self._running[prediction.id]

    def _update(self) -> None:
        now = time.monotonic()
        self._elapsed = now - self._started
        is_early = self._updated is not None and now - self._updated < _INTERVAL
        if is_early and self._running and self._waiting:
            return
        for prediction in list(self._running.values()):
            self._read(prediction)
        self._updated, self._stale = now, False
        if self._handle is not None:
            self._handle.update(self)
        elif "IPython" in sys.modules:
            display: Any = import_module("IPython.display").display
            self._handle = display(self, display_id=True)

    def __repr__(self) -> str:
        counts = Counter(row.status for row in self._rows.values())
        shown = ", ".join(f"{count} {status}" for status, count in list(counts.items())[:_ROWS])
        return f"<{type(self).__name__}: {shown or 'no prediction yet'}>"

    def _repr_html_(self) -> str:
        """Return the display as a notebook shows it: a bar for all, and rows for those that run."""
        if not self._rows:
            return _html.note("no prediction yet")
        rows = list(self._rows.items())
        seconds = f"{self._elapsed:.0f} s"
        if not self._waiting and self._running:
            seconds += ", the wait has ended"
        total = ""
        if len(rows) > 1:
            statuses = Counter(row.status for _, row in rows)
            counts = ", ".join(f"{count} {status}" for status, count in list(statuses.items())[:_ROWS])
            ended = sum(row.done for _, row in rows)
            total = f"<div>{_html.bar(ended, len(rows))} {_html.escape(counts)} {_html.note(seconds)}</div>"
            rows = [(id, row) for id, row in rows if not row.done]
        lines = [f"<div>{_line(id, row, '' if total else seconds)}</div>" for id, row in rows[:_ROWS]]
        if len(rows) > _ROWS:
            lines.append(f"<div>{_html.note(f'and {len(rows) - _ROWS} more')}</div>")
        return total + "".join(lines)


def default_display() -> ProgressDisplay | None:
    """Return what shows the progress of a wait unless the caller says otherwise: the cell's display in a kernel."""
    if not in_kernel():
        return None
    shell: Any = sys.modules["IPython"].get_ipython()
    cell = getattr(shell, "execution_count", None)
    # A loop in a cell would leave as many outputs as it makes calls.
    if cell is not None and cell in _by_cell:
        return _by_cell[cell]
    display = ProgressDisplay()
    _by_cell.clear()
    if cell is not None:
        _by_cell[cell] = display
    return display


def in_kernel() -> bool:
    """Whether this process is a kernel of a notebook."""
    try:
        shell: Any = sys.modules["IPython"].get_ipython()
    except (KeyError, AttributeError):
        return False
    return getattr(shell, "kernel", None) is not None


def _line(id: str, row: _Row, seconds: str) -> str:
    progress = row.progress
    steps = f"{progress.current}/{progress.total}" if progress and not row.done else ""
    parts = [
        _html.bar(progress.current, progress.total) if progress and not row.done else "",
        _html.escape(row.status),
        _html.escape(steps),
        _html.escape(row.error) if row.error else "",
        _html.note(" ".join(part for part in (excerpt(id, 40), seconds) if part)),
    ]
    return " ".join(part for part in parts if part)
