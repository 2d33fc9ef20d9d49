"""The explanation of a failed verification, with the nearest call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..journal import Exchange
from ..journal.lines import table
from ..journal.single_line import single_line
from .call_count import CallCount, times_in_words
from .expectation import Expectation

_SHOWN = 10
"""How many of the calls that match are listed."""

_PATH_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a verification that failed.

    Args:
        expectation: What calls were to have.
        count: How many of them there were to be.
        exchanges: All exchanges, oldest first.
        about: Those of the operation.
        matching: Those of them that are as expected.
        order: The operations that were not called in this order, if that is the reason.
        in_order: The calls of the first of them.
        dropped: How many earlier exchanges the journal does not have any more.
        start: When the server's clock began, in seconds since 1970 on that clock.
    """

    expectation: Expectation
    count: CallCount
    exchanges: Sequence[Exchange]
    about: Sequence[Exchange]
    matching: Sequence[Exchange]
    order: Sequence[str]
    in_order: Sequence[Exchange]
    dropped: int
    start: float

    def line(self, exchange: Exchange) -> str:
        """An exchange on one line."""
        answered = "cut off" if exchange.status is None else exchange.status
        path = single_line(exchange.path, _PATH_LENGTH)
        time = exchange.time - self.start
        return f"exchange {exchange.number} after {time:.3f} s: {exchange.method} {path}, {answered}"


def explain(outcome: Outcome) -> str:
    """Say why a verification failed, in several lines."""
    return "\n".join([*_expected(outcome), *_found(outcome), *_journal(outcome)])


def _expected(outcome: Outcome) -> Iterator[str]:
    """What was expected, up to `but`."""
    fields = outcome.expectation.lines()
    operation = outcome.expectation.operation or "any operation"
    if outcome.order:
        yield f"Expected calls in the order {', '.join(outcome.order)},"
        fields = [f"{operation} with {field}" for field in fields]
    else:
        yield f"Expected {operation} {outcome.count}{' with' if fields else ','}"
    yield from _indented(fields)


def _found(outcome: Outcome) -> Iterator[str]:
    """What there was instead, from `but` on."""
    about, matching = outcome.about, outcome.matching
    if outcome.order:
        missing = outcome.order[len(outcome.in_order)]
        yield f"but {missing} was not called{' after' if outcome.in_order else '.'}"
        yield from _indented(map(outcome.line, outcome.in_order))
    elif outcome.dropped and len(matching) in outcome.count:
        yield "but this cannot be told: the journal dropped earlier calls, and journal_limit says how many it keeps."
    elif not about:
        yield "but it was never called."
    elif len(about) == len(matching) and not outcome.expectation.lines():
        yield f"but it was called {times_in_words(len(about))}."
    elif len(matching) < outcome.count.least:
        yield f"but {_share(matching, about)}."
        yield from _nearest(outcome)
    else:
        yield f"but {_share(matching, about)}:"
        yield from _indented(map(outcome.line, matching[:_SHOWN]))
        if (more := len(matching) - _SHOWN) > 0:
            yield f"  and {more} more"


def _share(matching: Sequence[Exchange], about: Sequence[Exchange]) -> str:
    if len(about) == 1:
        return "its only call matches" if matching else "its only call does not match"
    count = len(matching) or "none"
    return f"{count} of its {len(about)} calls {'matches' if len(matching) <= 1 else 'match'}"


def _nearest(outcome: Outcome) -> Iterator[str]:
    """The call that differs least from what was expected, the latest of several, and how."""
    matching = {id(exchange) for exchange in outcome.matching}
    others = [exchange for exchange in outcome.about if id(exchange) not in matching]
    if not others:
        return
    differing = [list(outcome.expectation.differences(exchange)) for exchange in others]
    distances = [sum(difference.distance for difference in each) for each in differing]
    place = min(range(len(others)), key=lambda place: (distances[place], -place))
    yield f"Nearest: {outcome.line(others[place])}"
    yield from _indented(map(str, differing[place]))


def _journal(outcome: Outcome) -> Iterator[str]:
    count = len(outcome.exchanges) + outcome.dropped
    yield f"Journal, {count} exchange{'' if count == 1 else 's'}:"
    yield from _indented(table(outcome.exchanges, outcome.dropped, outcome.start).splitlines())


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)
