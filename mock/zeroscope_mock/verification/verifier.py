"""The verification of the calls that a server received."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..journal import Exchange
from ..state import State
from ..suggestions import did_you_mean
from .call import Call
from .call_count import CallCount
from .expectation import Expectation
from .explanation import Outcome, explain
from .order import in_order


class VerificationError(AssertionError):
    """The server did not receive the expected calls; the message says what differs."""


def verify(
    state: State,
    expectation: Expectation,
    count: CallCount,
    order: Sequence[str] | None = None,
    *,
    tenant: str | None = None,
) -> list[Call]:
    """Return the calls that are as expected.

    Args:
        state: The server's.
        expectation: What the calls have.
        count: How many there are.
        order: The operations that are called in this order, of which one is that of the expectation.
        tenant: The only tenant whose calls count and are shown; all if left out.

    Raises:
        VerificationError: If there are more or fewer, or if they come in another order.
        ValueError: For an unknown operation, an order without that of the expectation, an expected token, and a part of
            a secret.
    """
    __tracebackhide__ = True
    expectation = expectation.without_secrets(state.secret_names)
    journal = state.journal
    exchanges, dropped = [exchange for exchange in journal[:] if tenant in (None, exchange.tenant)], journal.dropped
    _check_operations(expectation.operation, order, _known_operations(state, exchanges))
    _check_headers(expectation)
    about = [exchange for exchange in exchanges if expectation.concerns(exchange)]
    matching = [exchange for exchange in about if not any(expectation.differences(exchange))]
    # Whether there were few enough calls cannot be told from a part of the journal.
    unknown = bool(dropped) and count.most is not None and len(matching) in count
    counted = len(matching) in count
    steps: Sequence[str] = order if order is not None and matching and counted else ()
    found = in_order(exchanges, expectation, matching, steps)
    if counted and not unknown and len(found) == len(steps):
        return [Call(exchange) for exchange in matching]
    raise VerificationError(
        explain(
            Outcome(
                expectation=expectation,
                count=count,
                exchanges=exchanges,
                about=about,
                matching=matching,
                order=steps if len(found) < len(steps) else (),
                in_order=found,
                dropped=dropped,
                start=state.clock.time() - state.clock.monotonic(),
            )
        )
    )


def _known_operations(state: State, exchanges: Iterable[Exchange]) -> set[str]:
    """The names of the operations of the document, and of older ones that exchanges have."""
    return {
        *(operation.id for operation in state.spec.operations()),
        *(exchange.operation for exchange in exchanges if exchange.operation),
    }


def _check_operations(operation: str | None, order: Sequence[str] | None, known: Collection[str]) -> None:
    if isinstance(order, str):
        raise ValueError(f"order is a list of operations, not {order!r}")
    for name in (operation, *(order or ())):
        if name is not None and name not in known:
            raise ValueError(f"there is no operation {name!r}{did_you_mean(str(name), known)}")
    if order is not None and operation is None:
        raise ValueError("order needs an operation, since it says where that comes")
    if order is not None and operation not in order:
        raise ValueError(f"order must name {operation!r}, too, since it says where that comes")


def _check_headers(expectation: Expectation) -> None:
    # Nothing would ever match it, and the explanation would show it.
    for name, value in (expectation.headers or {}).items():
        if name.lower() == "authorization" and isinstance(value, str) and "[token]" not in value:
            raise ValueError(
                "the journal has no tokens, so the header Authorization cannot be compared; pass token=..., or over "
                "HTTP send the request with that token"
            )
