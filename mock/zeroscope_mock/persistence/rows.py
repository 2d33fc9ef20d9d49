"""The rows of a state file that say what has changed in a server's data."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, Generic, TypeVar

from ..changes import ChangedKeys
from ..clocks.real import RealClock
from ..control.exchanges import exchange_values
from ..control.registry_values import loaded_value, own_values, unknown_value, unknown_versions
from ..control.snapshot import prediction_values, tenant_values
from ..control.values import dataclass_values, rates_json
from ..journal import Exchange, Journal
from ..lifecycle.record import Record
from ..messages import encode
from ..state import State
from ..store import StoredFile
from ..webhooks.deliveries import Attempt, Deliveries

Row = tuple[str, str, bytes | None]
"""The kind and the key of a row, and its value; None if it is removed."""

PREDICTION, FILE, CONTENT, TENANT, USED = "prediction", "file", "content", "tenant", "used"
UNSENT, EXCHANGE, ATTEMPT = "unsent", "exchange", "attempt"
FAULT, SCRIPT, LOADED, UNKNOWN = "fault", "script", "loaded", "unknown"
SECTION = "section"
REGISTRY, SERVER, CLOCK = "registry", "server", "clock"

# How much a running clock may drift from that of the machine before that is saved, in seconds.
_DRIFT = 0.01

# Comes before the numbers of all entries of a log.
_BEFORE_ALL = -(2**62)

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class ChangedRows:
    """The rows that changed since the last look at a server's data. The caller holds the lock of the state.

    Args:
        state: The server's.
        known: The kinds and keys of the rows in the file, which say what the state is now.
        about: The values about the server's options.

    Attributes:
        store: The store that is tracked; after a restoration the state has another one.
    """

    def __init__(self, state: State, known: Iterable[tuple[str, str]], about: Mapping[str, Any]) -> None:
        self.store = store = state.store
        self._state = state
        self._about = about
        keys: dict[str, list[str]] = {}
        for kind, key in known:
            keys.setdefault(kind, []).append(key)
        self._tenants = set(keys.get(TENANT, ()))
        self._tokens: dict[str, Mapping[str, object]] = {
            kind: dict.fromkeys(keys.get(kind, ())) for kind in (FAULT, SCRIPT, LOADED, UNKNOWN)
        }
        self._sections: dict[str, bytes] = {}
        self._revisions: dict[str, Hashable] = {}
        journal, deliveries = state.journal, state.webhooks.deliveries
        newest = journal[-1].number if len(journal) else 0
        self._exchanges = _Tail(EXCHANGE, keys.get(EXCHANGE, ()), newest, journal.revision, exchange_values)
        self._attempts = _Tail(ATTEMPT, keys.get(ATTEMPT, ()), deliveries.total, deliveries.revision, dataclass_values)
        journal.changed = self._changed = ChangedKeys[int]()
        self._moment: Hashable = None
        store.changed = self._predictions = _marked(_differing(keys.get(PREDICTION, ()), store.predictions()))
        files = reversed(store.files(-inf))
        store.changed_files = self._files = _marked(_differing(keys.get(FILE, ()), files))
        limits, webhooks = state.limits, state.webhooks
        used = [(one["tenant"], one["kind"]) for one in limits.dump()]
        limits.changed = self._used = _marked([*map(_used_names, keys.get(USED, ())), *used])
        hooked = [record.id for record in store.predictions() if record.hook is not None]
        webhooks.changed = self._unsent = _marked([*keys.get(UNSENT, ()), *hooked])

    def take(self, *, whole: bool) -> Iterator[Row]:
        """The rows that changed since the last call, without that of the clock.

        Args:
            whole: Whether to look at what requests that only read do not change, too.
        """
        state = self._state
        yield from self._data()
        for id in self._unsent.take():
            unsent = state.webhooks.unsent(id)
            yield UNSENT, id, encode(unsent) if any(unsent.values()) else None
        for tenant, kind in self._used.take():
            used = state.limits.used(tenant, kind)
            yield USED, f"{tenant} {kind}", None if used is None else encode(used)
        yield from self._listed()
        if whole:
            yield from self._section(REGISTRY, own_values(state.registry))
        journal, deliveries = state.journal, state.webhooks.deliveries
        # Changed ones are new to the file or become so, so they are taken first.
        changed = self._changed.take()
        yield from self._exchanges.changes(journal.revision, _numbered(journal), lambda: len(journal))
        for number in changed:
            if (exchange := journal.find(number)) is not None:
                yield self._exchanges.row(number, exchange)
        yield from self._attempts.changes(deliveries.revision, _numbered_attempts(deliveries), lambda: len(deliveries))
        limits = state.limits
        server = {
            **self._about,
            "speed": state.speed,
            "limits": {"rates": rates_json(limits.rates), "out_of_credit": limits.out_of_credit},
            "dropped": state.dropped,
            "last_exchange": _removed_last(journal),
        }
        yield from self._section(SERVER, server)

    def clock(self, *, needed: bool) -> Iterator[Row]:
        """The row of the clock.

        Args:
            needed: Whether to return it even if the clock has only run on since the last one.
        """
        clock = self._state.clock
        time, frozen, real = clock.time(), clock.frozen, isinstance(clock, RealClock)
        # The machine's clock runs on while no server does.
        ahead = time - clock.signing_time() if real else 0.0
        moment = real, frozen, round(ahead / _DRIFT) if real and not frozen else time
        if needed or moment != self._moment:
            self._moment = moment
            yield SECTION, CLOCK, encode({"time": time, "frozen": frozen, "real": real, "ahead": ahead})

    def _data(self) -> Iterator[Row]:
        """The rows of predictions, trainings and files, and of the tenants that have them."""
        store = self.store
        tenants: dict[str, None] = {}
        for tenant, id in self._predictions.take():
            record = store.prediction(id)
            tenants[tenant] = None
            yield PREDICTION, id, None if record is None else encode(prediction_values(record))
        for tenant, id in self._files.take():
            file = store.file(id, -inf)
            tenants[tenant] = None
            yield FILE, id, None if file is None else encode(_file_values(file))
            yield CONTENT, id, None if file is None else file.content
        tenants = {tenant: None for tenant in tenants if tenant in store.tenants}
        self._tenants.update(tenants)
        if len(self._tenants) != len(store.tenants):
            # A reset removed some, or a request that was refused then made one without data.
            for tenant in self._tenants - store.tenants.keys():
                yield TENANT, tenant, None
            tenants.update(dict.fromkeys(store.tenants.keys() - self._tenants))
            self._tenants = set(store.tenants)
        for tenant in tenants:
            yield TENANT, tenant, encode(tenant_values(store, tenant))

    def _listed(self) -> Iterator[Row]:
        """The rows of faults, scripts, and loaded and unknown models."""
        state, registry = self._state, self._state.registry
        if state.faults or self._tokens[FAULT]:
            faults = {fault.id: fault for fault in state.faults}
            counts = {id: (fault, fault.seen, fault.hits) for id, fault in faults.items()}
            yield from self._differences(FAULT, counts, lambda id: faults[id].dump())
        if self._is_new(SCRIPT, state.scripts.revision):
            scripts = {str(number): values for number, values in state.scripts.waiting()}
            times = {key: (values["times"], values["used"]) for key, values in scripts.items()}
            yield from self._differences(SCRIPT, times, scripts.__getitem__)
        if self._is_new(LOADED, registry.loaded.revision):
            loaded = {f"{name} {file.id}": (name, file) for name, file in registry.loaded.files()}
            files = {key: file for key, (_, file) in loaded.items()}
            yield from self._differences(LOADED, files, lambda key: loaded_value(*loaded[key]))
        if registry.unknown is not None and self._is_new(UNKNOWN, registry.unknown.revision):
            unknown = {f"{name} {version}": (name, version) for name, version in unknown_versions(registry)}
            yield from self._differences(UNKNOWN, dict.fromkeys(unknown, 1), lambda key: unknown_value(*unknown[key]))

    def _differences(
        self, kind: str, tokens: Mapping[str, object], values: Callable[[str], Mapping[str, Any]]
    ) -> Iterator[Row]:
        """The rows of a kind whose tokens are others than the last time.

        Args:
            tokens: Something that changes with each value, by the keys of all rows.
            values: Returns the values of a row by its key.
        """
        before, self._tokens[kind] = self._tokens[kind], tokens
        for key in before.keys() - tokens.keys():
            yield kind, key, None
        for key, token in tokens.items():
            if key not in before or before[key] != token:
                yield kind, key, encode(values(key))

    def _is_new(self, kind: str, revision: int) -> bool:
        before, self._revisions[kind] = self._revisions.get(kind), revision
        return before != revision

    def _section(self, name: str, values: Mapping[str, Any]) -> Iterator[Row]:
        written = encode(values)
        if self._sections.get(name) != written:
            self._sections[name] = written
            yield SECTION, name, written


class _Tail(Generic[T]):
    """The rows of a log, which grows at its end and is cut at its start.

    Args:
        kind: Their kind.
        keys: The keys of those in the file, numbers, oldest first.
        last: The number of the latest entry of the log that the file has.
        revision: The revision of the log that the file has.
        values: Returns an entry as JSON values.
    """

    def __init__(
        self, kind: str, keys: Sequence[str], last: int, revision: int, values: Callable[[T], Mapping[str, Any]]
    ) -> None:
        self._kind = kind
        self._values = values
        self._keys = deque(keys)
        # All of them are new to a file without any.
        self._last = last if keys else _BEFORE_ALL
        # What is added to a number to get a key: the log may number anew, and keys of the file are never used again.
        self._offset = int(keys[-1]) - last if keys else 0
        self._revision = revision

    def changes(
        self, revision: int, since: Callable[[int], Sequence[tuple[int, T]]], length: Callable[[], int]
    ) -> Iterator[Row]:
        """The rows that were added and removed.

        Args:
            revision: Changes when entries are removed otherwise.
            since: Returns the entries after a number, each with its own.
            length: Returns the number of entries that are left.
        """
        if revision != self._revision:
            self._offset += max(self._last, 0)
            self._revision, self._last = revision, _BEFORE_ALL
            yield from self._drop(len(self._keys))
        for number, one in since(self._last):
            self._last = number
            row = self.row(number, one)
            self._keys.append(row[1])
            yield row
        yield from self._drop(len(self._keys) - length())

    def row(self, number: int, one: T) -> Row:
        """The row of the entry with a number."""
        return self._kind, str(number + self._offset), encode(self._values(one))

    def _drop(self, count: int) -> Iterator[Row]:
        for _ in range(count):
            yield self._kind, self._keys.popleft(), None


def _numbered(journal: Journal) -> Callable[[int], list[tuple[int, Exchange]]]:
    return lambda number: [(one.number, one) for one in journal.since(number)]


def _removed_last(journal: Journal) -> int:
    """The number of the latest exchange if that was removed; otherwise 0, because the row of the exchange has it."""
    last = journal.last
    return 0 if len(journal) and journal[-1].number >= last else last


def _numbered_attempts(deliveries: Deliveries) -> Callable[[int], list[tuple[int, Attempt]]]:
    def since(number: int) -> list[tuple[int, Attempt]]:
        attempts, total = deliveries.since(number)
        return list(enumerate(attempts, total - len(attempts) + 1))

    return since


def _differing(keys: Sequence[str], kept: Iterable[Record | StoredFile]) -> list[tuple[str, str]]:
    """The tenants and ids of what only the file has, whose tenants are empty, and of what only the store has."""
    tenants = {one.id: one.tenant for one in kept}
    known = set(keys)
    return [
        *(("", key) for key in keys if key not in tenants),
        *((tenant, id) for id, tenant in tenants.items() if id not in known),
    ]


def _marked(keys: Iterable[K]) -> ChangedKeys[K]:
    changed = ChangedKeys[K]()
    for key in keys:
        changed.add(key)
    return changed


def _used_names(key: str) -> tuple[str, str]:
    tenant, _, kind = key.rpartition(" ")
    return tenant, kind


def _file_values(file: StoredFile) -> dict[str, Any]:
    """A file without its content, which is a row of its own."""
    return {name: value for name, value in dataclass_values(file).items() if name != "content"}
