"""The operations under `/_mock/` that verify calls and add up costs.

What they need is imported when it is first used, so that it does not delay the start of every server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..documents.invalid_field import InvalidField
from ..journal.summary import summary
from ..messages import Response, json_response
from ..operations.calls import Handler, OperationCall
from ..problems import invalid, problem
from ..protocols import Flow
from ..state import State
from .calls import scope

if TYPE_CHECKING:
    from ..verification.expectation import Expectation

_OBJECTS = ("input", "body", "headers", "query")


class VerificationOperations:
    """Verifies calls, and returns the cost of predictions."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"getCost": self._cost, "verifyCalls": self._verify}

    def _cost(self, call: OperationCall) -> Flow[Response]:
        # Without the lock, which would stop the server while a million predictions are added up.
        yield from ()
        from ..verification.cost import cost_of

        cost = cost_of(self._state, scope(call))
        models = [
            {"model": model, "predictions": one.predictions, "seconds": one.seconds}
            for model, one in cost.by_model.items()
        ]
        return json_response(200, {"predictions": cost.predictions, "seconds": cost.seconds, "models": models})

    def _verify(self, call: OperationCall) -> Flow[Response]:
        # Without the lock, for the same reason.
        yield from ()
        from ..verification.call_count import CallCount
        from ..verification.json_matchers import MatcherError
        from ..verification.verifier import VerificationError, verify

        state, sent = self._state, call.body
        if sent.get("status") is not None:
            state.inspected = True
        try:
            count = CallCount.of(*(_integer(sent.get(name)) for name in ("times", "at_least", "at_most")))
            calls = verify(state, _expectation(sent), count, sent.get("order"), tenant=scope(call))
        except VerificationError as error:
            return problem(409, str(error), title="Verification failed")
        except MatcherError as error:
            return invalid([InvalidField("invalid_matcher", error.field, str(error))])
        except ValueError as error:
            return invalid([InvalidField("invalid_expectation", "", str(error))])
        found = [summary(one.exchange) for one in calls]
        return json_response(200, {"count": len(found), "exchanges": found})


def _expectation(sent: dict[str, Any]) -> Expectation:
    from ..verification.expectation import Expectation
    from ..verification.json_matchers import read_matchers

    expected: dict[str, Any] = {
        name: read_matchers(sent[name], name) for name in _OBJECTS if sent.get(name) is not None
    }
    return Expectation(
        operation=sent.get("operation"),
        status=_integer(sent.get("status")),
        prediction=sent.get("prediction"),
        **expected,
    )


def _integer(number: float | None) -> int | None:
    # JSON has one kind of number, so 1.0 is an integer.
    return None if number is None else int(number)
