"""The journal of a server: its latest exchanges, bounded in number and in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, overload

from ..changes import ChangedKeys
from ..conditions import Condition
from ..messages import Headers, Request, Response
from .exchange import Exchange, with_response, with_short_bodies
from .kept import KeptExchanges, numbered
from .notes import ExchangeNotes
from .readable import ReadableJournal
from .unread import (
    START,
    UnreadExchange,
    is_kept_as_it_is,
    long_bodies,
    number_of,
    read_exchange,
    tenant_of,
)

if TYPE_CHECKING:
    from .following import Follower, News

BODIES_LIMIT = 2**25
"""The memory for what is longer than its start in the bodies of all exchanges together, in bytes."""

_READ_AT_ONCE = 50
# Exchanges with longer bodies are read at once unless these are kept as they are.
_SHORT = 10_000


class Journal(ReadableJournal):
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
        changed: The numbers of the exchanges that were cut or replaced since they were recorded; None if nothing asks.
        condition: Notified of each exchange, and when exchanges are removed or replaced.

    Example:
        >>> [exchange.operation for exchange in server.journal]
        ['createPrediction', 'getPrediction']
    """

    def __init__(self, limit: int = 1000, body_limit: int = 2**20, start: Callable[[], float] | None = None) -> None:
        # Most exchanges are never read. Until one is, it is kept as a tuple of strings and numbers, because other
        # objects would be work for the garbage collector.
        self._exchanges = KeptExchanges(maxlen=limit)
        self._body_limit = body_limit
        self._start = start
        self._lock = threading.Lock()
        # How much longer the bodies may become, by a generous estimate, before `_cut` measures them.
        self._room = BODIES_LIMIT
        # Bodies of exchanges up to this number have been cut.
        self._cut_up_to = 0
        self._followers: list[Follower] = []
        self.dropped = self.last = 0
        self.generation = self.revision = 0
        self.changed: ChangedKeys[int] | None = None
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
    ) -> int:
        """Record an exchange, and return its number; its tokens are removed when it is first read.

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
                notes.secrets,
            )
            if len(self._exchanges) == self._exchanges.maxlen:
                self.dropped += 1
            self._exchanges.append(fields)
            if (length := len(sent) + len(received)) > START:
                self._room -= length
                if length > _SHORT and not is_kept_as_it_is(fields, self._body_limit):
                    self._read(-1)
                if self._room < 0:
                    self._cut()
        self.condition.notify()
        return number

    def replace_response(self, number: int, response: Response, reason: str) -> None:
        """Replace the response of an exchange, which was not sent; an exchange that is gone has no effect.

        Args:
            number: The number of the exchange.
            response: What was sent instead, text.
            reason: Why, in words.
        """
        with self._lock:
            index = self._exchanges.place(number)
            if index == len(self._exchanges) or number_of(self._exchanges[index]) != number:
                return
            self._exchanges[index] = with_response(self._read(index), response, reason)
            if self.changed is not None:
                self.changed.add(number)
        self.condition.notify()

    def clear(self, tenant: str | None = None) -> None:
        """Forget all exchanges, or those of one tenant."""
        with self._lock:
            kept = [] if tenant is None else [one for one in self._exchanges if tenant_of(one) != tenant]
            self._replace(kept, 0 if tenant is None else self.last)
            if tenant is None:
                self.dropped = 0
                self.generation += 1
        self.condition.notify()

    def load(self, exchanges: Iterable[Exchange], last: int = 0) -> None:
        """Replace all exchanges, and number them from 1 unless their numbers ascend; the next ones follow `last`."""
        loaded = numbered(exchanges)
        with self._lock:
            self._replace(loaded, max([last, *(one.number for one in loaded[-1:])]))
            self.generation += 1
        self.condition.notify()

    def since(self, number: int, limit: int | None = None) -> list[Exchange]:
        """The exchanges with a higher number, oldest first, at most `limit` of them."""
        with self._lock:
            kept = self._exchanges.after(number, limit)
        return self._read_all(kept)

    def news(self, number: int, limit: int | None, tenant: str | None = None, generation: int | None = None) -> News:
        """The latest exchanges with a higher number, in one look.

        Args:
            number: The number of the last exchange that is known.
            limit: How many are returned at most; None for all.
            tenant: The tenant whose exchanges are wanted; None for all.
            generation: The generation of the number, which is 0 in any other one; None for that of now.
        """
        # Imported here because few programs need it.
        from .following import News

        with self._lock:
            after = number if generation in (None, self.generation) else 0
            kept = self._exchanges.after(after)
            generation, revision, last = self.generation, self.revision, self.last
        own = [one for one in kept if tenant in (None, tenant_of(one))]
        shown = own if limit is None else own[max(0, len(own) - limit) :]
        skipped = (last - after if tenant is None else len(own)) - len(shown)
        return News(generation, revision, last, self._read_all(shown), skipped)

    def follow(self, number: int) -> Follower:
        """A follower of what comes after an exchange with a number, for `take`."""
        from .following import Follower

        with self._lock:
            follower = Follower(min(number, self.last))
            self._followers.append(follower)
            return follower

    def take(self, follower: Follower) -> tuple[list[Exchange | UnreadExchange], int]:
        """What is new to a follower, oldest first and not yet read, and the number of those that are no longer there.

        Exchanges that were removed otherwise than by the limit are among them; restored ones are not new.
        """
        with self._lock:
            self._hold(follower)
            return follower.release()

    def read(self, one: Exchange | UnreadExchange) -> Exchange:
        """An exchange that `take` returned."""
        return one if isinstance(one, Exchange) else read_exchange(self._body_limit, one)

    def find(self, number: int) -> Exchange | None:
        """The exchange with a number; None if there is none any more."""
        with self._lock:
            index = self._exchanges.place(number)
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
            if not isinstance(index, slice):
                return self._read(index)
            kept = list(self._exchanges)[index]
        return self._read_all(kept)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self[:])

    def har(self) -> dict[str, Any]:
        """The exchanges as an HTTP Archive (HAR 1.2), which browsers and other tools open.

        Example:
            >>> Path("calls.har").write_text(json.dumps(server.journal.har()))
        """
        from .har import archive

        return archive(self)

    def _read(self, index: int) -> Exchange:
        """The exchange at an index, which is kept in this form from then on."""
        one = self._exchanges[index]
        if isinstance(one, Exchange):
            return one
        exchange = self._exchanges[index] = read_exchange(self._body_limit, one)
        # A text may need four times as much memory as the bytes that it was read from.
        self._room -= max(0, long_bodies(exchange) - long_bodies(one))
        return exchange

    def _read_all(self, kept: Sequence[Exchange | UnreadExchange]) -> list[Exchange]:
        """Read some exchanges, a few at a time, so that requests do not wait for the lock."""
        read: list[Exchange] = []
        for start in range(0, len(kept), _READ_AT_ONCE):
            with self._lock:
                for one in kept[start : start + _READ_AT_ONCE]:
                    index = -1 if isinstance(one, Exchange) else self._exchanges.place(number_of(one))
                    there = 0 <= index < len(self._exchanges) and self._exchanges[index] is one
                    read.append(self._read(index) if there else self.read(one))
                if self._room < 0:
                    self._cut()
        return read

    def _hold(self, follower: Follower) -> None:
        new = self._exchanges.after(follower.number)
        follower.hold(new, self.last, self._exchanges.maxlen or len(new))

    def _replace(self, exchanges: Iterable[Exchange | UnreadExchange], last: int) -> None:
        for follower in self._followers:
            self._hold(follower)
            follower.number = last
        self.last = last
        self.revision += 1
        self._exchanges.clear()
        self._exchanges.extend(exchanges)
        self._cut_up_to = 0
        self._cut(1)

    def _cut(self, share: float = 0.75) -> None:
        """Cut the long bodies of the oldest exchanges, if all together need too much memory.

        Args:
            share: The share of the limit that they may need; less than 1, so that many requests pass before the next
                cut.
        """
        most = int(BODIES_LIMIT * share)
        exchanges, cut = self._exchanges, self._cut_up_to
        whole, left = exchanges.oversized(cut, most)
        if whole:
            self._cut_up_to = max(cut, number_of(exchanges[whole - 1]))
        while whole and number_of(exchanges[whole - 1]) > cut:
            whole -= 1
            one = exchanges[whole]
            # To read a long body takes longer than all else, so only its start is read.
            if isinstance(one, Exchange):
                short = with_short_bodies(one, START)
            else:
                short = read_exchange(self._body_limit, one, START)
            exchanges[whole] = short
            if self.changed is not None:
                self.changed.add(short.number)
        self._room = BODIES_LIMIT - most + left
