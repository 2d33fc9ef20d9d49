"""The recorded attempts to deliver webhooks, for tests to inspect."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import overload

from ..conditions import Condition
from ..messages import Headers

BODIES_LIMIT = 64 * 2**20
"""The amount of the bodies and answers that is kept, in characters; the mock's own choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to deliver one event.

    Args:
        id: The id of the delivery, equal for all its attempts; the receiver sees it as `webhook-id`.
        prediction_id: The id of the prediction.
        event: `start`, `output`, `logs` or `completed`.
        number: The number of the attempt, counted from 1; a fault that doubles a delivery gives two of one number.
        time: When it was, in seconds since 1970 on the server's clock.
        url: The webhook.
        status: The status of the receiver's response; None if there was no response or nothing was sent.
        reason: Why it failed, in words; None if it succeeded.
        retry_at: When the next attempt is due, in seconds since 1970; None if there is none.
        fault: The fault that was applied, in words.
        tenant: The tenant that created the prediction, a hash of its token.
        body: The body, JSON.
        headers: The headers as they were sent, names in lower case; empty if nothing was sent.
        answer: The start of the body of the receiver's response; None if there was no response.
    """

    id: str
    prediction_id: str
    event: str
    number: int
    time: float
    url: str
    status: int | None
    reason: str | None
    retry_at: float | None
    fault: str | None
    tenant: str
    body: str = field(repr=False)
    headers: Headers = field(default=(), repr=False)
    answer: str | None = field(default=None, repr=False)


class Deliveries(Sequence[Attempt]):
    """The latest attempts, oldest first.

    Args:
        limit: How many are kept.
        bodies_limit: How much of their bodies is kept, in characters.

    Attributes:
        dropped: How many were dropped because of the limits.
        total: How many there ever were.
        condition: Notified of each attempt.
        revision: Changes whenever attempts are removed or replaced other than by the limits.

    Example:
        >>> [(attempt.event, attempt.status) for attempt in server.deliveries]
        [('start', 200), ('completed', 503), ('completed', 200)]
    """

    def __init__(self, limit: int = 1000, bodies_limit: int = BODIES_LIMIT) -> None:
        self._attempts: deque[Attempt] = deque()
        self._limit = limit
        self._bodies_limit = bodies_limit
        self._size = 0
        self._lock = threading.Lock()
        self.dropped = self.total = self.revision = 0
        self.condition = Condition()

    def record(self, attempt: Attempt) -> None:
        """Record an attempt."""
        with self._lock:
            self._attempts.append(attempt)
            self.total += 1
            self._size += _size(attempt)
            while len(self._attempts) > self._limit or (self._size > self._bodies_limit and len(self._attempts) > 1):
                self._size -= _size(self._attempts.popleft())
                self.dropped += 1
        self.condition.notify()

    def since(self, count: int) -> tuple[list[Attempt], int]:
        """The attempts after the first `count` that there ever were, as far as they are kept, and the count by now."""
        with self._lock:
            new = min(len(self._attempts), self.total - count)
            return list(islice(reversed(self._attempts), new))[::-1], self.total

    def latest(self, id: str) -> Attempt | None:
        """The latest attempt at a delivery; None if none is left."""
        with self._lock:
            return next((attempt for attempt in reversed(self._attempts) if attempt.id == id), None)

    def clear(self, tenant: str | None = None) -> None:
        """Forget all attempts, or those of one tenant."""
        with self._lock:
            self._replace([] if tenant is None else [one for one in self._attempts if one.tenant != tenant])
            if tenant is None:
                self.dropped = 0

    def load(self, attempts: Iterable[Attempt]) -> None:
        """Replace all attempts."""
        with self._lock:
            self._replace(attempts)

    def _replace(self, attempts: Iterable[Attempt]) -> None:
        self._attempts = deque(attempts)
        self.revision += 1
        self._size = sum(map(_size, self._attempts))

    def __len__(self) -> int:
        return len(self._attempts)

    @overload
    def __getitem__(self, index: int) -> Attempt: ...

    @overload
    def __getitem__(self, index: slice) -> list[Attempt]: ...

    def __getitem__(self, index: int | slice) -> Attempt | list[Attempt]:
        with self._lock:
            return list(self._attempts)[index] if isinstance(index, slice) else self._attempts[index]

    def __iter__(self) -> Iterator[Attempt]:
        return iter(self[:])


def _size(attempt: Attempt) -> int:
    return len(attempt.body) + len(attempt.answer or "")
