"""The operations under `/_mock/` on the models that a server was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..cog import ModelFileError, read_version
from ..cog.output_schema import OutputPart
from ..documents.invalid_field import InvalidField
from ..messages import Response, json_response
from ..operations.calls import Handler, OperationCall
from ..problems import invalid
from ..protocols import Flow
from ..registry import Model, Version
from ..state import State
from .calls import NO_CONTENT, not_found


class ModelOperations:
    """Lists, adds, returns and removes models besides that of the document, which all tenants share."""

    def __init__(self, state: State) -> None:
        self._registry = state.registry
        self.handlers: dict[str, Handler] = {
            "addModel": self._add,
            "getLoadedModel": self._get,
            "listLoadedModels": lambda call: _list([(one, list(one.versions.values())) for one in self._models()]),
            "removeModel": self._remove,
        }

    def _models(self) -> Iterator[Model]:
        yield from self._registry.loaded
        # A model that became known later has no guesses any more.
        yield from (one for one in self._registry.unknown or () if self._registry.loaded.get(one.full_name) is None)

    def _add(self, call: OperationCall) -> Response:
        name, loaded = call.body["model"], self._registry.loaded
        try:
            loaded.add(name, read_version(call.body["version"]))
        except ModelFileError as error:
            return invalid([InvalidField("invalid_model", "version", str(error))])
        model = loaded.get(name)
        assert model is not None
        return json_response(201, _json(model, list(model.versions.values())))

    def _get(self, call: OperationCall) -> Response:
        found = next((model for model in self._models() if model.full_name == _name(call)), None)
        return _missing(call) if found is None else json_response(200, _json(found, list(found.versions.values())))

    def _remove(self, call: OperationCall) -> Response:
        try:
            self._registry.loaded.remove(_name(call))
        except KeyError:
            return _missing(call)
        return NO_CONTENT


def _name(call: OperationCall) -> str:
    return f"{call.arguments['owner']}/{call.arguments['name']}"


def _list(models: Sequence[tuple[Model, Sequence[Version]]]) -> Flow[Response]:
    """The models as JSON, made without the lock: each schema that was not used yet is compiled, which takes time."""
    yield from ()
    return json_response(200, {"models": [_json(model, versions) for model, versions in models]})


def _json(model: Model, versions: Sequence[Version]) -> dict[str, Any]:
    files = [version.file for version in versions if version.file is not None]
    guessed = any(version.guessed for version in versions)
    return {
        "owner": model.owner,
        "name": model.name,
        "guessed": guessed,
        "versions": [
            {
                **{name: file.values[name] for name in ("id", "created_at", "cog_version")},
                "output": _output(file.schema.returns.root),
            }
            for file in files
        ],
        "warnings": [] if guessed else [warning for file in files for warning in file.warnings],
    }


def _output(part: OutputPart) -> str:
    """What a model returns, such as `text` or `array of file`."""
    return part.kind if part.items is None or part.kind != "array" else f"array of {part.items.kind}"


def _missing(call: OperationCall) -> Response:
    return not_found(f"model {_name(call)!r}", "/models")
