"""A delivery: an event on its way to the webhook of a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from ..lifecycle.record import Hook, Record

Alteration = Literal["forged", "late", "doubled"]
"""What may be wrong with a delivery that is sent again on purpose."""

ALTERATIONS: Mapping[Alteration, str] = {
    "forged": "forged: signed with another key",
    "late": "late: signed an hour ago",
    "doubled": "doubled: sent twice",
}
"""The alterations, each in words."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """One event on its way to one webhook, through all attempts.

    Args:
        id: What the receiver sees as `webhook-id`.
        prediction_id: The id of the prediction.
        tenant: The tenant that created the prediction.
        event: The kind of the event.
        url: The webhook.
        record: The prediction; None for a delivery of which only the body is left.
        time: The moment that the body describes, in seconds since 1970.
        body: The body, for a delivery without a record.
        number: The number of the next attempt, counted from 1.
        delays: The seconds before each further attempt.
        alteration: What is wrong with it on purpose; None for a delivery as the service makes it.
    """

    id: str
    prediction_id: str
    tenant: str
    event: str
    url: str
    record: Record | None = None
    time: float = 0.0
    body: str = ""
    number: int = 1
    delays: tuple[float, ...] = ()
    alteration: Alteration | None = None

    def retry(self, due: float) -> dict[str, Any]:
        """The attempt that is due at a moment, in seconds since 1970, as JSON values."""
        return {
            "due": due,
            "prediction": self.prediction_id,
            "id": self.id,
            "event": self.event,
            "time": self.time,
            "number": self.number,
            "delays": list(self.delays),
        }

    @classmethod
    def of_retry(cls, record: Record, hook: Hook, values: Mapping[str, Any]) -> Self:
        """The delivery to the webhook of a prediction that `retry` described."""
        return cls(
            id=values["id"],
            prediction_id=record.id,
            tenant=record.tenant,
            event=values["event"],
            url=hook.url,
            record=record,
            time=values["time"],
            number=values["number"],
            delays=tuple(values["delays"]),
        )


@dataclass(frozen=True, slots=True)
class UpcomingDelivery:
    """An attempt at a delivery that is due later.

    Args:
        due: When it is due, in seconds since 1970.
        prediction_id: The id of the prediction.
        event: The kind of the event.
        number: The number of the attempt, counted from 1.
        id: The id of the delivery.
    """

    due: float
    prediction_id: str
    event: str
    number: int
    id: str
