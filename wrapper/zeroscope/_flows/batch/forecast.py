"""Forecasts of the ends of predictions, from the progress bars in their logs."""

from __future__ import annotations

import re
from collections import deque
from statistics import fmean
from typing import NamedTuple

from ...logs import parse_progress

# The last characters of a log, which hold its last progress bar.
_TAIL = 400
# The speed in a bar of tqdm's, which is rounded, for example in `[00:02<00:01, 15.8it/s]`.
_SPEED = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(it/s|s/it)")
# The most readings of a bar that are remembered, and over how many steps they must go to be better than its own speed.
_READINGS = 20
_MEASURED = 8
# The steps that a bar may be from where it was expected, before the measurement begins anew.
_SURPRISE = 3.0
# The most delays that are remembered, and the share of them that the expected one exceeds: a poll that comes too early
# costs a request.
_DELAYS = 50
_QUANTILE = 0.7


class Forecast:
    """Estimates when the progress bar of one prediction is full, by a straight line through what it showed so far."""

    __slots__ = ("_line", "_readings", "_speed", "_total", "full_at")

    def __init__(self) -> None:
        self.full_at: float | None = None
        """When the bar is full, on the monotonic clock; None if that is not known."""
        self._total = 0
        # The last speed that the bar named, in steps per second.
        self._speed: float | None = None
        # Moments on the monotonic clock, and the steps at these.
        self._readings: deque[tuple[float, float]] = deque(maxlen=_READINGS)
        # The line through them, if they go over enough steps.
        self._line: _Line | None = None

    def record(self, now: float, logs: str) -> None:
        """Record the log of a running prediction, as it is at a moment on the monotonic clock."""
        tail = logs[-_TAIL:]
        progress = parse_progress(tail)
        if progress is None:
            return
        if progress.total != self._total:
            self._total, self.full_at, self._speed = progress.total, None, None
            self._line = None
            self._readings.clear()
        if progress.current >= progress.total:
            self.full_at = now if self.full_at is None else min(self.full_at, now)
            return
        if found := _SPEED.findall(tail):
            number, unit = float(found[-1][0]), found[-1][1]
            self._speed = number if unit == "it/s" or not number else 1 / number
        # The bar does not move between two steps.
        position = progress.current + 0.5
        if self._line is not None and abs(self._line.at(now) - position) > _SURPRISE:
            self._readings.clear()
        self._readings.append((now, position))
        self._line = self._measured()
        line = self._line or self._named()
        self.full_at = None if line is None else line.reaches(self._total)

    def _measured(self) -> _Line | None:
        """Return the line of least squares through the readings, if these go over enough steps."""
        readings = self._readings
        if len(readings) < 2 or readings[-1][1] - readings[0][1] < _MEASURED:
            return None
        moment, position = self._center()
        square = sum((other - moment) ** 2 for other, _ in readings)
        product = sum((other - moment) * (step - position) for other, step in readings)
        return _Line(moment, position, product / square) if square and product > 0 else None

    def _named(self) -> _Line | None:
        """Return the line through the middle of the readings with the speed that the bar names."""
        return _Line(*self._center(), self._speed) if self._speed else None

    def _center(self) -> tuple[float, float]:
        moments, positions = zip(*self._readings, strict=True)
        return fmean(moments), fmean(positions)


class _Line(NamedTuple):
    """The steps of a bar over time, through a point."""

    moment: float
    position: float
    speed: float

    def at(self, moment: float) -> float:
        return self.position + self.speed * (moment - self.moment)

    def reaches(self, position: float) -> float:
        return self.moment + (position - self.position) / self.speed


class Delay:
    """What passes between a full bar and the end of its prediction, as other predictions have shown."""

    def __init__(self) -> None:
        self._known: deque[float] = deque(maxlen=_DELAYS)
        self.expected = 0.0
        """The delay to expect, in seconds."""

    def record(self, seconds: float) -> None:
        self._known.append(seconds)
        self.expected = sorted(self._known)[int(_QUANTILE * len(self._known))]
