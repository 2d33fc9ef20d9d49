"""The operations on predictions."""

from __future__ import annotations

from ..documents.invalid_field import InvalidField
from ..messages import Response, json_response
from ..problems import invalid, invalid_version, not_found
from ..protocols import Flow
from ..state import State
from .calls import Handler, OperationCall
from .run_bodies import RunBodies
from .runs import Runs
from .version_references import find_model_version, find_version


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

    def _list(self, call: OperationCall) -> Response:
        page = self._state.store.page(call.tenant, call.arguments.get("cursor") or None)
        if page is None:
            return invalid([InvalidField("invalid_cursor", "cursor", "Invalid cursor")])
        links = self._bodies.links(call)
        now = self._state.clock.time()
        body = {
            "next": links.page("listPredictions", page.next),
            "previous": links.page("listPredictions", page.previous),
            # A list of inline videos would be too long, so the entries lack them.
            "results": [
                {
                    **self._bodies.brief(record, call, now),
                    **({"output": None} if self._bodies.inline(record, now) else {}),
                }
                for record in page.records
            ],
        }
        return json_response(200, body)

    def _create(self, call: OperationCall) -> Response | Flow[Response]:
        version = find_version(self._state, str(call.body.get("version")))
        return invalid_version() if version is None else self._runs.start(call, version)

    def _create_of_model(self, call: OperationCall) -> Response | Flow[Response]:
        model = f"{call.arguments['owner']}/{call.arguments['name']}"
        version = find_model_version(self._state, model)
        return not_found(f"model {model}") if version is None else self._runs.start(call, version)

    def _get(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        return _missing(call) if record is None else self._runs.read(call, record)

    def _cancel(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.prediction(call.arguments["prediction_id"], call.tenant)
        return _missing(call) if record is None else self._runs.cancel(call, record)


def _missing(call: OperationCall) -> Response:
    return not_found(f"prediction {call.arguments['prediction_id']!r}")
