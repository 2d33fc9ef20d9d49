"""The assertions of a server about the requests that it received.

Every server has them and few use them, so what they need is imported when it is first used.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..state import State
from ..tenants import tenant_of

if TYPE_CHECKING:
    from .call import Call
    from .cost import Cost


class Assertions(ABC):
    """Looks at what programs asked of a server."""

    @property
    @abstractmethod
    def _state(self) -> State: ...

    @property
    def cost(self) -> Cost:
        """What the predictions since the start or the last reset would have cost at the service.

        Example:
            >>> server.cost.predictions, server.cost.seconds
            (3, 34.5)
        """
        from .cost import cost_of

        return cost_of(self._state)

    def calls(self, operation: str | None = None) -> list[Call]:
        """The calls in the journal, oldest first.

        Args:
            operation: The `operationId` of the calls; all if left out.

        Raises:
            ValueError: For an unknown operation.

        Example:
            >>> [call.input["prompt"] for call in server.calls("createPrediction")]
            ['An astronaut riding a horse']
        """
        self._state.inspected = True
        return self.verify(operation, at_least=0)

    def verify(
        self,
        operation: str | None = None,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        input: Any = None,
        headers: Mapping[str, Any] | None = None,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        status: Any = None,
        prediction: str | None = None,
        token: str | None = None,
        order: Sequence[str] | None = None,
    ) -> list[Call]:
        """Check that programs made the calls that they should have made, and return these.

        An expected value is a plain value, a matcher such as `contains("horse")`, a type, or a function that returns
        whether it accepts a value; also inside dicts and lists. A dict expects its keys and admits others.

        Args:
            operation: The `operationId`; a call of any operation if left out.
            times: The exact number of calls; 0 for never.
            at_least: The lowest number; 1 unless another number is given.
            at_most: The highest number.
            input: The input's fields.
            headers: The request's headers, by their names in any case.
            body: The request's body: a JSON value, or text if it is no JSON.
            query: The parameters of the query, as text.
            status: The response's status; without it, refused calls count as well.
            prediction: The id of the prediction that the call created, read, canceled or streamed.
            token: The bearer token.
            order: Operations that were called in this order, others between them. The operation itself must be among
                them, where only calls that are as expected count. With `prediction`, all are about that.

        Raises:
            VerificationError: If the calls are others; an AssertionError whose message shows the nearest call, what
                differs, and the journal.
            ValueError: For an unknown operation, numbers that contradict each other, and an order without the
                operation.

        Example:
            >>> server.verify("createPrediction", times=1, input={"prompt": contains("horse"), "width": 576})
            >>> server.verify("cancelPrediction", order=["createPrediction", "getPrediction", "cancelPrediction"])
            >>> server.verify("createPrediction", times=0, status=422)
        """
        from .call_count import CallCount
        from .expectation import Expectation
        from .verifier import verify

        __tracebackhide__ = True
        state = self._state
        if status is not None:
            state.inspected = True
        expectation = Expectation(
            operation=operation,
            input=input,
            headers=headers,
            body=body,
            query=query,
            status=status,
            prediction=prediction,
            tenant=tenant_of(token) if token else None,
        )
        return verify(state, expectation, CallCount.of(times, at_least, at_most), order)
