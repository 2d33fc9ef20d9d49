"""A benchmark, and the context that it runs in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .environments import Environments
from .measurement import Row


@dataclass(frozen=True)
class Context:
    """The context of a run.

    Args:
        environments: The environments of the peers.
        quick: Whether the run only shows that everything can be measured.
        folder: A folder for temporary files.
    """

    environments: Environments
    quick: bool
    folder: Path

    def choose(self, usual: int, quick: int) -> int:
        """Return the number for a whole run or the one for a quick run, of rounds or calls for example."""
        return quick if self.quick else usual


@dataclass(frozen=True)
class Benchmark:
    """One or more rows that are measured together.

    Args:
        title: The title, which `--only` searches.
        run: Measures, and yields each row as soon as it is complete.
    """

    title: str
    run: Callable[[Context], Iterable[Row]]

    def matches(self, words: Iterable[str]) -> bool:
        """Return whether the title has all of some words."""
        return all(word.lower() in self.title.lower() for word in words)
