"""How often a prediction is asked for while it is waited for."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import check_span


@dataclass(frozen=True, slots=True)
class Polling:
    """Pauses that grow with the age of the wait: a short run is noticed at once, a long one costs few requests.

    Args:
        shortest: The first pauses, in seconds.
        longest: The pauses of a long wait, in seconds.
        share: The pause as a share of the time waited so far, between the two.

    Example:
        >>> Polling().pause(60, spread=0.5)
        6.0
    """

    shortest: float = 0.5
    longest: float = 10.0
    share: float = 0.1

    def __post_init__(self) -> None:
        """Refuse pauses that make no sense."""
        check_span("Polling.shortest", self.shortest)
        check_span("Polling.longest", self.longest)
        check_span("Polling.share", self.share)

    def pause(self, waited: float, *, spread: float) -> float:
        """How long to wait before the next look.

        Args:
            waited: How long the wait has lasted, in seconds.
            spread: A random number from 0 to 1 that keeps many waits from looking all at once.

        Returns:
            Seconds.
        """
        return min(max(waited * self.share, self.shortest), self.longest) * (0.9 + 0.2 * spread)


DEFAULT_POLLING = Polling()
