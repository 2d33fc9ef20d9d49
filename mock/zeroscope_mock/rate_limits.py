"""How many requests a tenant may send, and whether it has credit left; by default as many as it likes.

The numbers, the headers and the wording are those of the service's documentation and of recorded traffic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from math import ceil
from typing import Any, Literal

from .messages import Headers, Response
from .problems import problem, throttled

# What is beyond these cannot be counted or dated.
_MOST = 10**9
# A request that is due again now must not fall to the rounding of times since 1970.
_GRAIN = 1e-6
# As many buckets are kept before the full ones are looked for.
_ROOM = 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in so many seconds.

    Args:
        requests: how many.
        seconds: in how long.
        burst: how many of them at once; all if left out.

    Raises:
        ValueError: for numbers below 1 or too large to count, and a time that is not above 0 or too long to date.
    """

    requests: int
    seconds: float = 60.0
    burst: int | None = None

    def __post_init__(self) -> None:
        if not (1 <= self.requests <= _MOST and 1 <= self.most <= _MOST and 1 / _MOST <= self.seconds <= _MOST):
            raise ValueError(f"a rate is 1 to {_MOST} requests in {1 / _MOST} to {_MOST} seconds, not {self}")

    @property
    def most(self) -> int:
        """How many requests can be sent at once after a pause."""
        return self.requests if self.burst is None else self.burst

    @property
    def interval(self) -> float:
        """After how many seconds one more request may be sent."""
        return self.seconds / self.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """The rates of the live service, unless told otherwise; each is a bucket of its own.

    Args:
        creates: creations of predictions.
        reads: reads of one prediction.
        others: all other requests.
        hint: where a refusal says when to try again, besides in its words: in the body's `retry_after`, in the header
            `Retry-After` in seconds or as a date, or nowhere. The service was seen to do the first and the last.

    Raises:
        ValueError: for another hint.
    """

    creates: Rate = Rate(600)
    reads: Rate = Rate(60_000)
    others: Rate = Rate(3000)
    hint: Literal["body", "seconds", "date"] | None = None

    def __post_init__(self) -> None:
        if self.hint not in {"body", "seconds", "date", None}:
            raise ValueError(f"the hint must be 'body', 'seconds', 'date' or None, not {self.hint!r}")


LOW_CREDIT = RateLimits(creates=Rate(6, burst=1))
"""What accounts with less than five dollars get."""

PRESETS: Mapping[str, RateLimits] = {"live": RateLimits(), "low-credit": LOW_CREDIT}

_CREATES = frozenset({"createPrediction", "createModelPrediction"})
_READS = frozenset({"getPrediction"})


@dataclass(slots=True)
class _Bucket:
    """How many requests were left at a moment."""

    left: float
    at: float

    def filled(self, rate: Rate, now: float) -> float:
        """How many are left at a later moment."""
        return min(float(rate.most), self.left + max(0.0, now - self.at) / rate.interval)


@dataclass
class Limits:
    """The limits in force and what each tenant has used of them.

    Attributes:
        rates: the rates; None for no limit.
        out_of_credit: whether creates are refused with 402.
    """

    rates: RateLimits | None = None
    out_of_credit: bool = False
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict[tuple[str, str], _Bucket], repr=False)
    _room: int = field(default=_ROOM, repr=False)

    def use(self, rates: RateLimits | str | None) -> None:
        """Put other rates in force, from now on.

        Args:
            rates: the rates, `live` or `low-credit` for those of the service, or None for no limit.

        Raises:
            ValueError: for anything else.
        """
        if isinstance(rates, str) and rates in PRESETS:
            rates = PRESETS[rates]
        if not isinstance(rates, RateLimits | None):
            raise ValueError(f"the rate limits must be one of {', '.join(PRESETS)}, not {rates!r}")
        self.rates = rates
        self._buckets.clear()

    @property
    def in_force(self) -> bool:
        """Whether there is any limit."""
        return self.rates is not None or self.out_of_credit

    def take(self, operation: str, tenant: str, now: float) -> tuple[Response | None, Headers]:
        """Count a request: the refusal, if it is one too many, and the headers for any other answer.

        Args:
            operation: its `operationId`.
            tenant: who sends it.
            now: when, in seconds since 1970.
        """
        if self.out_of_credit and operation in _CREATES:
            return no_credit(), ()
        if self.rates is None:
            return None, ()
        name = "creates" if operation in _CREATES else "reads" if operation in _READS else "others"
        rate: Rate = getattr(self.rates, name)
        bucket = self._buckets.get((tenant, name))
        if bucket is None:
            if len(self._buckets) >= self._room:
                self._forget_full(self.rates, now)
            bucket = self._buckets[tenant, name] = _Bucket(rate.most, now)
        bucket.left = bucket.filled(rate, now)
        bucket.at = now
        if bucket.left < 1 - _GRAIN:
            wait = max(1, ceil((1 - bucket.left) * rate.interval - _GRAIN))
            headers = (*_headers(0, wait), *_retry_after(self.rates, wait, now))
            return throttled(wait, in_body=self.rates.hint == "body", headers=headers), ()
        bucket.left -= 1
        return None, _headers(int(bucket.left + _GRAIN), ceil((rate.most - bucket.left) * rate.interval - _GRAIN))

    def clear(self, tenant: str | None = None) -> None:
        """Forget what was used, of all tenants or of one."""
        for key in [key for key in self._buckets if tenant in (None, key[0])]:
            del self._buckets[key]

    def dump(self) -> list[dict[str, Any]]:
        """What was used, as JSON values."""
        return [
            {"tenant": tenant, "kind": kind, "left": bucket.left, "at": bucket.at}
            for (tenant, kind), bucket in self._buckets.items()
        ]

    def _forget_full(self, rates: RateLimits, now: float) -> None:
        """Forget the buckets that are like new, so that tokens used once are not kept for ever."""

        def is_full(kind: str, bucket: _Bucket) -> bool:
            rate: Rate = getattr(rates, kind)
            return bucket.filled(rate, now) >= rate.most

        self._buckets = {key: bucket for key, bucket in self._buckets.items() if not is_full(key[1], bucket)}
        # Looked through again only once there are twice as many, which keeps a request cheap.
        self._room = max(_ROOM, 2 * len(self._buckets))

    def load(self, used: list[dict[str, Any]]) -> None:
        """Take over what `dump` returned."""
        self._buckets = {(one["tenant"], one["kind"]): _Bucket(one["left"], one["at"]) for one in used}


def no_credit() -> Response:
    """402 for an account without credit."""
    detail = "You have insufficient credit to run this model. Go to https://replicate.com/account/billing to add some."
    return problem(402, detail, title="Insufficient credit")


def _headers(remaining: int, reset: int) -> Headers:
    return (("ratelimit-remaining", str(remaining)), ("ratelimit-reset", str(reset)))


def _retry_after(rates: RateLimits, wait: int, now: float) -> Headers:
    match rates.hint:
        case "seconds":
            return (("retry-after", str(wait)),)
        case "date":
            return (("retry-after", formatdate(now + wait, usegmt=True)),)
        case _:
            return ()
