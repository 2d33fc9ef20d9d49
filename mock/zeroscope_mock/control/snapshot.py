"""All that a server holds as JSON values, to go on from there later or in another process."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ..documents.bundled import control_document
from ..documents.validation import Schema
from ..faults.fault import Fault
from ..faults.settings import FaultError
from ..journal import Exchange
from ..lifecycle.script import Script
from ..lifecycle.timeline import Hook, Record
from ..messages import encode
from ..problems import InvalidField
from ..state import State
from ..store import Shelf, Store, StoredFile
from ..webhooks.deliveries import Attempt
from .values import make, rates_values, read_rates, values_of

FORMAT = 1
"""The number of the form that snapshots have; it changes whenever older ones cannot be read any more."""

LATEST = 253_370_764_800.0
"""The latest time of day that a clock is set or advanced to, in seconds since 1970: the end of the year 9998."""

_ENDLESS = 1e18


class SnapshotError(ValueError):
    """A snapshot cannot be restored; everything is as it was.

    Args:
        faults: what is wrong with it, field by field.
    """

    def __init__(self, faults: Sequence[InvalidField]) -> None:
        super().__init__("the snapshot cannot be restored:\n" + "".join(fault.line() for fault in faults).rstrip())
        self.faults = faults


def take(state: State) -> dict[str, Any]:
    """All that a server holds, as JSON values for `restore`.

    The history belongs to it, so that a server that was restored shows no exchange that came later. What a snapshot
    cannot hold is named in its `left_out`: scripts that are functions.

    Args:
        state: the server's.
    """
    with state.lock:
        scripts = state.scripts.dump()
        functions = len(state.scripts) - len(scripts)
        snapshot = {
            "format": FORMAT,
            "seed": state.settings.seed,
            "dialect": state.settings.dialect,
            "left_out": [f"scripts that are functions: {functions}"] if functions else [],
            "clock": {"time": state.clock.time(), "frozen": state.clock.frozen},
            "tenants": [
                {"tenant": tenant, "next": shelf.next, "uploads": shelf.uploads}
                for tenant, shelf in state.store.shelves.items()
            ],
            "predictions": [_prediction_values(record) for record in state.store.predictions()],
            "files": [_file_values(file) for file in reversed(state.store.files(state.clock.time()))],
            "dropped": state.dropped,
            "faults": state.faults.dump(),
            "scripts": scripts,
            "limits": {
                "rates": rates_values(state.limits.rates),
                "out_of_credit": state.limits.out_of_credit,
                "used": state.limits.dump(),
            },
            "webhooks": state.courier.dump(),
            "journal": [values_of(exchange) for exchange in state.journal],
            "deliveries": [values_of(attempt) for attempt in state.courier.deliveries],
        }
        # Through JSON and back nothing in it belongs to the server any more.
        values: dict[str, Any] = json.loads(encode(snapshot))
    return values


def restore(state: State, snapshot: Mapping[str, Any]) -> None:
    """Replace all that a server holds by a snapshot, or nothing if the snapshot will not do.

    The server goes on as the one that the snapshot was taken of, if both were made with the same settings.

    Args:
        state: the server's.
        snapshot: what `take` returned.

    Raises:
        SnapshotError: for anything else, and for a snapshot of a server with another seed or dialect.
    """
    values = _read(snapshot)
    with state.lock:
        if faults := [*_strangers(state, values), *_contradictions(state, values)]:
            raise SnapshotError(faults)
        store = _store(state, values)
        # From here on nothing can fail.
        state.faults.load(values["faults"])
        # Else the time that is set could make something due that belongs to the past.
        state.courier.clear()
        state.store = store
        state.outputs.clear()
        state.scripts.load([{**one, "times": one["times"] and int(one["times"])} for one in values["scripts"]])
        state.limits.use(read_rates(values["limits"]["rates"]))
        state.limits.out_of_credit = values["limits"]["out_of_credit"]
        state.limits.load(values["limits"]["used"])
        state.journal.load(make(Exchange, one) for one in values["journal"])
        state.journal.dropped = _dropped(values, "exchanges") + len(values["journal"]) - len(state.journal)
        state.clock.set(values["clock"]["time"])
        if values["clock"]["frozen"]:
            state.clock.freeze()
        else:
            state.clock.run()
        state.courier.load(values["webhooks"], store.prediction)
        state.courier.deliveries.load(make(Attempt, one) for one in values["deliveries"])
        state.courier.deliveries.dropped = _dropped(values, "deliveries")


def _read(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot that has the right form, with nothing in it that belongs to the caller."""
    try:
        values: dict[str, Any] = json.loads(json.dumps(snapshot, allow_nan=False, ensure_ascii=False).encode())
    except (RecursionError, TypeError, ValueError) as error:
        raise SnapshotError(
            [InvalidField("invalid_type", "", f"A snapshot consists of JSON values: {error}")]
        ) from error
    if faults := _schema().faults(values):
        raise SnapshotError(faults)
    return values


@cache
def _schema() -> Schema:
    return Schema({"$ref": "#/components/schemas/Snapshot"}, control_document()["components"])


def _strangers(state: State, values: Mapping[str, Any]) -> Iterator[InvalidField]:
    """What is of another server."""
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


def _contradictions(state: State, values: Mapping[str, Any]) -> Iterator[InvalidField]:
    """What does not go together."""
    for kind, name in (("predictions", "id"), ("files", "id"), ("faults", "id"), ("tenants", "tenant")):
        for id, times in Counter(one[name] for one in values[kind]).items():
            if times > 1:
                yield InvalidField("not_unique", kind, f"{id} is there {times} times")
    starts = Counter[str]()
    for one in values["tenants"]:
        starts[one["tenant"]] = int(one["next"])
    starts.subtract(one["tenant"] for one in values["predictions"])
    for place, one in enumerate(values["predictions"]):
        if one["number"] != starts[one["tenant"]]:
            text = f"The tenant's numbers run up to the next one, so this is number {starts[one['tenant']]}"
            yield InvalidField("out_of_order", f"predictions.{place}.number", text)
        starts[one["tenant"]] += 1
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


def _store(state: State, values: Mapping[str, Any]) -> Store:
    store = Store(state.settings.prediction_limit, state.settings.storage_limit)
    store.dropped_predictions = _dropped(values, "predictions")
    store.dropped_files = _dropped(values, "files")
    for one in values["tenants"]:
        store.shelves[one["tenant"]] = Shelf(int(one["next"]), int(one["uploads"]))
    for one in values["predictions"]:
        store.add(_prediction(one))
    for one in values["files"]:
        store.add_file(make(StoredFile, {**one, "content": base64.b64decode(one["content"])}))
    return store


def _prediction_values(record: Record) -> dict[str, Any]:
    hook = record.hook
    return {
        **values_of(record),
        "script": values_of(record.script),
        "hook": None if hook is None else {**values_of(hook), "events": sorted(hook.events)},
        "lifetime": None if record.lifetime is None else min(record.lifetime, _ENDLESS),
    }


def _prediction(values: Mapping[str, Any]) -> Record:
    lines, hook = values["script"]["lines"], values["hook"]
    lines = None if lines is None else tuple((at, text) for at, text in lines)
    return make(
        Record,
        {
            **values,
            "script": make(Script, {**values["script"], "lines": lines}),
            "hook": None if hook is None else make(Hook, {**hook, "events": frozenset(hook["events"])}),
            "reads": tuple(values["reads"]),
        },
    )


def _file_values(file: StoredFile) -> dict[str, Any]:
    return {**values_of(file), "content": base64.b64encode(file.content).decode()}


def _dropped(values: Mapping[str, Any], kind: str) -> int:
    return int(values["dropped"][kind])
