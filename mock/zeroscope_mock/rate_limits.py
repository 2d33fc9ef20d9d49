"""The rate limits and the credit of tenants; none by default.

The numbers, the headers and the wording are those of the service's documentation and of recorded traffic.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from math import ceil
from typing import Any, Literal

from .changes import ChangedKeys
from .messages import Headers, Response
from .problems import problem, throttled
from .times import TOLERANCE

# Numbers beyond this cannot be counted or dated.
_MAX = 10**9
# How many buckets are kept before the full ones are removed.
_MAX_BUCKETS = 1000


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate of requests, kept by a token bucket.

    Args:
        requests: How many requests are allowed.
        seconds: In how many seconds.
        burst: How many of them at once; all if left out.

    Raises:
        ValueError: For numbers below 1 or too large to count, and seconds that are not above 0 or too many.
    """

    requests: int
    seconds: float = 60.0
    burst: int | None = None

    def __post_init__(self) -> None:
        if not (1 <= self.requests <= _MAX and 1 <= self.most <= _MAX and 1 / _MAX <= self.seconds <= _MAX):
            raise ValueError(f"a rate is 1 to {_MAX} requests in {1 / _MAX} to {_MAX} seconds, not {self}")

    @property
    def most(self) -> int:
        """The number of requests that can be sent at once after a pause."""
        return self.requests if self.burst is None else self.burst

    @property
    def interval(self) -> float:
        """The seconds after which one more request may be sent."""
        return self.seconds / self.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """The rates of three kinds of requests, each with a bucket of its own; the live service's by default.

    Args:
        creates: Creations of predictions.
        reads: Reads of one prediction.
        others: All other requests.
        hint: Where a refusal says when to try again, besides in its text: in the body's `retry_after`, or in the header
            `Retry-After` in seconds or as a date; None for nowhere else. Recorded traffic has `body` and None.

    Raises:
        ValueError: For an unknown hint.
    """

    creates: Rate = Rate(600)
    reads: Rate = Rate(60_000)
    others: Rate = Rate(3000)
    hint: Literal["body", "seconds", "date"] | None = None

    def __post_init__(self) -> None:
        if self.hint not in {"body", "seconds", "date", None}:
            raise ValueError(f"the hint must be 'body', 'seconds', 'date' or None, not {self.hint!r}")


LOW_CREDIT = RateLimits(creates=Rate(6, burst=1))
"""The rates of accounts with less than five dollars of credit."""

PRESETS: Mapping[str, RateLimits] = {"live": RateLimits(), "low-credit": LOW_CREDIT}

# The rates that responses show while none are in force, and the number of requests at which they begin anew.
_UNLIMITED = PRESETS["live"]
_LEAST_UNLIMITED = 2

_CREATES = frozenset({"createPrediction", "createModelPrediction", "createDeploymentPrediction", "createTraining"})
# The bucket of each operation; that of all others is `others`.
_BUCKETS = {**dict.fromkeys(_CREATES, "creates"), "getPrediction": "reads"}


@dataclass(slots=True)
class _Bucket:
    """The number of requests left at a moment, and what a rate says about them."""

    most: float
    interval: float
    left: float
    at: float

    def refill(self, now: float) -> float:
        """Add the requests since the last time, and return the number left."""
        if now > self.at:
            self.left = min(self.most, self.left + (now - self.at) / self.interval)
        self.at = now
        return self.left


@dataclass
class Limits:
    """The limits in force, and how much of them each tenant has used.

    Attributes:
        rates: The rates; None for no limit.
        out_of_credit: Whether creates are refused with 402.
        changed: The tenants and kinds of requests whose use has changed; None if nothing asks.
    """

    rates: RateLimits | None = None
    out_of_credit: bool = False
    changed: ChangedKeys[tuple[str, str]] | None = field(default=None, repr=False)
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict[tuple[str, str], _Bucket], repr=False)
    _max_buckets: int = field(default=_MAX_BUCKETS, repr=False)

    def use(self, rates: RateLimits | str | None) -> None:
        """Put other rates into force.

        Args:
            rates: The rates, `live` or `low-credit` for those of the service, or None for no limit.

        Raises:
            ValueError: For any other value.
        """
        if isinstance(rates, str) and rates in PRESETS:
            rates = PRESETS[rates]
        if not isinstance(rates, RateLimits | None):
            raise ValueError(f"the rate limits must be one of {', '.join(PRESETS)}, not {rates!r}")
        self.rates = rates
        self.clear()

    def take(self, operation: str, tenant: str, now: float) -> tuple[Response | None, Headers]:
        """Count a request.

        Args:
            operation: Its `operationId`.
            tenant: The tenant that sends it.
            now: In seconds since 1970.

        Returns:
            The refusal, if the request exceeds the limit, and the headers for any other response. Without limits, the
            headers are those of the service's, and requests begin anew before any would be refused.
        """
        name = _BUCKETS.get(operation, "others")
        bucket = self._buckets.get((tenant, name))
        if bucket is None:
            if len(self._buckets) >= self._max_buckets:
                self._forget_full(now)
            bucket = self._buckets[tenant, name] = self._bucket(name, None, now)
        if self.changed is not None:
            self.changed.add((tenant, name))
        left, owing = bucket.refill(now), self.out_of_credit and operation in _CREATES
        if self.rates is None:
            # Clients pause when none remain.
            left = left if left >= _LEAST_UNLIMITED else bucket.most
        elif left < 1 - TOLERANCE and not owing:
            wait = max(1, ceil((1 - left) * bucket.interval - TOLERANCE))
            headers = (*_headers(0, wait), *_retry_after(self.rates, wait, now))
            return throttled(wait, in_body=self.rates.hint == "body", headers=headers), ()
        left = bucket.left = left if owing else left - 1
        counted = _headers(int(left + TOLERANCE), ceil((bucket.most - left) * bucket.interval - TOLERANCE))
        return (no_credit(counted), ()) if owing else (None, counted)

    def clear(self, tenant: str | None = None) -> None:
        """Forget the use of all tenants, or of one."""
        self._keep({key: bucket for key, bucket in self._buckets.items() if tenant not in (None, key[0])})

    def dump(self) -> list[dict[str, Any]]:
        """The use of all tenants, as JSON values."""
        return [self._used(key) for key in self._buckets]

    def used(self, tenant: str, kind: str) -> dict[str, Any] | None:
        """The use of one tenant and one kind of requests, as in `dump`; None if there is none."""
        return self._used((tenant, kind)) if (tenant, kind) in self._buckets else None

    def load(self, used: list[dict[str, Any]]) -> None:
        """Replace the use of all tenants by what `dump` returned, under the same rates."""
        self.clear()
        self._buckets = {
            (one["tenant"], one["kind"]): self._bucket(one["kind"], one["left"], one["at"]) for one in used
        }
        self._mark(self._buckets)

    def _used(self, key: tuple[str, str]) -> dict[str, Any]:
        bucket = self._buckets[key]
        return {"tenant": key[0], "kind": key[1], "left": bucket.left, "at": bucket.at}

    def _keep(self, buckets: dict[tuple[str, str], _Bucket]) -> None:
        """Forget all buckets but some."""
        before, self._buckets = self._buckets, buckets
        self._mark(before)

    def _mark(self, keys: Iterable[tuple[str, str]]) -> None:
        if self.changed is not None:
            for key in keys:
                self.changed.add(key)

    def _bucket(self, kind: str, left: float | None, now: float) -> _Bucket:
        """A bucket with a number of requests left; full by default."""
        rate: Rate = getattr(self.rates or _UNLIMITED, kind)
        return _Bucket(float(rate.most), rate.interval, rate.most if left is None else left, now)

    def _forget_full(self, now: float) -> None:
        """Forget the full buckets, so that tokens used once are not kept for ever."""
        self._keep({key: bucket for key, bucket in self._buckets.items() if bucket.refill(now) < bucket.most})
        # Searched again only once there are twice as many, which keeps the cost of a request constant.
        self._max_buckets = max(_MAX_BUCKETS, 2 * len(self._buckets))


def no_credit(headers: Headers = ()) -> Response:
    """402 for an account without credit."""
    detail = "You have insufficient credit to run this model. Go to https://replicate.com/account/billing to add some."
    return problem(402, detail, title="Insufficient credit", headers=headers)


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
