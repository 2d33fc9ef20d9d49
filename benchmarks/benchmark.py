"""One run of the benchmarks, as its rows see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .environments import Places
from .measurement import Row


@dataclass(frozen=True)
class Bench:
    """What a row is measured with.

    Args:
        places: The environments of the peers.
        quick: Whether it is enough to see that a row can be measured.
        folder: Where files may be written that nobody needs afterwards.
    """

    places: Places
    quick: bool
    folder: Path

    def choose(self, usual: int, quick: int) -> int:
        """A number of rounds, calls or things: the usual one, or the one for a quick run."""
        return quick if self.quick else usual


@dataclass(frozen=True)
class Benchmark:
    """Rows that are measured together.

    Args:
        title: What it measures, in the words that `--only` looks for.
        run: Measures, and tells of each row as soon as it is known.
    """

    title: str
    run: Callable[[Bench], Iterable[Row]]

    def asked_for(self, words: Iterable[str]) -> bool:
        """Whether all of the words are in the title."""
        return all(word.lower() in self.title.lower() for word in words)
