"""Faults by name: what commonly goes wrong, in one call."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Unpack

from .rules import DELIVERY, FaultSettings
from .settings import LONGEST, check_flag, check_number

if TYPE_CHECKING:
    from .fault import Fault

# After none of these can a client doubt whether its request was carried out.
_HARMLESS: tuple[FaultSettings, ...] = ({"status": 429, "retry_after": 1}, {"delay": 2.0})
_NASTY: tuple[FaultSettings, ...] = (
    {"status": 500},
    {"html": True},
    {"status": 503},
    {"status": 520, "html": True},
    {"reset": "before"},
    {"reset": "after"},
    {"truncate": 0.5},
)
# Half a video, announced as such, is nothing that a client could tell from a whole one.
_UNNOTICED_IN_FILES: tuple[FaultSettings, ...] = ({"malformed": True},)
_FILES = frozenset({"downloadFile", "getOutput", "streamPrediction"})
_MISDELIVERED: tuple[FaultSettings, ...] = (
    {"status": 503},
    {"reset": "before"},
    {"reset": "after"},
    {"delay": 2.0},
    {"duplicate": True},
)


class Recipes(ABC):
    """The named recipes of `Faults`; whatever they set up stays until it is used up or removed."""

    @property
    @abstractmethod
    def operations(self) -> frozenset[str]:
        """Every `operationId` that a fault may name."""

    @abstractmethod
    def add(self, **settings: Unpack[FaultSettings]) -> Fault:
        """Set up a fault."""

    @abstractmethod
    def add_all(self, settings: Iterable[FaultSettings]) -> list[Fault]:
        """Set up several faults."""

    def storm(self, probability: float, *, ambiguous: bool = False, token: str | None = None) -> list[Fault]:
        """Let everything go wrong now and then, in every way but a hang.

        Requests get 429, 500, 502, 503 and 520, pages of HTML, delays of 2 seconds, resets before and after they are
        carried out, bodies cut short and malformed JSON. Requests that create something are only throttled and delayed,
        so that nobody pays twice who sends them again. Deliveries of webhooks are lost, late or doubled. Equal seeds
        and requests give equal storms, and what one path meets does not depend on what others meet.

        Args:
            probability: how likely a request is struck, from 0 to 1.
            ambiguous: whether requests that create something meet all the rest, too.
            token: strike only requests with this token.

        Raises:
            FaultError: for an argument that will not do.
        """
        check_number("probability", probability, 0, 1)
        check_flag("ambiguous", ambiguous)
        creates = set() if ambiguous else {name for name in self.operations if name.startswith("create")}
        files = self.operations & _FILES
        kinds = (
            (creates, _HARMLESS),
            (files, _HARMLESS + _NASTY),
            (self.operations - creates - files - {DELIVERY}, _HARMLESS + _NASTY + _UNNOTICED_IN_FILES),
            (self.operations & {DELIVERY}, _MISDELIVERED),
        )
        return self.add_all(
            {**settings, "operation": sorted(names), "per": "resource", "probability": share, "token": token}
            for names, mix in kinds
            if names
            for settings, share in zip(mix, _shares(probability, len(mix)), strict=True)
        )

    def outage(self, *, times: int | None = None, status: int = 503, token: str | None = None) -> Fault:
        """Let every request of a client fail.

        Args:
            times: how many; all until the fault is removed if left out.
            status: what they are answered with.
            token: strike only requests with this token.

        Raises:
            FaultError: for an argument that will not do.
        """
        return self.add(status=status, times=times, token=token)

    def lost_create(self, *, times: int = 1, token: str | None = None) -> Fault:
        """Create a prediction, then reset the connection, so that the client does not know of it.

        Args:
            times: how many creates are lost.
            token: strike only requests with this token.

        Raises:
            FaultError: for an argument that will not do.
        """
        creates = [name for name in self.operations if name.startswith("create") and name.endswith("Prediction")]
        return self.add(operation=sorted(creates), reset="after", times=times, token=token)

    def flaky(self, times: int = 2, *, status: int = 503, token: str | None = None) -> Fault:
        """Let the first reads of each resource fail: of each prediction, page, video, file and stream.

        Args:
            times: how many reads of each.
            status: what they are answered with.
            token: strike only requests with this token.

        Raises:
            FaultError: for an argument that will not do.
        """
        return self.add(method="GET", per="resource", status=status, times=times, token=token)

    def throttle(self, times: int | None = None, *, retry_after: int = 1, token: str | None = None) -> Fault:
        """Refuse requests with 429, as the service does to those who send too many.

        Args:
            times: how many; all until the fault is removed if left out.
            retry_after: seconds after which the client is told to come again.
            token: strike only requests with this token.

        Raises:
            FaultError: for an argument that will not do.
        """
        return self.add(status=429, retry_after=retry_after, times=times, token=token)

    def slow(self, seconds: float, *, token: str | None = None) -> Fault:
        """Let every request of a client wait before it is handled.

        Args:
            seconds: how long, at most 3600.
            token: strike only requests with this token.

        Raises:
            FaultError: for an argument that will not do.
        """
        return self.add(delay=check_number("seconds", seconds, 0, LONGEST, above=True), token=token)


RECIPES = ("flaky", "lost_create", "outage", "slow", "storm", "throttle")
"""The recipes that `Faults.recipe` knows."""


def _shares(probability: float, count: int) -> list[float]:
    """How likely each of some faults must be, tried one after another, for all to be equally likely and one certain."""
    share = probability / count
    return [min(1.0, round(share / (1 - number * share), 6)) for number in range(count)]
