"""The store of predictions, trainings and files, separate for each tenant."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from .changes import ChangedKeys
from .lifecycle.billing import Billed, billed_seconds
from .lifecycle.record import Record, RunKind
from .lifecycle.record_sequence import RecordSequence

PAGE_SIZE = 100
"""The number of objects on a page of a list (recorded traffic)."""

_CURSOR = re.compile(r"(before|from):([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of predictions, newest first, and the cursors of the pages beside it."""

    records: list[Record]
    next: str | None
    previous: str | None


# Without slots, so that the digests are computed once: the content may have 100 MiB.
@dataclass(frozen=True)
class StoredFile:
    """A file that was uploaded.

    Args:
        created: When it was uploaded, in seconds since 1970.
        expires: When it is removed, in seconds since 1970.
        number: How many files the tenant uploaded before it.
    """

    id: str
    tenant: str
    name: str
    content_type: str
    content: bytes
    metadata: dict[str, Any]
    created: float
    expires: float
    number: int = 0

    @cached_property
    def checksums(self) -> dict[str, str]:
        """The digests of the content, in hexadecimal."""
        md5 = hashlib.md5(self.content, usedforsecurity=False)
        return {"sha256": hashlib.sha256(self.content).hexdigest(), "md5": md5.hexdigest()}


class TenantPredictions(RecordSequence):
    """The predictions of one tenant.

    Args:
        first: The number of the first prediction.
        uploads: How many files the tenant uploaded.
        trainings: How many trainings the tenant created.

    Attributes:
        models: How many predictions each model made.
    """

    def __init__(self, first: int = 0, uploads: int = 0, trainings: int = 0) -> None:
        super().__init__(first)
        self.uploads = uploads
        self.trainings = trainings
        self.models = Counter[str | None]()

    def add(self, record: Record) -> None:
        """Add a prediction, whose number must be `next`; the first one may have any number."""
        if not self._records:
            self._first = record.number
        self._records.append(record)
        self.models[record.model] += 1


class Store:
    """The predictions, trainings and files.

    The store has neither a clock nor a lock; callers pass the time and hold the lock.

    Args:
        prediction_limit: How many predictions and trainings are kept; one more drops the oldest.
        storage_limit: How many bytes of files are kept; more drop the oldest.

    Attributes:
        tenants: The predictions of each tenant that ever created a prediction, a training or a file.
        sequence: The predictions and trainings of all tenants; another one after all of them were removed.
        dropped_predictions: How many predictions and trainings were dropped.
        dropped_files: How many files were dropped before their time.
        cleared: How often everything was removed.
        changed: The tenants and ids of predictions and trainings that were added, changed or removed; None if nothing
            asks.
        changed_files: The same of files.
    """

    def __init__(self, prediction_limit: int, storage_limit: int) -> None:
        self.dropped_predictions = 0
        self.dropped_files = 0
        self.cleared = 0
        self.changed: ChangedKeys[tuple[str, str]] | None = None
        self.changed_files: ChangedKeys[tuple[str, str]] | None = None
        self._prediction_limit = prediction_limit
        self._storage_limit = storage_limit
        self.tenants: dict[str, TenantPredictions] = {}
        self.sequence = RecordSequence()
        # What the service would have billed for those that were dropped, by tenant and model.
        self._billed = defaultdict[tuple[str, str], Billed](Billed)
        # Removing the first item of a plain dict again and again gets slower as the dict grows.
        self._predictions = OrderedDict[str, Record]()
        self._trainings: dict[str, Record] = {}
        self._files: dict[str, StoredFile] = {}
        self._stored = 0

    def of_tenant(self, tenant: str) -> TenantPredictions:
        """The predictions of a tenant."""
        predictions = self.tenants.get(tenant)
        if predictions is None:
            predictions = self.tenants[tenant] = TenantPredictions()
        return predictions

    def add(self, record: Record) -> Record | None:
        """Add a prediction or a training, whose number must be the tenant's next.

        Returns:
            The one that was dropped for it, if any.
        """
        if record.kind == "training":
            self.of_tenant(record.tenant).trainings = record.number + 1
            self._trainings[record.id] = record
        else:
            self.of_tenant(record.tenant).add(record)
        self._predictions[record.id] = record
        self.sequence.append(record)
        self.touch(record)
        if len(self._predictions) > self._prediction_limit:
            _, oldest = self._predictions.popitem(last=False)
            self.sequence.drop()
            if self._trainings.pop(oldest.id, None) is None:
                self.of_tenant(oldest.tenant).drop()
            self.dropped_predictions += 1
            self._billed[oldest.tenant, oldest.model or oldest.version].add(billed_seconds(oldest))
            self.touch(oldest)
            return oldest
        return None

    def touch(self, record: Record) -> None:
        """Note that a prediction or a training has changed."""
        if self.changed is not None:
            self.changed.add((record.tenant, record.id))

    def prediction(self, prediction_id: str, tenant: str | None = None) -> Record | None:
        """A prediction by its id; None if there is none, or if it belongs to another tenant than the one given.

        As on the service, a training is a prediction as well, which the list of predictions leaves out.
        """
        record = self._predictions.get(prediction_id)
        return record if record is not None and tenant in (None, record.tenant) else None

    def predictions(self) -> Iterator[Record]:
        """The predictions, trainings included, oldest first."""
        return iter(self._predictions.values())

    def held(self, tenant: str | None = None) -> int:
        """The number of predictions and trainings of a tenant, or of all."""
        if tenant is None:
            return len(self._predictions)
        predictions = self.tenants.get(tenant) or TenantPredictions()
        return predictions.next - predictions.first + len(self.trainings(tenant))

    def next_number(self, tenant: str, kind: RunKind) -> int:
        """The number of a tenant's next prediction or training."""
        tenants = self.of_tenant(tenant)
        return tenants.trainings if kind == "training" else tenants.next

    def training(self, training_id: str, tenant: str) -> Record | None:
        """A training of a tenant by its id; None if there is none."""
        record = self._trainings.get(training_id)
        return record if record is not None and record.tenant == tenant else None

    def trainings(self, tenant: str) -> list[Record]:
        """The trainings of a tenant, oldest first."""
        return [record for record in self._trainings.values() if record.tenant == tenant]

    def count(self, tenant: str, model: str) -> int:
        """The number of predictions that a tenant made with a model."""
        predictions = self.tenants.get(tenant)
        return 0 if predictions is None else predictions.models[model]

    def billed(self, tenant: str | None = None) -> dict[str, Billed]:
        """What the service would have billed for predictions that were dropped, by model; of one tenant, or of all."""
        sums = defaultdict[str, Billed](Billed)
        for (owner, model), billed in self._billed.items():
            if tenant in (None, owner):
                sums[model].predictions += billed.predictions
                sums[model].seconds += billed.seconds
        return dict(sums)

    def load_billed(self, tenant: str, billed: Mapping[str, Billed]) -> None:
        """Set what `billed` returned for a tenant."""
        self._billed.update({(tenant, model): one for model, one in billed.items()})

    def page(self, tenant: str, cursor: str | None = None, keep: Callable[[Record], bool] | None = None) -> Page | None:
        """A page of a tenant's predictions; None for an invalid cursor.

        A cursor names a prediction, not a distance from the newest one, so that it stays valid while more arrive.

        Args:
            cursor: The cursor from another page; the newest predictions if left out.
            keep: Whether a prediction is in the list; None if all are.
        """

        def kept(records: Iterator[Record]) -> Iterator[Record]:
            return records if keep is None else filter(keep, records)

        # Reading with a token that was never seen before must leave nothing behind.
        predictions = self.tenants.get(tenant) or TenantPredictions()
        side, number = "before", predictions.next
        if cursor is not None:
            parsed = _parse_cursor(cursor)
            if parsed is None:
                return None
            side, number = parsed
        if side == "before":
            older = list(islice(kept(predictions.before(number)), PAGE_SIZE + 1))
            records, more = older[:PAGE_SIZE], len(older) > PAGE_SIZE
            end = min(number, predictions.next)
        else:
            records = list(islice(kept(predictions.since(number)), PAGE_SIZE))[::-1]
            end = records[0].number + 1 if records else predictions.next
            start = records[-1].number if records else end
            more = any(kept(predictions.before(start)))
        return Page(
            records=records,
            next=_cursor("before", records[-1].number if records else end) if more else None,
            previous=_cursor("from", end) if cursor is not None and any(kept(predictions.since(end))) else None,
        )

    def add_file(self, file: StoredFile) -> None:
        """Add a file, and remove those that have expired or exceed the limit."""
        for old in [old for old in self._files.values() if old.expires <= file.created]:
            self.remove_file(old.id)
        self._files[file.id] = file
        self._stored += len(file.content)
        self._touch_file(file)
        while self._stored > self._storage_limit and len(self._files) > 1:
            self.remove_file(next(iter(self._files)))
            self.dropped_files += 1

    def remove_file(self, file_id: str) -> None:
        """Remove a file, which must exist."""
        file = self._files.pop(file_id)
        self._stored -= len(file.content)
        self._touch_file(file)

    def _touch_file(self, file: StoredFile) -> None:
        if self.changed_files is not None:
            self.changed_files.add((file.tenant, file.id))

    def file(self, file_id: str, now: float, tenant: str | None = None) -> StoredFile | None:
        """A file by its id; None if it has expired, or belongs to another tenant than the one given."""
        file = self._files.get(file_id)
        return file if file is not None and now < file.expires and tenant in (None, file.tenant) else None

    def files(self, now: float, tenant: str | None = None) -> list[StoredFile]:
        """The files of a tenant, or of all, newest first, without expired ones."""
        return [file for file in reversed(self._files.values()) if now < file.expires and tenant in (None, file.tenant)]

    def clear(self, tenant: str | None = None) -> None:
        """Remove everything, or everything of one tenant."""
        for id in [id for id, file in self._files.items() if tenant in (None, file.tenant)]:
            self.remove_file(id)
        for record in [record for record in self._predictions.values() if tenant in (None, record.tenant)]:
            del self._predictions[record.id]
            self._trainings.pop(record.id, None)
            self.touch(record)
        if tenant is None:
            self.cleared += 1
            self.tenants.clear()
            self.dropped_predictions = self.dropped_files = 0
            self.sequence = RecordSequence()
            self._billed.clear()
            return
        self.tenants.pop(tenant, None)
        self.sequence.remove(lambda record: record.tenant == tenant)
        for key in [key for key in self._billed if key[0] == tenant]:
            del self._billed[key]


def _cursor(side: str, number: int) -> str:
    return base64.urlsafe_b64encode(f"{side}:{number}".encode()).decode()


def _parse_cursor(cursor: str) -> tuple[str, int] | None:
    try:
        text = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        return None
    found = _CURSOR.fullmatch(text)
    return (found[1], int(found[2])) if found else None
