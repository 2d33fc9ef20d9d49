"""Scenarios: fixed sequences of requests that reach rules beyond the schemas."""

from collections.abc import Callable

from ..target import Target
from . import completion, inputs, outputs, refusals

Scenario = Callable[[Target], None]

SCENARIOS: dict[str, Scenario] = {
    "refusals": refusals.send_invalid_requests,
    "inputs": inputs.create_at_boundaries,
    "completion": completion.run_to_completion,
    "cancellation": completion.cancel_predictions,
    "create headers": completion.create_with_headers,
    "outputs": outputs.download_outputs,
    "urls": outputs.follow_urls,
}
"""The scenarios that need only the server, in the order in which they run."""

__all__ = ["SCENARIOS", "Scenario"]
