"""The operations on trainings."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..lifecycle.record import Record
from ..messages import Response
from ..problems import invalid, not_found, problem
from ..protocols import Flow
from ..registry import Model, trained_version
from ..state import State
from .calls import Handler, OperationCall
from .outputs import WEIGHTS
from .paging import list_response
from .run_bodies import RunBodies
from .runs import Runs
from .version_references import find_model_version


class Trainings:
    """Creates, lists, returns and cancels trainings."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._runs = Runs(state)
        self._bodies = RunBodies(state)
        self.handlers: dict[str, Handler] = {
            "cancelTraining": self._cancel,
            "createTraining": self._create,
            "getTraining": self._get,
            "listTrainings": self._list,
        }

    def _create(self, call: OperationCall) -> Response | Flow[Response]:
        arguments, registry = call.arguments, self._state.registry
        model = f"{arguments['owner']}/{arguments['name']}"
        version = find_model_version(self._state, call.tenant, model, arguments["version_id"])
        if version is None:
            return not_found(f"version {arguments['version_id']!r} of model {model}")
        if version.schema is not None and (fields := version.schema.training_invalid_fields(call.body["input"])):
            # Imported here because only errors need it.
            from ..refusals import explain_fields

            named = [one.within(model) for one in fields]
            call.notes.refusals = explain_fields(self._state.spec, named)
            return invalid(fields)
        destination = registry.find(call.body["destination"], call.tenant)
        if destination is None or destination.tenant != call.tenant:
            return _no_destination()
        return self._runs.start(
            call,
            version,
            kind="training",
            output=partial(self._output, call, destination),
            register=partial(self._register, destination),
        )

    def _register(self, destination: Model, training: Record) -> Response | None:
        registry = self._state.registry
        # The training's script, if it is a function, may have removed the model.
        if registry.find(destination.full_name, training.tenant) is not destination:
            return _no_destination()
        registry.add_training(destination, training)
        return None

    def _output(self, call: OperationCall, destination: Model, id: str) -> dict[str, Any]:
        weights = self._bodies.links(call).operation("getOutput", prediction_id=id, filename=WEIGHTS)
        return {"version": f"{destination.full_name}:{trained_version(id)}", "weights": weights}

    def _list(self, call: OperationCall) -> Response | Flow[Response]:
        now, trainings = self._state.clock.time(), list(self._state.store.trainings(call.tenant))
        response = list_response(
            self._state,
            call,
            "listTrainings",
            trainings,
            lambda record: (record.created, record.number),
            lambda record: self._bodies.brief(record, call, now),
        )
        return self._runs.listed(call, "training", trainings, response)

    def _get(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.training(call.arguments["training_id"], call.tenant)
        return _missing(call) if record is None else self._runs.read(call, record)

    def _cancel(self, call: OperationCall) -> Response | Flow[Response]:
        record = self._state.store.training(call.arguments["training_id"], call.tenant)
        return _missing(call) if record is None else self._runs.cancel(call, record)


def _no_destination() -> Response:
    return problem(404, "The specified training destination does not exist")


def _missing(call: OperationCall) -> Response:
    return not_found(f"training {call.arguments['training_id']!r}")
