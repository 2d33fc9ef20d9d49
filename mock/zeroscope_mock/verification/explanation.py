"""The explanation of a failed verification: what was expected, and what came nearest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..journal import Exchange
from ..journal.lines import fold
from .expectation import Expectation

_SHOWN = 10
"""How many calls are listed that are as expected."""

_FOLDED = 40
"""How many of the latest lines of the journal are shown."""


def explain(
    exchanges: Sequence[Exchange],
    expectation: Expectation,
    expected: str,
    about: Sequence[Exchange],
    matching: Sequence[Exchange],
    *,
    order: Sequence[str] = (),
    in_order: Sequence[Exchange] = (),
    dropped: int = 0,
) -> str:
    """Say why a verification failed.

    Args:
        exchanges: All exchanges, oldest first.
        expectation: What calls were to have.
        expected: How often, in words.
        about: The exchanges of the operation.
        matching: Those of them that are as expected.
        order: The operations that were not called in this order, if that is the reason.
        in_order: The calls of the first of them.
        dropped: How many earlier exchanges the journal does not have any more.
    """
    fields = expectation.lines()
    subject = expectation.operation or "Any call"
    lines = [f"{subject} was expected {expected}, {_found(about, matching, bool(fields))}"]
    if order:
        lines = [f"{' → '.join(order)} was expected in this order, {_broken(order, in_order)}"]
    if dropped:
        lines.append(
            f"The journal dropped {dropped} earlier exchange{'' if dropped == 1 else 's'}, so that calls may be missing "
            "here; journal_limit sets how many it keeps."
        )
    lines += _section("Expected:", fields)
    if order:
        lines += _section("In order:", [_line(exchange) for exchange in in_order])
    elif matching:
        shown = [_line(exchange) for exchange in matching[:_SHOWN]]
        more = len(matching) - len(shown)
        lines += _section("As expected:", [*shown, *([f"and {more} more"] if more else [])])
    if not order:
        lines += _nearest(expectation, about, matching)
    return "\n".join([*lines, *_journal(exchanges)])


def _found(about: Sequence[Exchange], matching: Sequence[Exchange], conditions: bool) -> str:
    if not about:
        return "but was never called."
    if not conditions:
        return f"but was called {_times(len(about))}."
    if len(about) == len(matching):
        return f"but was called {_times(len(about))}, each time as expected."
    if matching:
        return f"but was called {_times(len(about))}, and {_times(len(matching))} as expected."
    return f"but was called {_times(len(about))}, and never as expected."


def _broken(order: Sequence[str], found: Sequence[Exchange]) -> str:
    missing = order[len(found)]
    return f"but {missing} was not called after {order[len(found) - 1]}." if found else f"but {missing} was not called."


def _nearest(expectation: Expectation, about: Sequence[Exchange], matching: Sequence[Exchange]) -> list[str]:
    """The call that differs least from what was expected, the latest of several, and how."""
    known = {id(exchange) for exchange in matching}
    others = [list(expectation.differences(exchange)) for exchange in about if id(exchange) not in known]
    if not others:
        return []
    candidates = [exchange for exchange in about if id(exchange) not in known]
    distances = [sum(difference.distance for difference in differing) for differing in others]
    place = min(range(len(others)), key=lambda place: (distances[place], -place))
    return _section(f"Nearest: {_line(candidates[place])}", map(str, others[place]))


def _journal(exchanges: Sequence[Exchange]) -> list[str]:
    if not exchanges:
        return ["No request has reached the server."]
    lines = list(fold(exchanges))
    left_out = len(lines) - _FOLDED
    count = f"{len(exchanges)} exchange{'' if len(exchanges) == 1 else 's'}"
    title = f"Journal, {count}{f', the latest {_FOLDED} lines' if left_out > 0 else ''}:"
    return _section(title, lines[-_FOLDED:])


def _section(title: str, lines: Sequence[str] | Iterator[str]) -> list[str]:
    indented = [f"  {line}" for line in lines]
    return [title, *indented] if indented else []


def _line(exchange: Exchange) -> str:
    answered = "cut off" if exchange.status is None else exchange.status
    return f"exchange {exchange.number}, {exchange.method} {exchange.path}, {answered}"


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
