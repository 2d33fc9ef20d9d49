"""The operations on models and their versions."""

from __future__ import annotations

from ..documents.spec import Spec
from ..messages import Response, json_response
from ..problems import not_found
from ..state import State
from .calls import Handler, OperationCall
from .models import is_model, is_version, model_json, version_json, versions_json


class Catalog:
    """Serves the document's model, the only one that the server has."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {
            "getModel": self._model,
            "getModelVersion": self._version,
            "listModelVersions": self._versions,
        }

    @property
    def _spec(self) -> Spec:
        return self._state.spec

    def _model(self, call: OperationCall) -> Response:
        return json_response(200, model_json(self._spec)) if self._exists(call) else not_found(_named(call))

    def _versions(self, call: OperationCall) -> Response:
        return json_response(200, versions_json(self._spec)) if self._exists(call) else not_found(_named(call))

    def _version(self, call: OperationCall) -> Response:
        version_id = call.arguments["version_id"]
        if not self._exists(call) or not is_version(version_id):
            return not_found(f"version {version_id!r} of {_named(call)}")
        return json_response(200, version_json(self._spec, version_id))

    def _exists(self, call: OperationCall) -> bool:
        return is_model(self._spec, call.arguments["owner"], call.arguments["name"])


def _named(call: OperationCall) -> str:
    return f"model {call.arguments['owner']}/{call.arguments['name']}"
