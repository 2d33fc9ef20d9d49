"""The journal of a server: its latest exchanges, bounded in number and in memory."""

from __future__ import annotations

import sys
import threading
from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import Any, overload

import orjson

from ..changes import ChangedKeys
from ..conditions import Condition
from ..messages import Headers, Request, Response
from .body_text import body_text
from .exchange import Exchange, Refusal
from .notes import ExchangeNotes
from .redaction import Redactor

BODIES_LIMIT = 2**25
"""The memory for what is longer than its start in the bodies of all exchanges together, in bytes."""

START = 2000
"""The length of the start of a body, in characters, which is kept in any case."""

# Longer bodies are read at once, because binary ones are not kept, and others may need more memory than they are long.
_SHORT = 10_000


class Journal(Sequence[Exchange]):
    """The latest exchanges, oldest first.

    Its text has one line for each exchange, or for several that poll the same in a row.

    Args:
        limit: How many are kept.
        body_limit: The length up to which bodies are kept, in bytes.
        start: Returns when the server's clock began, in seconds since 1970 on that clock.

    Attributes:
        dropped: How many were dropped because of the limit.
        last: The number of the latest exchange, whether it is still there or not; 0 if there was none.
        generation: How often the numbers started again, because all exchanges were removed or replaced.
        revision: How often exchanges were removed or replaced other than by the limit.
        cut: The numbers of the exchanges whose bodies were cut since they were recorded; None if nothing asks.
        condition: Notified of each exchange, and when exchanges are removed or replaced.

    Example:
        >>> [exchange.operation for exchange in server.journal]
        ['createPrediction', 'getPrediction']
    """

    def __init__(self, limit: int = 1000, body_limit: int = 2**20, start: Callable[[], float] | None = None) -> None:
        # Most exchanges are never read. Until one is, it is kept as the arguments of `_exchange`: strings and numbers,
        # because other objects would be work for the garbage collector. The first is its number.
        self._exchanges: deque[Exchange | tuple[Any, ...]] = deque(maxlen=limit)
        self._body_limit = body_limit
        self._start = start
        self._lock = threading.Lock()
        # The memory of long bodies beyond their starts, by the number of the exchange, oldest first.
        self._long: OrderedDict[int, int] = OrderedDict()
        self._long_total = 0
        self.dropped = 0
        self.last = 0
        self.generation = self.revision = 0
        self.cut: ChangedKeys[int] | None = None
        self.condition = Condition()

    def record(
        self,
        request: Request,
        response: Response | None,
        *,
        time: float,
        duration: float,
        operation: str | None,
        tenant: str | None,
        fault: str | None,
        notes: ExchangeNotes,
    ) -> None:
        """Record an exchange; its tokens are removed when it is first read.

        Args:
            time: When it was, in seconds since 1970 on the server's clock.
            duration: The time from the request to the head of the response, in seconds on that clock.
        """
        head, sent = request.head, request.body
        status: int | None = None
        headers: Headers = ()
        received = b""
        if response is not None:
            status, headers, body = response.status, response.headers, response.body
            if type(body) is bytes:
                received = body
        with self._lock:
            number = self.last = self.last + 1
            fields = (
                number,
                head.method,
                head.target,
                head.base_url,
                head.headers,
                sent,
                status,
                headers,
                received,
                time,
                duration,
                operation,
                tenant,
                fault,
                "\n".join(notes.texts) if notes.texts else None,
                notes.run,
                notes.status,
                notes.refusals,
            )
            if len(self._exchanges) == self._exchanges.maxlen:
                self.dropped += 1
            self._exchanges.append(fields)
            if len(sent) > START or len(received) > START:
                self._count_latest()
        self.condition.notify()

    def clear(self, tenant: str | None = None) -> None:
        """Forget all exchanges, or those of one tenant."""
        with self._lock:
            kept = [] if tenant is None else [one for one in self._read_from(0) if one.tenant != tenant]
            self._replace(kept)
            if tenant is None:
                self.dropped = self.last = 0
                self.generation += 1
        self.condition.notify()

    def load(self, exchanges: Iterable[Exchange]) -> None:
        """Replace all exchanges, and number them from 1 unless each has a higher number than the one before."""
        loaded = list(exchanges)
        numbers = [0, *(one.number for one in loaded)]
        if any(later <= earlier for earlier, later in pairwise(numbers)):
            loaded = [replace(one, number=number) for number, one in enumerate(loaded, 1)]
        with self._lock:
            self._replace(loaded)
            self.last = loaded[-1].number if loaded else 0
            self.generation += 1
        self.condition.notify()

    def since(self, number: int) -> list[Exchange]:
        """The exchanges with a higher number, oldest first."""
        with self._lock:
            return self._read_from(self._index(number + 1))

    def find(self, number: int) -> Exchange | None:
        """The exchange with a number; None if there is none any more."""
        with self._lock:
            index = self._index(number)
            found = self._read(index) if index < len(self._exchanges) else None
            return found if found is not None and found.number == number else None

    def __len__(self) -> int:
        return len(self._exchanges)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...

    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...

    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        with self._lock:
            return self._read_from(0)[index] if isinstance(index, slice) else self._read(index)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self[:])

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} exchanges, {self.dropped} dropped>"

    def _index(self, number: int) -> int:
        """The index of the first exchange with that number or a higher one."""
        return bisect_left(self._exchanges, number, key=_number)

    def _read(self, index: int) -> Exchange:
        """The exchange at an index, which is kept in this form from then on."""
        one = self._exchanges[index]
        if isinstance(one, Exchange):
            return one
        exchange = self._exchanges[index] = _exchange(self._body_limit, *one)
        if exchange.number in self._long:
            self._count(exchange.number, exchange.request_body, exchange.response_body)
        return exchange

    def _read_from(self, start: int) -> list[Exchange]:
        """The exchanges from an index on."""
        kept = list(islice(self._exchanges, start, None))
        read = [one if isinstance(one, Exchange) else self._read(index) for index, one in enumerate(kept, start)]
        self._cut_oldest()
        return read

    def _replace(self, exchanges: Iterable[Exchange]) -> None:
        self.revision += 1
        self._exchanges.clear()
        self._long.clear()
        self._long_total = 0
        self._exchanges.extend(exchanges)
        for one in self._exchanges:
            assert isinstance(one, Exchange)
            if len(one.request_body) > START or len(one.response_body) > START:
                self._count(one.number, one.request_body, one.response_body)
        self._cut_oldest()

    def _count_latest(self) -> None:
        """Count the memory of the latest exchange, which has a long body."""
        fields = self._exchanges[-1]
        assert isinstance(fields, tuple)
        number, sent, received = fields[_NUMBER], fields[_SENT], fields[_RECEIVED]
        self._count(number, sent, received)
        if len(sent) > _SHORT or len(received) > _SHORT:
            self._read(-1)
        self._cut_oldest()

    def _count(self, number: int, *bodies: bytes | str) -> None:
        memory = sum(sys.getsizeof(body) for body in bodies if len(body) > START)
        self._long_total += memory - self._long.get(number, 0)
        self._long[number] = memory

    def _cut_oldest(self) -> None:
        """Cut the long bodies of the oldest exchanges if all together need too much memory."""
        first = _number(self._exchanges[0]) if self._exchanges else 0
        while self._long and ((number := next(iter(self._long))) < first or self._long_total > BODIES_LIMIT):
            self._long_total -= self._long.pop(number)
            if number >= first:
                index = self._index(number)
                one = self._read(index)
                self._exchanges[index] = replace(
                    one, request_body=one.request_body[:START], response_body=one.response_body[:START]
                )
                if self.cut is not None:
                    self.cut.add(number)


# The places of some fields that `record` keeps.
_NUMBER, _SENT, _RECEIVED = 0, 5, 8


def _number(one: Exchange | tuple[Any, ...]) -> int:
    number: int = one.number if isinstance(one, Exchange) else one[_NUMBER]
    return number


def _exchange(
    body_limit: int,
    number: int,
    method: str,
    path: str,
    base_url: str,
    request_headers: Headers,
    sent: bytes,
    status: int | None,
    response_headers: Headers,
    received: bytes,
    time: float,
    duration: float,
    operation: str | None,
    tenant: str | None,
    fault: str | None,
    note: str | None,
    prediction: str | None,
    status_after: str | None,
    refusals: tuple[Refusal, ...],
) -> Exchange:
    redactor = Redactor(request_headers)
    return Exchange(
        time=time,
        method=method,
        path=redactor.text(path),
        operation=operation,
        status=status,
        request_body=body_text(sent, _content_type(request_headers), redactor, body_limit),
        response_body=body_text(received, _content_type(response_headers), redactor, body_limit),
        tenant=tenant,
        fault=fault and redactor.text(fault),
        note=note and redactor.text(note),
        number=number,
        duration=duration,
        request_headers=redactor.headers(request_headers),
        response_headers=redactor.headers(response_headers),
        prediction=prediction,
        status_after=status_after or (prediction and _status(prediction, received)),
        refusals=tuple([_redacted(one, redactor) for one in refusals]),
        base_url=base_url,
    )


def _content_type(headers: Headers) -> str:
    return next((value for name, value in reversed(headers) if name == "content-type"), "")


def _status(run: str, body: bytes) -> str | None:
    """The status of a prediction or training in a response; None if that is not about it."""
    try:
        shown = orjson.loads(body)
    except ValueError:
        return None
    # The published description has creates answered with an array.
    one = shown[0] if isinstance(shown, list) and shown else shown
    status = one.get("status") if isinstance(one, dict) and one.get("id") == run else None
    return status if isinstance(status, str) else None


def _redacted(refusal: Refusal, redactor: Redactor) -> Refusal:
    texts = (refusal.field, refusal.value, refusal.problem, refusal.place, refusal.relation)
    field, value, problem, place, relation = (text and redactor.text(text) for text in texts)
    return Refusal(field or "", value, problem or "", place, relation)
