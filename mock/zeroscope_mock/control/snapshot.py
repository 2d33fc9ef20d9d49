"""Snapshots: the data of a server as JSON values, and their restoration."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..documents.bundled import control_schema
from ..documents.invalid_field import InvalidField
from ..faults.expectations import FaultError
from ..faults.fault import Fault
from ..lifecycle.billing import Billed
from ..lifecycle.record import Hook, Record
from ..lifecycle.script import Script
from ..messages import encode
from ..state import State
from ..store import Store, StoredFile, TenantPredictions
from ..webhooks.deliveries import Attempt
from .exchanges import exchange_values, make_exchange
from .registry_values import NO_REGISTRY, load_registry, registry_inconsistencies, registry_values
from .values import dataclass_values, make_dataclass, make_rates, rates_json

FORMAT = 1
"""The version of the snapshot format; it changes when older snapshots cannot be read any more."""

LATEST = 253_370_764_800.0
"""The latest time of day of a clock, in seconds since 1970: the end of the year 9998."""

_LONGEST_LIFETIME = 1e18


class SnapshotError(ValueError):
    """A snapshot cannot be restored; nothing was changed.

    Args:
        invalid_fields: What is wrong with it, field by field.
    """

    def __init__(self, invalid_fields: Sequence[InvalidField]) -> None:
        super().__init__("the snapshot cannot be restored:\n" + "".join(one.line() for one in invalid_fields).rstrip())
        self.invalid_fields = invalid_fields


def take(state: State) -> dict[str, Any]:
    """The data of a server, as JSON values for `restore`.

    The journal and the deliveries are part of it, so that a restored server shows no exchange that came later. Scripts
    that are functions cannot be part of it; `left_out` counts them.

    Args:
        state: The server's.
    """
    with state.lock:
        scripts = state.scripts.dump()
        functions = len(state.scripts) - len(scripts)
        # Before the clock is read, so that no version is newer than the snapshot.
        registry = registry_values(state.registry)
        snapshot = {
            "format": FORMAT,
            "seed": state.settings.seed,
            "dialect": state.settings.dialect,
            "left_out": [f"scripts that are functions: {functions}"] if functions else [],
            "clock": {"time": state.clock.time(), "frozen": state.clock.frozen},
            "tenants": [tenant_values(state.store, tenant) for tenant in state.store.tenants],
            "predictions": [prediction_values(record) for record in state.store.predictions()],
            "registry": registry,
            "files": [file_values(file) for file in reversed(state.store.files(state.clock.time()))],
            "dropped": state.dropped,
            "faults": state.faults.dump(),
            "scripts": scripts,
            "limits": {
                "rates": rates_json(state.limits.rates),
                "out_of_credit": state.limits.out_of_credit,
                "used": state.limits.dump(),
            },
            "webhooks": state.webhooks.dump(),
            "last_exchange": state.journal.last,
            "journal": [exchange_values(exchange) for exchange in state.journal],
            "deliveries": [dataclass_values(attempt) for attempt in state.webhooks.deliveries],
        }
        # Through JSON and back, so that it shares no object with the server.
        values: dict[str, Any] = json.loads(encode(snapshot))
    return values


def restore(state: State, snapshot: Mapping[str, Any]) -> None:
    """Replace the data of a server by a snapshot, or nothing if the snapshot is invalid.

    The server then goes on as the one that the snapshot was taken from, if both were made with the same options.

    Args:
        state: The server's.
        snapshot: What `take` returned.

    Raises:
        SnapshotError: For anything else, and for a snapshot of a server with another seed or dialect.
    """
    try:
        values: dict[str, Any] = json.loads(json.dumps(snapshot, allow_nan=False, ensure_ascii=False).encode())
    except (RecursionError, TypeError, ValueError) as error:
        text = f"A snapshot consists of JSON values: {error}"
        raise SnapshotError([InvalidField("invalid_type", "", text)]) from error
    load(state, values)


def load(state: State, values: Mapping[str, Any], files: Iterable[StoredFile] = ()) -> None:
    """Replace the data of a server as `restore` does, but by JSON values that it may keep.

    Args:
        state: The server's.
        values: What `take` returned.
        files: Files besides those of the snapshot, oldest first.

    Raises:
        SnapshotError: As by `restore`.
    """
    if invalid := control_schema("Snapshot").invalid_fields(values):
        raise SnapshotError(invalid)
    with state.lock:
        if invalid := [*_mismatches(state, values), *_inconsistencies(state, values)]:
            raise SnapshotError(invalid)
        store = _store(state, values)
        for file in files:
            store.add_file(file)
        registry = values.get("registry", NO_REGISTRY)
        # Nothing below can fail.
        state.faults.load(values["faults"])
        # Before the clock is set, which could make old entries due.
        state.webhooks.clear()
        state.store = store
        load_registry(state.registry, store, registry)
        state.output_files.clear()
        state.scripts.load([{**one, "times": one["times"] and int(one["times"])} for one in values["scripts"]])
        state.limits.use(make_rates(values["limits"]["rates"]))
        state.limits.out_of_credit = values["limits"]["out_of_credit"]
        state.limits.load(values["limits"]["used"])
        state.journal.load(map(make_exchange, values["journal"]), int(values.get("last_exchange", 0)))
        state.journal.dropped = _dropped(values, "exchanges") + len(values["journal"]) - len(state.journal)
        state.clock.set(values["clock"]["time"])
        # After that, since a search adds the versions of trainings that have ended.
        for record in store.predictions():
            record.schema = state.registry.schema(record.model, record.version, record.tenant)
        if values["clock"]["frozen"]:
            state.clock.freeze()
        else:
            state.clock.run()
        state.webhooks.load(values["webhooks"], store.prediction)
        state.webhooks.deliveries.load(map(_attempt, values["deliveries"]))
        state.webhooks.deliveries.dropped = _dropped(values, "deliveries")
        state.changes.notify_all()


def _mismatches(state: State, values: Mapping[str, Any]) -> Iterator[InvalidField]:
    """The errors in a snapshot that belongs to another server."""
    for name in ("seed", "dialect"):
        theirs, ours = values[name], getattr(state.settings, name)
        if theirs != ours:
            text = f"The snapshot is of a server with {name} {theirs}, but this one was started with {name} {ours}"
            yield InvalidField("other_server", name, text)
    for place, one in enumerate(values["faults"]):
        try:
            Fault.load(one, state.faults.operations, state.faults.discard)
        except FaultError as error:
            field = f"faults.{place}.{error.field}".rstrip(".")
            yield InvalidField("invalid_fault", field, str(error))


def _inconsistencies(state: State, values: Mapping[str, Any]) -> Iterator[InvalidField]:
    """The errors in a snapshot whose parts do not fit together."""
    for kind, name in (("predictions", "id"), ("files", "id"), ("faults", "id"), ("tenants", "tenant")):
        for id, times in Counter(one[name] for one in values[kind]).items():
            if times > 1:
                yield InvalidField("not_unique", kind, f"{id} is there {times} times")
    starts = Counter[tuple[str, str]]()
    for one in values["tenants"]:
        starts[one["tenant"], "prediction"] = int(one["next"])
        starts[one["tenant"], "training"] = int(one.get("trainings", 0))
    starts.subtract((one["tenant"], _kind(one)) for one in values["predictions"])
    for place, one in enumerate(values["predictions"]):
        series = one["tenant"], _kind(one)
        if one["number"] != starts[series]:
            text = f"The tenant's numbers run up to the next one, so this is number {starts[series]}"
            yield InvalidField("out_of_order", f"predictions.{place}.number", text)
        starts[series] += 1
    for place, one in enumerate(values["files"]):
        try:
            base64.b64decode(one["content"], validate=True)
        except ValueError as error:
            yield InvalidField("not_base64", f"files.{place}.content", f"This is not base64: {error}")
    hooked = {one["id"] for one in values["predictions"] if one["hook"] is not None}
    for kind in ("watches", "retries"):
        for place, one in enumerate(values["webhooks"][kind]):
            if one["prediction"] not in hooked:
                field = f"webhooks.{kind}.{place}.prediction"
                yield InvalidField("not_found", field, "There is no prediction with this id and a webhook")
    trainings = {one["id"]: one["tenant"] for one in values["predictions"] if _kind(one) == "training"}
    yield from registry_inconsistencies(values.get("registry", NO_REGISTRY), trainings)


def _store(state: State, values: Mapping[str, Any]) -> Store:
    store = Store(state.settings.prediction_limit, state.settings.storage_limit)
    store.dropped_predictions = _dropped(values, "predictions")
    store.dropped_files = _dropped(values, "files")
    for one in values["tenants"]:
        numbers = (int(one.get(name, 0)) for name in ("next", "uploads", "trainings"))
        store.tenants[one["tenant"]] = TenantPredictions(*numbers)
        billed = {model: make_dataclass(Billed, sums) for model, sums in one.get("billed", {}).items()}
        store.load_billed(one["tenant"], billed)
    for one in values["predictions"]:
        store.add(_prediction(one))
    for one in values["tenants"]:
        # Some of those that they count were dropped.
        for model, count in one.get("models", {}).items():
            store.tenants[one["tenant"]].models[model] = int(count)
    for one in values["files"]:
        store.add_file(make_dataclass(StoredFile, {**one, "content": base64.b64decode(one["content"])}))
    return store


def tenant_values(store: Store, tenant: str) -> dict[str, Any]:
    """The counts of a tenant, as JSON values."""
    predictions = store.tenants[tenant]
    return {
        "tenant": tenant,
        "next": predictions.next,
        "uploads": predictions.uploads,
        "trainings": predictions.trainings,
        "models": {str(model): count for model, count in predictions.models.items() if model},
        "billed": {model: dataclass_values(billed) for model, billed in store.billed(tenant).items()},
    }


def prediction_values(record: Record) -> dict[str, Any]:
    """A prediction or a training, as JSON values."""
    hook = record.hook
    values = dataclass_values(record)
    # Restored from the models, of which the snapshot has the schemas.
    del values["schema"]
    return {
        **values,
        "script": dataclass_values(record.script),
        "hook": None if hook is None else {**dataclass_values(hook), "events": sorted(hook.events)},
        "lifetime": None if record.lifetime is None else min(record.lifetime, _LONGEST_LIFETIME),
    }


def _prediction(values: Mapping[str, Any]) -> Record:
    lines, hook = values["script"]["lines"], values["hook"]
    lines = None if lines is None else tuple((at, text) for at, text in lines)
    return make_dataclass(
        Record,
        {
            **values,
            "script": make_dataclass(Script, {**values["script"], "lines": lines}),
            "hook": None if hook is None else make_dataclass(Hook, {**hook, "events": frozenset(hook["events"])}),
            "reads": tuple(values["reads"]),
        },
    )


def _attempt(values: Mapping[str, Any]) -> Attempt:
    # A snapshot of an older version has no headers.
    return make_dataclass(Attempt, {**values, "headers": tuple(map(tuple, values.get("headers", ())))})


def _kind(prediction: Mapping[str, Any]) -> str:
    return str(prediction.get("kind", "prediction"))


def file_values(file: StoredFile) -> dict[str, Any]:
    """A file, as JSON values."""
    return {**dataclass_values(file), "content": base64.b64encode(file.content).decode()}


def _dropped(values: Mapping[str, Any], kind: str) -> int:
    return int(values["dropped"][kind])
