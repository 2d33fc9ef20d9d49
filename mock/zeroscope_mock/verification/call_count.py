"""The number of calls that are expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class CallCount:
    """How many calls are expected.

    Args:
        least: The lowest number.
        most: The highest number; None for any.
    """

    least: int
    most: int | None

    @classmethod
    def of(cls, times: int | None, at_least: int | None, at_most: int | None) -> Self:
        """The expected number: exactly `times`, or from `at_least` to `at_most`, or at least once.

        Raises:
            ValueError: For numbers that are no numbers of calls or contradict each other.
        """
        for name, number in (("times", times), ("at_least", at_least), ("at_most", at_most)):
            if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 0):
                raise ValueError(f"{name} is a number of calls, not {number!r}")
        if times is not None:
            if at_least is not None or at_most is not None:
                raise ValueError("times is an exact number of calls; leave at_least and at_most out")
            return cls(times, times)
        if at_least is None:
            at_least = 1 if at_most is None else 0
        if at_most is not None and at_least > at_most:
            raise ValueError(f"no number of calls is at least {at_least} and at most {at_most}")
        return cls(at_least, at_most)

    def __contains__(self, count: int) -> bool:
        return self.least <= count and (self.most is None or count <= self.most)

    def __str__(self) -> str:
        """What is expected of an operation, such as `to be called exactly once`."""
        if self.most is None:
            return f"to be called at least {times_in_words(self.least)}"
        if self.least == self.most:
            return f"to be called exactly {times_in_words(self.most)}" if self.most else "never to be called"
        if not self.least:
            return f"to be called at most {times_in_words(self.most)}"
        return f"to be called {self.least} to {self.most} times"


def times_in_words(number: int) -> str:
    """A number of calls, such as `once` or `2 times`."""
    return "once" if number == 1 else f"{number} times"
