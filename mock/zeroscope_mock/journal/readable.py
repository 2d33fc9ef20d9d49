"""The representation of a journal in consoles and notebooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .exchange import Exchange


class ReadableJournal(Sequence[Exchange]):
    """The part of a journal that shows it.

    Its text and its table in a notebook have one line for each exchange, or for several that poll the same in a row.

    Attributes:
        dropped: How many exchanges were dropped because of the limit.
    """

    dropped: int
    _start: Callable[[], float] | None

    def __str__(self) -> str:
        from .lines import table

        return table(self[:], self.dropped, self._began())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} exchanges, {self.dropped} dropped>"

    def _repr_html_(self) -> str:
        from .lines import html_table

        return html_table(self[:], self.dropped, self._began())

    def _began(self) -> float | None:
        return None if self._start is None else self._start()
