"""The cost of predictions: the time that the service would have billed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..lifecycle.billing import Billed, billed_seconds
from ..state import State


@dataclass(frozen=True, slots=True)
class ModelCost:
    """The cost of the predictions of one model.

    Args:
        predictions: How many were made.
        seconds: How long they ran until now, in seconds of the service's compute.
    """

    predictions: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What the predictions of a server would have cost.

    Args:
        predictions: How many were made, with trainings, which are predictions to the service as well.
        seconds: How long they ran until now, in seconds of the service's compute, whatever the server's speed.
        by_model: The same for each model, by `owner/name`, the most expensive one first.

    Example:
        >>> server.cost.seconds
        34.5
    """

    predictions: int = 0
    seconds: float = 0.0
    by_model: Mapping[str, ModelCost] = field(default_factory=dict)


def cost_of(state: State, tenant: str | None = None) -> Cost:
    """The cost of all predictions since the start or the last reset, with those that the store dropped.

    Args:
        state: The server's.
        tenant: The only tenant whose predictions count; all if left out.
    """
    with state.lock:
        now = state.clock.time()
        records = [record for record in state.store.predictions() if tenant in (None, record.tenant)]
        dropped = state.store.billed(tenant)
    sums = defaultdict(Billed, dropped)
    for record in records:
        sums[record.model or record.version].add(billed_seconds(record, now))
    by_model = {
        model: ModelCost(billed.predictions, round(billed.seconds, 6))
        for model, billed in sorted(sums.items(), key=lambda item: (-item[1].seconds, item[0]))
    }
    return Cost(
        predictions=sum(one.predictions for one in by_model.values()),
        seconds=round(sum(billed.seconds for billed in sums.values()), 6),
        by_model=by_model,
    )
