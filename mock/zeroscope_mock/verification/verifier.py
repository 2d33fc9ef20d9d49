"""The verification of the calls that a server received."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

from ..journal import Exchange
from ..state import State
from ..suggestions import did_you_mean
from .call import Call
from .expectation import Expectation
from .explanation import explain
from .order import in_order


class VerificationError(AssertionError):
    """The server did not receive the expected calls; the message says what differs."""


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
        if self.most is None:
            return f"at least {_times(self.least)}"
        if self.least == self.most:
            return "never" if not self.most else f"exactly {_times(self.most)}"
        if not self.least:
            return f"at most {_times(self.most)}"
        return f"{self.least} to {self.most} times"


def verify(
    exchanges: Sequence[Exchange],
    expectation: Expectation,
    count: CallCount,
    order: Sequence[str] | None = None,
    *,
    known: Collection[str],
    dropped: int = 0,
) -> list[Call]:
    """Return the calls that are as expected.

    Args:
        exchanges: All that may be, oldest first.
        expectation: What the calls have.
        count: How many there are.
        order: The operations that are called in this order, of which one is that of the expectation.
        known: The names of all operations.
        dropped: How many earlier exchanges the journal does not have any more.

    Raises:
        VerificationError: If there are more or fewer, or if they come in another order.
        ValueError: For an unknown operation, an order without that of the expectation, and an expected token.
    """
    __tracebackhide__ = True
    _check_operations(expectation.operation, order, known)
    _check_headers(expectation)
    about = [exchange for exchange in exchanges if expectation.concerns(exchange)]
    matching = [exchange for exchange in about if not any(expectation.differences(exchange))]
    # Whether there were few enough calls cannot be told from a part of the journal.
    unknown = bool(dropped) and count.most is not None and len(matching) in count
    steps: Sequence[str] = () if order is None or not matching or len(matching) not in count else order
    found = in_order(exchanges, expectation, matching, steps)
    if len(matching) in count and not unknown and len(found) == len(steps):
        return [Call(exchange) for exchange in matching]
    broken = steps if len(found) < len(steps) else ()
    raise VerificationError(
        explain(exchanges, expectation, str(count), about, matching, order=broken, in_order=found, dropped=dropped)
    )


def known_operations(state: State) -> set[str]:
    """The names of the operations of the document, and of older ones that the journal has."""
    return {
        *(operation.id for operation in state.spec.operations()),
        *(exchange.operation for exchange in state.journal if exchange.operation),
    }


def _check_operations(operation: str | None, order: Sequence[str] | None, known: Collection[str]) -> None:
    if isinstance(order, str):
        raise ValueError(f"order is a list of operations, not {order!r}")
    for name in (operation, *(order or ())):
        if name is not None and name not in known:
            raise ValueError(f"there is no operation {name!r}{did_you_mean(str(name), known)}")
    if order is not None and operation not in order:
        raise ValueError(f"order must name {operation!r}, too, since it says where that comes")


def _check_headers(expectation: Expectation) -> None:
    # Nothing would ever match it, and the explanation would show it.
    for name, value in (expectation.headers or {}).items():
        if name.lower() == "authorization" and isinstance(value, str) and "[token]" not in value:
            raise ValueError(
                "the journal has no tokens, so the header Authorization cannot be compared; pass token=..."
            )


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
