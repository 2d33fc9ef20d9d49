"""The operations on the versions of models."""

from __future__ import annotations

from ..messages import Response, json_response
from ..problems import conflict, forbidden, not_found
from ..registry import Version
from ..state import State
from .calls import Handler, OperationCall
from .model_bodies import version_json
from .models import find_model, no_model, not_owned
from .paging import list_response


class Versions:
    """Lists, returns and deletes versions."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {
            "deleteModelVersion": self._delete,
            "getModelVersion": self._get,
            "listModelVersions": self._list,
        }

    def _list(self, call: OperationCall) -> Response:
        model = find_model(self._state, call)
        if model is None:
            return no_model(call)
        return list_response(
            self._state,
            call,
            "listModelVersions",
            self._state.registry.versions(model),
            lambda version: (version.created, version.number),
            lambda version: version_json(self._state.spec, version),
            path={"owner": model.owner, "name": model.name},
        )

    def _get(self, call: OperationCall) -> Response:
        version = self._find(call)
        return json_response(200, version_json(self._state.spec, version)) if version else _missing(call)

    def _delete(self, call: OperationCall) -> Response:
        model, version = find_model(self._state, call), self._find(call)
        if model is None or version is None:
            return _missing(call)
        if model.tenant != call.tenant:
            return not_owned(model)
        if model.visibility == "public":
            return forbidden("Only versions of private models can be deleted.")
        if any(deployment.version == version.id for deployment in self._state.registry.deployments.values()):
            return conflict("A deployment runs the version.")
        if any(training.version == version.id for training in self._state.store.trainings(call.tenant)):
            return conflict("A training is based on the version.")
        del model.versions[version.id]
        return Response(202, (), b"")

    def _find(self, call: OperationCall) -> Version | None:
        model = find_model(self._state, call)
        return None if model is None else self._state.registry.version(model, call.arguments["version_id"])


def _missing(call: OperationCall) -> Response:
    arguments = call.arguments
    return not_found(f"version {arguments['version_id']!r} of model {arguments['owner']}/{arguments['name']}")
