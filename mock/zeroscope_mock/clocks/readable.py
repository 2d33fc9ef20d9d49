"""The representation of clocks in consoles and notebooks."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..html_tables import escape, table
from ..times import timestamp


class ReadableClock(ABC):
    """The part of a clock that shows it."""

    @abstractmethod
    def time(self) -> float:
        """The time of day, in seconds since 1970."""

    @property
    @abstractmethod
    def frozen(self) -> bool:
        """Whether only `advance` moves the clock."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {_moment(self.time())}{', frozen' if self.frozen else ''}>"

    def _repr_html_(self) -> str:
        state = "frozen: only advance moves it" if self.frozen else "not frozen"
        rows = [("clock", f"<code>{type(self).__name__}</code>"), ("time", escape(_moment(self.time())))]
        return table([*rows, ("state", state)])


def _moment(seconds: float) -> str:
    try:
        return timestamp(seconds)
    except (ValueError, OverflowError, OSError):
        # A clock can be set to before the year 1.
        return f"{seconds} s since 1970"
