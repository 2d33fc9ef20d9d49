"""The deliveries that are to be sent again, by prediction."""

from __future__ import annotations

from .delivery import Delivery


class Repeats:
    """The deliveries that failed or were asked for once more, until that has been done. It has no lock of its own."""

    def __init__(self) -> None:
        self._due: dict[str, dict[Delivery, float]] = {}

    def add(self, due: float, delivery: Delivery) -> None:
        """Add a delivery that is due at a moment, in seconds since 1970."""
        self._due.setdefault(delivery.prediction_id, {})[delivery] = due

    def discard(self, delivery: Delivery) -> None:
        """Remove a delivery; one that is not there has no effect."""
        deliveries = self._due.get(delivery.prediction_id)
        if deliveries is not None:
            deliveries.pop(delivery, None)
            if not deliveries:
                del self._due[delivery.prediction_id]

    def of(self, prediction_id: str) -> list[tuple[float, Delivery]]:
        """The due times and the deliveries of a prediction."""
        return [(due, delivery) for delivery, due in self._due.get(prediction_id, {}).items()]

    def clear(self, tenant: str | None) -> list[str]:
        """Remove all deliveries, or those of one tenant, and return the ids of their predictions."""
        gone = [one for deliveries in self._due.values() for one in deliveries if tenant in (None, one.tenant)]
        for delivery in gone:
            self.discard(delivery)
        return [delivery.prediction_id for delivery in gone]
