"""The recipes: sets of faults for common failures, by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Unpack

from .expectations import expectations
from .fault import Fault
from .rules import DELIVERY
from .settings import FaultSettings

# After these a client knows whether its request was carried out.
_UNAMBIGUOUS: tuple[FaultSettings, ...] = ({"status": 429, "retry_after": 1}, {"delay": 2.0})
_AMBIGUOUS: tuple[FaultSettings, ...] = (
    {"status": 500},
    {"html": True},
    {"status": 503},
    {"status": 520, "html": True},
    {"reset": "before"},
    {"reset": "after"},
    {"truncate": 0.5},
)
# A client cannot tell half a video, announced as such, from a whole one, so files do not get this one.
_NOT_FOR_FILES: tuple[FaultSettings, ...] = ({"malformed": True},)
_FILES = frozenset({"downloadFile", "getOutput", "streamPrediction"})
_FOR_DELIVERIES: tuple[FaultSettings, ...] = (
    {"status": 503},
    {"reset": "before"},
    {"reset": "after"},
    {"delay": 2.0},
    {"duplicate": True},
)


class Recipes(ABC):
    """The recipes of `Faults`; the faults they add stay until they are used up or removed."""

    @property
    @abstractmethod
    def operations(self) -> frozenset[str]:
        """Every `operationId` that a fault may name."""

    @abstractmethod
    def add(self, **settings: Unpack[FaultSettings]) -> Fault:
        """Add a fault."""

    @abstractmethod
    def add_all(self, settings: Iterable[FaultSettings]) -> list[Fault]:
        """Add several faults."""

    def storm(self, probability: float, *, ambiguous: bool = False, token: str | None = None) -> list[Fault]:
        """Make requests fail at random, in every way but a hang.

        Requests get 429, 500, 502, 503 and 520, pages of HTML, delays of 2 seconds, resets before and after they are
        carried out, bodies cut short and malformed JSON. Requests that create something are only throttled and delayed,
        so that a client may send them again without paying twice. Webhook deliveries are lost, late or doubled. Equal
        seeds and requests give equal storms, and the faults of one path do not depend on requests for others.

        Args:
            probability: The probability that a request fails, from 0 to 1.
            ambiguous: Whether requests that create something may fail in all other ways, too.
            token: Applies only to requests with this token.

        Raises:
            FaultError: For an invalid argument.
        """
        _require("probability", probability)
        _require("ambiguous", ambiguous)
        creates = set() if ambiguous else {name for name in self.operations if name.startswith("create")}
        files = self.operations & _FILES
        kinds = (
            (creates, _UNAMBIGUOUS),
            (files, _UNAMBIGUOUS + _AMBIGUOUS),
            (self.operations - creates - files - {DELIVERY}, _UNAMBIGUOUS + _AMBIGUOUS + _NOT_FOR_FILES),
            (self.operations & {DELIVERY}, _FOR_DELIVERIES),
        )
        return self.add_all(
            {**settings, "operation": sorted(names), "per": "resource", "probability": share, "token": token}
            for names, mix in kinds
            if names
            for settings, share in zip(mix, _shares(probability, len(mix)), strict=True)
        )

    def outage(self, *, times: int | None = None, status: int = 503, token: str | None = None) -> Fault:
        """Make every request of a client fail.

        Args:
            times: How many; all until the fault is removed if left out.
            status: The status of their responses.
            token: Applies only to requests with this token.

        Raises:
            FaultError: For an invalid argument.
        """
        return self.add(status=status, times=times, token=token)

    def lost_create(self, *, times: int = 1, token: str | None = None) -> Fault:
        """Create a prediction, then reset the connection, so that the client does not know its id.

        Args:
            times: How many creates are lost.
            token: Applies only to requests with this token.

        Raises:
            FaultError: For an invalid argument.
        """
        creates = [name for name in self.operations if name.startswith("create") and name.endswith("Prediction")]
        return self.add(operation=sorted(creates), reset="after", times=times, token=token)

    def flaky(self, times: int = 2, *, status: int = 503, token: str | None = None) -> Fault:
        """Make the first reads of each resource fail: of each prediction, page, video, file and stream.

        Args:
            times: How many reads of each.
            status: The status of their responses.
            token: Applies only to requests with this token.

        Raises:
            FaultError: For an invalid argument.
        """
        return self.add(method="GET", per="resource", status=status, times=times, token=token)

    def throttle(self, times: int | None = None, *, retry_after: int = 1, token: str | None = None) -> Fault:
        """Refuse requests with 429, as the service does beyond its rate limits.

        Args:
            times: How many; all until the fault is removed if left out.
            retry_after: The seconds in the response after which the client may try again.
            token: Applies only to requests with this token.

        Raises:
            FaultError: For an invalid argument.
        """
        return self.add(status=429, retry_after=retry_after, times=times, token=token)

    def slow(self, seconds: float, *, token: str | None = None) -> Fault:
        """Delay every request of a client before it is handled.

        Args:
            seconds: How long, above 0 and at most 3600.
            token: Applies only to requests with this token.

        Raises:
            FaultError: For an invalid argument.
        """
        return self.add(delay=_require("seconds", seconds), token=token)


RECIPES = ("flaky", "lost_create", "outage", "slow", "storm", "throttle")
"""The names of all recipes."""


def _require(name: str, value: Any) -> Any:
    return expectations("RecipeArguments")[name].require(name, value)


def _shares(probability: float, count: int) -> list[float]:
    """The probabilities of `count` faults for all to apply equally often, and one of them with `probability`.

    The faults are tried one after another, so each needs the higher a probability the fewer come after it.
    """
    share = probability / count
    return [min(1.0, round(share / (1 - number * share), 6)) for number in range(count)]
