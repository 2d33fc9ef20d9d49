"""What the server remembers: predictions and files, apart for each token."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .lifecycle.timeline import Record

PAGE_SIZE = 100
"""How many predictions a page holds (recorded traffic)."""

_CURSOR = re.compile(r"(before|from):([0-9]{1,15})")


def tenant_of(token: str) -> str:
    """A name for whoever holds a token, from which the token cannot be had."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of predictions, newest first, and the cursors of the pages beside it."""

    records: list[Record]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that was uploaded."""

    id: str
    tenant: str
    name: str
    content_type: str
    content: bytes
    metadata: dict[str, Any]
    created: float
    expires: float


class Shelf:
    """The predictions of one tenant by their numbers, of which the oldest may have been dropped.

    Args:
        first: the number of the first prediction.
        uploads: how many files the tenant uploaded.
    """

    def __init__(self, first: int = 0, uploads: int = 0) -> None:
        self._records: list[Record | None] = []
        self._first = first
        self._dropped = 0
        self.uploads = uploads

    @property
    def first(self) -> int:
        """The number of the oldest prediction that is left."""
        return self._first + self._dropped

    @property
    def next(self) -> int:
        """The number of the next prediction."""
        return self._first + len(self._records)

    def add(self, record: Record) -> None:
        """Put in a prediction, whose number must be `next`; on an empty shelf it may be a higher one."""
        if not self._records:
            self._first = record.number
        self._records.append(record)

    def drop(self) -> None:
        """Take out the oldest prediction."""
        self._records[self._dropped] = None
        self._dropped += 1
        # Taken out of the list from time to time only, because that moves all the others.
        if self._dropped * 2 > len(self._records):
            del self._records[: self._dropped]
            self._first += self._dropped
            self._dropped = 0

    def between(self, start: int, end: int) -> list[Record]:
        """The predictions from one number to another, which is not included, oldest first."""
        return [record for record in self._records[start - self._first : end - self._first] if record is not None]


class Store:
    """All predictions and files. It keeps no time and no lock of its own.

    Args:
        prediction_limit: how many predictions are kept; for one more, the oldest is dropped.
        storage_limit: how many bytes of files are kept; for more, the oldest are dropped.

    Attributes:
        shelves: the predictions of each tenant that ever asked for any.
        dropped_predictions: how many predictions were dropped.
        dropped_files: how many files were dropped before their time.
    """

    def __init__(self, prediction_limit: int, storage_limit: int) -> None:
        self.dropped_predictions = 0
        self.dropped_files = 0
        self._prediction_limit = prediction_limit
        self._storage_limit = storage_limit
        self.shelves: dict[str, Shelf] = {}
        # To take out the first of a plain dict, again and again, takes the longer the more there are.
        self._predictions = OrderedDict[str, Record]()
        self._files: dict[str, StoredFile] = {}
        self._stored = 0

    def shelf(self, tenant: str) -> Shelf:
        """The predictions of a tenant."""
        shelf = self.shelves.get(tenant)
        if shelf is None:
            shelf = self.shelves[tenant] = Shelf()
        return shelf

    def add(self, record: Record) -> Record | None:
        """Remember a prediction, whose number must be the tenant's next; returns the one that is dropped for it."""
        self.shelf(record.tenant).add(record)
        self._predictions[record.id] = record
        if len(self._predictions) > self._prediction_limit:
            _, oldest = self._predictions.popitem(last=False)
            self.shelf(oldest.tenant).drop()
            self.dropped_predictions += 1
            return oldest
        return None

    def prediction(self, prediction_id: str, tenant: str | None = None) -> Record | None:
        """A prediction by its id; only if the tenant owns it, where one is given."""
        record = self._predictions.get(prediction_id)
        return record if record is not None and tenant in (None, record.tenant) else None

    def predictions(self) -> Iterator[Record]:
        """All predictions, oldest first."""
        return iter(self._predictions.values())

    def page(self, tenant: str, cursor: str | None = None) -> Page | None:
        """A page of a tenant's predictions; None for a cursor that is none.

        A cursor names a prediction and not a distance from the newest one, so that it stays right while more arrive.

        Args:
            tenant: whose predictions.
            cursor: of another page; the newest predictions if left out.
        """
        # Whoever only looks, with a token never seen before, leaves nothing behind.
        shelf = self.shelves.get(tenant) or Shelf()
        start, end = shelf.next - PAGE_SIZE, shelf.next
        if cursor is not None:
            place = _read_cursor(cursor)
            if place is None:
                return None
            side, number = place
            start, end = (number - PAGE_SIZE, number) if side == "before" else (number, number + PAGE_SIZE)
        start, end = (min(max(number, shelf.first), shelf.next) for number in (start, end))
        return Page(
            records=shelf.between(start, end)[::-1],
            next=_cursor("before", start) if start > shelf.first else None,
            previous=_cursor("from", end) if cursor is not None and end < shelf.next else None,
        )

    def add_file(self, file: StoredFile) -> None:
        """Remember a file, and forget those that have expired or take up too much room."""
        for old in [old for old in self._files.values() if old.expires <= file.created]:
            self.remove_file(old.id)
        self._files[file.id] = file
        self._stored += len(file.content)
        while self._stored > self._storage_limit and len(self._files) > 1:
            self.remove_file(next(iter(self._files)))
            self.dropped_files += 1

    def remove_file(self, file_id: str) -> None:
        """Forget a file that is there."""
        self._stored -= len(self._files.pop(file_id).content)

    def file(self, file_id: str, now: float, tenant: str | None = None) -> StoredFile | None:
        """A file by its id, unless it has expired; only if the tenant owns it, where one is given."""
        file = self._files.get(file_id)
        return file if file is not None and now < file.expires and tenant in (None, file.tenant) else None

    def files(self, now: float, tenant: str | None = None) -> list[StoredFile]:
        """The files of a tenant, or of all, newest first, without those that have expired."""
        return [file for file in reversed(self._files.values()) if now < file.expires and tenant in (None, file.tenant)]

    def clear(self, tenant: str | None = None) -> None:
        """Forget everything, or everything of one tenant."""
        if tenant is None:
            self.shelves.clear()
            self._predictions.clear()
            self._files.clear()
            self._stored = self.dropped_predictions = self.dropped_files = 0
            return
        self.shelves.pop(tenant, None)
        for id in [id for id, record in self._predictions.items() if record.tenant == tenant]:
            del self._predictions[id]
        for id in [id for id, file in self._files.items() if file.tenant == tenant]:
            self.remove_file(id)


def _cursor(side: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{side}:{number}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, int] | None:
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return None
    found = _CURSOR.fullmatch(text)
    return (found[1], int(found[2])) if found else None
