"""The operations on deployments."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from typing import Any

from ..documents.invalid_field import InvalidField
from ..lifecycle.timeline import state_at
from ..messages import Response, json_response
from ..problems import conflict, invalid, invalid_version, not_found
from ..protocols import Flow
from ..registry import Deployment
from ..state import State
from ..times import timestamp
from .accounts import account_json
from .calls import Handler, OperationCall
from .paging import list_response
from .runs import Runs
from .version_references import VersionReference, find_model_version, note_unknown

IDLE_SECONDS = 900.0
"""How long a deployment must have been idle before it can be deleted, in seconds (the service's documentation)."""

_INSTANCES = ("min_instances", "max_instances")
_SETTINGS = ("version", "hardware", *_INSTANCES)


class Deployments:
    """Lists, creates, updates, deletes and runs deployments."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._runs = Runs(state)
        self.handlers: dict[str, Handler] = {
            "createDeployment": self._create,
            "createDeploymentPrediction": self._predict,
            "deleteDeployment": self._delete,
            "getDeployment": self._get,
            "listDeployments": self._list,
            "updateDeployment": self._update,
        }

    def _list(self, call: OperationCall) -> Response:
        return list_response(
            self._state,
            call,
            "listDeployments",
            [one for one in self._state.registry.deployments.values() if one.tenant == call.tenant],
            lambda deployment: (deployment.created, deployment.number),
            _json,
        )

    def _create(self, call: OperationCall) -> Response:
        registry, body, now = self._state.registry, call.body, self._state.clock.time()
        settings = _settings(body)
        if fault := _instances_fault(settings, body):
            return invalid([fault])
        if find_model_version(self._state, call.tenant, body["model"], body["version"]) is None:
            note_unknown(self._state, call, body["model"])
            return invalid_version()
        key = call.tenant, body["name"]
        if key in registry.deployments:
            return conflict("A deployment with that name and owner already exists.")
        deployment = registry.deployments[key] = Deployment(
            self._state.account(call.tenant),
            body["name"],
            call.tenant,
            registry.next_number(),
            now,
            body["model"],
            release=1,
            released=now,
            **settings,
        )
        return json_response(200, _json(deployment))

    def _get(self, call: OperationCall) -> Response:
        deployment = self._find(call)
        return json_response(200, _json(deployment)) if deployment else _missing(call)

    def _update(self, call: OperationCall) -> Response:
        deployment = self._find(call)
        if deployment is None:
            return _missing(call)
        changes = _settings(call.body or {})
        if fault := _instances_fault({**asdict(deployment), **changes}, changes):
            return invalid([fault])
        version = changes.get("version", deployment.version)
        if find_model_version(self._state, call.tenant, deployment.model, version) is None:
            return invalid_version()
        for name, value in changes.items():
            setattr(deployment, name, value)
        if changes:
            deployment.release += 1
            deployment.released = self._state.clock.time()
        return json_response(200, _json(deployment))

    def _delete(self, call: OperationCall) -> Response:
        deployment = self._find(call)
        if deployment is None:
            return _missing(call)
        if self._is_busy(deployment):
            return conflict(
                f"The deployment must have been idle for {IDLE_SECONDS / 60:g} minutes before it can be deleted."
            )
        del self._state.registry.deployments[deployment.tenant, deployment.name]
        return Response(204, (), b"")

    def _predict(self, call: OperationCall) -> Response | Flow[Response]:
        deployment = self._find(call)
        if deployment is None:
            return _missing(call)
        version = deployed_version(self._state, deployment)
        if version is None:
            return invalid_version()
        return self._runs.start(call, version, deployment=self._shown(deployment))

    def _find(self, call: OperationCall) -> Deployment | None:
        owner, name = call.arguments["deployment_owner"], call.arguments["deployment_name"]
        return self._state.registry.deployment(call.tenant, owner, name)

    def _shown(self, deployment: Deployment) -> str:
        """The deployment as its predictions name it."""
        return deployment.name if self._state.settings.deployment_names == "short" else deployment.full_name

    def _is_busy(self, deployment: Deployment) -> bool:
        now = self._state.clock.time()
        for record in self._state.store.predictions():
            if record.tenant == deployment.tenant and record.deployment == self._shown(deployment):
                ended = state_at(record, now).ended
                if ended is None or now < ended + IDLE_SECONDS:
                    return True
        return False


def deployed_version(state: State, deployment: Deployment) -> VersionReference | None:
    """The version that a deployment runs; None if its model was removed since."""
    return find_model_version(state, deployment.tenant, deployment.model, deployment.version)


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    """The settings in a body; JSON has one kind of number, so 1.0 is an integer."""
    return {name: int(body[name]) if name in _INSTANCES else body[name] for name in _SETTINGS if name in body}


def _instances_fault(settings: Mapping[str, Any], sent: Collection[str]) -> InvalidField | None:
    """The error in settings with more instances at least than at most; the document cannot express this bound.

    Args:
        settings: All settings.
        sent: Those that the client sent, one of which is the invalid field.
    """
    least, most = (settings[name] for name in _INSTANCES)
    if least <= most:
        return None
    if _INSTANCES[0] in sent:
        return InvalidField("number_lte", _INSTANCES[0], f"Must be less than or equal to {most}")
    return InvalidField("number_gte", _INSTANCES[1], f"Must be greater than or equal to {least}")


def _json(deployment: Deployment) -> dict[str, Any]:
    return {
        "owner": deployment.owner,
        "name": deployment.name,
        "current_release": {
            "number": deployment.release,
            "model": deployment.model,
            "version": deployment.version,
            "created_at": timestamp(deployment.released),
            "created_by": account_json(deployment.owner),
            "configuration": {
                "hardware": deployment.hardware,
                "min_instances": deployment.min_instances,
                "max_instances": deployment.max_instances,
            },
        },
    }


def _missing(call: OperationCall) -> Response:
    arguments = call.arguments
    return not_found(f"deployment {arguments['deployment_owner']}/{arguments['deployment_name']}")
