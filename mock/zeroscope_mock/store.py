"""What the server remembers: predictions and files, apart for each token."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from .lifecycle import Record

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
    name: str
    content_type: str
    content: bytes
    metadata: dict[str, Any]
    created: float
    expires: float


@dataclass(slots=True)
class Tenant:
    """What one token owns; a prediction's number is its place in the list."""

    predictions: list[Record] = field(default_factory=list[Record])
    uploads: int = 0


class Store:
    """All predictions and files. It keeps no time and no lock of its own."""

    def __init__(self) -> None:
        self._tenants: dict[str, Tenant] = {}
        self._predictions: dict[str, Record] = {}
        self._files: dict[str, StoredFile] = {}

    def tenant(self, name: str) -> Tenant:
        """What a token owns."""
        return self._tenants.setdefault(name, Tenant())

    def add(self, record: Record) -> None:
        """Remember a prediction, whose number must be the tenant's next."""
        self.tenant(record.tenant).predictions.append(record)
        self._predictions[record.id] = record

    def prediction(self, prediction_id: str, tenant: str | None = None) -> Record | None:
        """A prediction by its id; only if the tenant owns it, where one is given."""
        record = self._predictions.get(prediction_id)
        return record if record is not None and tenant in (None, record.tenant) else None

    def page(self, tenant: str, cursor: str | None = None) -> Page | None:
        """A page of a tenant's predictions; None for a cursor that is none.

        A cursor names a prediction and not a distance from the newest one, so that it stays right while more arrive.

        Args:
            tenant: whose predictions.
            cursor: of another page; the newest predictions if left out.
        """
        predictions = self.tenant(tenant).predictions
        if cursor is None:
            end = len(predictions)
            start = max(0, end - PAGE_SIZE)
        else:
            place = _read_cursor(cursor)
            if place is None:
                return None
            side, number = place
            if side == "before":
                end = min(number, len(predictions))
                start = max(0, end - PAGE_SIZE)
            else:
                start = min(number, len(predictions))
                end = min(start + PAGE_SIZE, len(predictions))
        return Page(
            records=predictions[start:end][::-1],
            next=_cursor("before", start) if start > 0 else None,
            previous=_cursor("from", end) if cursor is not None and end < len(predictions) else None,
        )

    def add_file(self, file: StoredFile) -> None:
        """Remember a file, and forget those that have expired."""
        for old in [old for old in self._files.values() if old.expires <= file.created]:
            del self._files[old.id]
        self._files[file.id] = file

    def file(self, file_id: str, now: float) -> StoredFile | None:
        """A file by its id, unless it has expired."""
        file = self._files.get(file_id)
        return file if file is not None and now < file.expires else None

    def clear(self) -> None:
        """Forget everything."""
        self._tenants.clear()
        self._predictions.clear()
        self._files.clear()


def _cursor(side: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{side}:{number}".encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, int] | None:
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return None
    found = _CURSOR.fullmatch(text)
    return (found[1], int(found[2])) if found else None
