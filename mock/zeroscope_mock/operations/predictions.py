"""The operations on predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from ..documents.invalid_field import InvalidField
from ..lifecycle.record import Record
from ..messages import Response, encode, encoded_response
from ..problems import invalid, invalid_version, not_found
from ..protocols import Flow
from ..state import State
from ..times import TOLERANCE, read_timestamp
from .calls import Handler, OperationCall
from .models import find_model, no_model
from .run_bodies import RunBodies
from .runs import Runs
from .version_references import find_model_version, find_version, note_unknown

SOURCE_PERIOD = 14 * 86_400.0
"""The age up to which predictions are listed by their source, in seconds (the service's documentation)."""

# More than the difference that rounding makes, in seconds.
_NEAR = 2 * TOLERANCE
_FILTERS = ("created_after", "created_before", "source")


class Predictions:
    """Creates, reads, lists and cancels predictions."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._runs = Runs(state)
        self._bodies = RunBodies(state)
        self.handlers: dict[str, Handler] = {
            "cancelPrediction": self._cancel,
            "createModelPrediction": self._create_of_model,
            "createPrediction": self._create,
            "getPrediction": self._get,
            "listPredictions": self._list,
        }

    def _list(self, call: OperationCall) -> Response | Flow[Response]:
        now = self._state.clock.time()
        filters = {name: call.arguments[name] for name in _FILTERS if call.arguments.get(name) is not None}
        if not self._state.dialect.current:
            filters = {}
        page = self._state.store.page(call.tenant, call.arguments.get("cursor") or None, _filter(filters, now))
        if page is None:
            return invalid([InvalidField("invalid_cursor", "cursor", "Invalid cursor")])
        links = self._bodies.links(call)
        urls = {
            "next": links.page("listPredictions", page.next, filters),
            "previous": links.page("listPredictions", page.previous, filters),
        }
        # The items are JSON already, and are long: they are copied once.
        items = self._runs.items(call, page.records, now) or [b""]
        items[0] = encode(urls)[:-1] + b',"results":[' + items[0]
        items[-1] += b"]}"
        return self._runs.listed(call, "prediction", page.records, encoded_response(200, b",".join(items)))

    def _create(self, call: OperationCall) -> Response | Flow[Response]:
        named = str(call.body.get("version"))
        version = find_version(self._state, call.tenant, named)
        if version is None:
            note_unknown(self._state, call, named)
            return invalid_version()
        return self._runs.start(call, version)

    def _create_of_model(self, call: OperationCall) -> Response | Flow[Response]:
        model = find_model(self._state, call)
        if model is None:
            note_unknown(self._state, call, f"{call.arguments['owner']}/{call.arguments['name']}")
            return no_model(call)
        version = find_model_version(self._state, call.tenant, model.full_name)
        if version is None:
            return not_found(f"version of model {model.full_name}", None)
        return self._runs.start(call, version)

    def _get(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        return _missing(call) if record is None else self._runs.read(call, record)

    def _cancel(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        return _missing(call) if record is None else self._runs.cancel(call, record)


def _missing(call: OperationCall) -> Response:
    return not_found(f"prediction {call.arguments['prediction_id']!r}")


def _filter(filters: Mapping[str, str], now: float) -> Callable[[Record], bool] | None:
    """Whether the list with these filters has a prediction; None if it has all."""
    if not filters:
        return None
    after, before, source = (filters.get(name) for name in _FILTERS)
    since = -inf if after is None else read_timestamp(after)
    until = inf if before is None else read_timestamp(before)
    if source is not None:
        since = max(since, now - SOURCE_PERIOD)

    def matches(record: Record) -> bool:
        created = record.created
        # Clients know the creation as timestamps show it, which is rounded. That takes long, and matters near a bound.
        if not since + _NEAR <= created < until - _NEAR and not since <= round(created, 6) < until:
            return False
        return source in (None, record.script.source)

    return matches
