"""One fault, with the counts of the requests that it matched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Self

from ..messages import Headers, Response
from ..protocols import Flow
from ..randomness import random_fraction
from . import effects
from .expectations import FaultError, expectations, shortened
from .rules import FaultRule

MAX_RESOURCES = 10_000
"""For how many resources a fault with `per` counts; it forgets the least recently requested one."""


class Fault:
    """A fault that `Faults.add` made.

    Args:
        id: Its name, such as `f1`.
        rule: The requests it applies to, and its effect.
        seed: The string that decides when the rule has a probability.
        remove: Removes it from the server.

    Attributes:
        seen: How many requests matched.
        hits: How many of them it was applied to.
    """

    def __init__(self, id: str, rule: FaultRule, seed: str, remove: Callable[[Fault], None]) -> None:
        self.id = id
        self.rule = rule
        self.seen = 0
        self.hits = 0
        self._seed = seed
        self._remove = remove
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    @property
    def duplicate(self) -> bool:
        """Whether a webhook is delivered twice."""
        return self.rule.duplicate

    def apply(self, flow: Flow[Response]) -> Flow[Response]:
        """Answer a request with this fault.

        Args:
            flow: Carries the request out; not started yet.

        Raises:
            ConnectionCutError: If the fault cuts the connection.
        """
        return effects.apply(self.rule, flow)

    def alter_delivery(self, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        """The headers and the body of a webhook delivery with this fault.

        Args:
            headers: The delivery's headers, names in lower case.
        """
        return effects.alter_delivery(self.rule, headers, body)

    def remove(self) -> None:
        """Remove it from the server. Removing it again has no effect."""
        self._remove(self)

    def to_json(self) -> dict[str, Any]:
        """The id, the counts and the settings, as JSON; `tenant` stands for the token."""
        return {"id": self.id, "hits": self.hits, "seen": self.seen, **self.rule.to_json()}

    def count(self, resource: str, *, free: bool) -> bool:
        """Count a request that matches.

        Args:
            resource: Its path without the prefix.
            free: Whether no other fault applies to it already.

        Returns:
            Whether this fault applies to it.
        """
        rule = self.rule
        key = resource if rule.per else ""
        seen, hits = self._counts.pop(key, (0, 0))
        seen += 1
        applies = (
            free
            and (rule.nth is None or seen in rule.nth)
            and seen > rule.skip
            and (rule.times is None or hits < rule.times)
            # The number depends on nothing but the count, so that the order of other requests does not matter.
            and (rule.probability >= 1 or random_fraction(f"{self._seed}:{key}:{seen}") < rule.probability)
        )
        self._counts[key] = (seen, hits + applies)
        if len(self._counts) > MAX_RESOURCES:
            self._counts.popitem(last=False)
        self.seen += 1
        self.hits += applies
        return applies

    def dump(self) -> dict[str, Any]:
        """The whole state as JSON, for `Faults.load`."""
        counts = {key: list(count) for key, count in self._counts.items()}
        # The key is part of snapshots.
        return {**self.to_json(), "seed": self._seed, "counts": counts}

    @classmethod
    def load(cls, dumped: Mapping[str, Any], operations: Collection[str], remove: Callable[[Fault], None]) -> Self:
        """Make the fault that `dump` described.

        Args:
            dumped: What `dump` returned.
            operations: Every known `operationId`.
            remove: Removes it from the server.

        Raises:
            FaultError: For anything else.
        """
        settings = dict(dumped)
        saved: dict[str, Any] = {}
        for name in ("id", "seed", "seen", "hits", "counts"):
            if name not in settings:
                raise FaultError(name, f"a saved fault has {name}, but this one has not")
            saved[name] = expectations("SavedFault")[name].require(name, settings.pop(name))
        tenant = settings.pop("tenant", None)
        rule = replace(FaultRule.read(settings, operations), tenant=None if tenant is None else str(tenant))
        fault = cls(saved["id"], rule, saved["seed"], remove)
        fault.seen, fault.hits = saved["seen"], saved["hits"]
        fault._counts.update((key, (seen, hits)) for key, (seen, hits) in saved["counts"].items())
        return fault

    def __str__(self) -> str:
        """The effect and the count, such as `status 503 (2 of 3)`."""
        total = None if self.rule.per else self.rule.times or (len(self.rule.nth) if self.rule.nth else None)
        return f"{self.rule.effect()} ({self.hits} of {total})" if total else f"{self.rule.effect()} (hit {self.hits})"

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={shortened(value)}" for name, value in self.rule.to_json().items())
        return f"<{self.id} = add({settings}), hit {self.hits} of {self.seen}>"
