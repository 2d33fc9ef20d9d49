"""The explanation of a failed verification: what was expected, and what came nearest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..journal import Exchange
from .call_count import CallCount, times_in_words
from .expectation import Expectation

_SHOWN = 10
"""How many of the calls that match are listed."""

_FOLDED = 40
"""How many of the latest lines of the journal are shown."""


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
    """

    expectation: Expectation
    count: CallCount
    exchanges: Sequence[Exchange]
    about: Sequence[Exchange]
    matching: Sequence[Exchange]
    order: Sequence[str]
    in_order: Sequence[Exchange]
    dropped: int


def explain(outcome: Outcome) -> str:
    """Say why a verification failed, in several lines."""
    return "\n".join([*_expected(outcome), *_found(outcome), *_dropped(outcome), *_journal(outcome)])


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
        last = f" after exchange {outcome.in_order[-1].number}" if outcome.in_order else ""
        yield f"but {missing} was not called{last}:"
        yield from _indented(_line(exchange) for exchange in outcome.in_order)
    elif outcome.dropped and len(matching) in outcome.count:
        yield "but the journal cannot tell, since it does not have all calls any more."
    elif not about:
        yield "but it was never called."
    elif len(about) == len(matching) and not outcome.expectation.lines():
        yield f"but it was called {times_in_words(len(about))}."
    elif len(matching) < outcome.count.least:
        yield f"but {_share(matching, about)}."
        yield from _nearest(outcome)
    else:
        yield f"but {_share(matching, about)}:"
        yield from _indented(_line(exchange) for exchange in matching[:_SHOWN])
        if more := len(matching) - _SHOWN:
            yield from _indented([f"and {more} more"] if more > 0 else [])


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
    yield f"Nearest: {_line(others[place])}"
    yield from _indented(map(str, differing[place]))


def _dropped(outcome: Outcome) -> Iterator[str]:
    if outcome.dropped:
        exchanges = "exchange" if outcome.dropped == 1 else f"{outcome.dropped} exchanges"
        yield f"The journal dropped the first {exchanges}; journal_limit sets how many it keeps."


def _journal(outcome: Outcome) -> Iterator[str]:
    lines = [_line(exchange) for exchange in outcome.exchanges]
    if not lines:
        yield "The journal is empty: no request has reached the server."
        return
    count = f"{len(outcome.exchanges)} exchange{'' if len(outcome.exchanges) == 1 else 's'}"
    yield f"Journal, {count}{f', the latest {_FOLDED} lines' if len(lines) > _FOLDED else ''}:"
    yield from _indented(lines[-_FOLDED:])


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _line(exchange: Exchange) -> str:
    answered = "cut off" if exchange.status is None else exchange.status
    return f"exchange {exchange.number}, {exchange.method} {exchange.path}, {answered}"
