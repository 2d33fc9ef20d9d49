"""One fault of the server at work."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Self

from ..messages import Headers, Response
from ..steps import Flow
from .effects import afflict, spoil
from .rules import Rule
from .settings import FaultError, check_integer

MOST_RESOURCES = 10_000
"""For how many resources a fault with `per` counts; it forgets the one that was not asked for the longest."""


class Fault:
    """A fault that was set up by `Faults.add`, with the counts of what it did.

    Args:
        id: its name, such as `f1`.
        rule: what it strikes and what it does.
        dice: a text that decides what is left to probability.
        remove: takes it out of the server.

    Attributes:
        seen: how many requests matched, struck or not.
        hits: how many it struck.
    """

    def __init__(self, id: str, rule: Rule, dice: str, remove: Callable[[Fault], None]) -> None:
        self.id = id
        self.rule = rule
        self.seen = 0
        self.hits = 0
        self._dice = dice
        self._remove = remove
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    @property
    def duplicate(self) -> bool:
        """Whether a delivery is made twice."""
        return self.rule.duplicate

    def around(self, answer: Flow[Response]) -> Flow[Response]:
        """Answer a request with this fault.

        Args:
            answer: carries the request out; not started yet.

        Raises:
            ConnectionCutError: if the fault cuts the connection.
        """
        return afflict(self.rule, answer)

    def spoil(self, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        """What is posted in place of a delivery as it should be.

        Args:
            headers: the delivery's headers, names in small letters.
            body: its body.
        """
        return spoil(self.rule, headers, body)

    def remove(self) -> None:
        """Strike no more. Removing twice is removing once."""
        self._remove(self)

    def describe(self) -> dict[str, Any]:
        """The id, the counts and all that was set up, as JSON; a name for the token in place of the token."""
        return {"id": self.id, "hits": self.hits, "seen": self.seen, **self.rule.describe()}

    def count(self, resource: str, *, free: bool) -> bool:
        """Count a request that matches.

        Args:
            resource: what it asks for.
            free: whether no other fault struck it already.

        Returns:
            Whether this fault strikes it.
        """
        rule = self.rule
        key = resource if rule.per else ""
        seen, hits = self._counts.pop(key, (0, 0))
        seen += 1
        struck = (
            free
            and (rule.nth is None or seen in rule.nth)
            and seen > rule.skip
            and (rule.times is None or hits < rule.times)
            # What is thrown depends on nothing but the number of the request, so that the order of others is no matter.
            and (rule.probability >= 1 or _throw(f"{self._dice}:{key}:{seen}") < rule.probability)
        )
        self._counts[key] = (seen, hits + struck)
        if len(self._counts) > MOST_RESOURCES:
            self._counts.popitem(last=False)
        self.seen += 1
        self.hits += struck
        return struck

    def dump(self) -> dict[str, Any]:
        """All there is to know, as JSON, for `Faults.load`."""
        counts = {key: list(count) for key, count in self._counts.items()}
        return {**self.describe(), "dice": self._dice, "counts": counts}

    @classmethod
    def load(cls, dumped: Mapping[str, Any], operations: Collection[str], remove: Callable[[Fault], None]) -> Self:
        """Make the fault that `dump` described.

        Args:
            dumped: what `dump` returned.
            operations: every `operationId` there is.
            remove: takes it out of the server.

        Raises:
            FaultError: for anything else.
        """
        settings = dict(dumped)
        try:
            id, dice, tenant = str(settings.pop("id")), str(settings.pop("dice")), settings.pop("tenant", None)
            seen, hits = (check_integer(name, settings.pop(name), 0) for name in ("seen", "hits"))
            counts = {
                str(key): (check_integer("counts", count[0], 0), check_integer("counts", count[1], 0))
                for key, count in settings.pop("counts").items()
            }
        except KeyError as error:
            name = error.args[0]
            raise FaultError(name, f"a dumped fault has {name}, but this one has not") from error
        except (AttributeError, IndexError, TypeError) as error:
            raise FaultError("counts", "counts must be what dump made of them") from error
        rule = replace(Rule.read(settings, operations), tenant=None if tenant is None else str(tenant))
        fault = cls(id, rule, dice, remove)
        fault.seen, fault.hits = seen, hits
        fault._counts.update(counts)
        return fault

    def __str__(self) -> str:
        """What it does and how often it did, such as `status 503 (2 of 3)`."""
        total = None if self.rule.per else self.rule.times or (len(self.rule.nth) if self.rule.nth else None)
        return f"{self.rule.effect()} ({self.hits} of {total})" if total else f"{self.rule.effect()} (hit {self.hits})"

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={_short(value)}" for name, value in self.rule.describe().items())
        return f"<{self.id} = add({settings}), struck {self.hits} of {self.seen}>"


def _throw(text: str) -> float:
    """A number from 0 to 1 that looks random; a generator of random numbers would take ten times as long to seed."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) / 2**64


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
