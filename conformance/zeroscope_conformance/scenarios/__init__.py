"""Scenarios: fixed sequences of requests that reach rules beyond the schemas."""

from collections.abc import Callable

from ..target import Target
from . import (
    accounts,
    authentication,
    completion,
    concurrency,
    creates,
    files,
    headers,
    inputs,
    outputs,
    refusals,
    streams,
    versions,
)

Scenario = Callable[[Target], None]

SCENARIOS: dict[str, Scenario] = {
    "refusals": refusals.send_invalid_requests,
    "authentication": authentication.use_schemes,
    "versions": versions.name_versions,
    "inputs": inputs.create_at_boundaries,
    "completion": completion.run_to_completion,
    "cancellation": completion.cancel_predictions,
    "held creates": headers.hold_creates,
    "limited runs": headers.limit_runs,
    "outputs": outputs.download_outputs,
    "urls": outputs.follow_urls,
    "streams": streams.read_stream,
    "files": files.upload_file,
    "creates": creates.count_creates,
    "concurrency": concurrency.send_at_once,
    "accounts": accounts.separate_accounts,
}
"""The scenarios that need only the server, in the order in which they run."""

__all__ = ["SCENARIOS", "Scenario"]
