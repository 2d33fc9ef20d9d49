"""The order of calls: which operations were called one after another."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..journal import Exchange
from .expectation import Expectation


def in_order(
    exchanges: Sequence[Exchange], expectation: Expectation, matching: Collection[Exchange], order: Sequence[str]
) -> list[Exchange]:
    """The first exchanges of operations that were called in an order, others between them; fewer if the order ends.

    Args:
        exchanges: All exchanges, oldest first.
        expectation: Names the operation of which only some calls count, and perhaps the prediction that all are about.
        matching: Those calls.
        order: The operations.
    """
    found: list[Exchange] = []
    counting = {id(exchange) for exchange in matching}
    for exchange in exchanges:
        if len(found) == len(order):
            break
        step = order[len(found)]
        if exchange.operation != step or expectation.prediction not in (None, exchange.prediction):
            continue
        if step != expectation.operation or id(exchange) in counting:
            found.append(exchange)
    return found
