"""The operations on models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..messages import Response, json_response
from ..problems import conflict, forbidden, not_found
from ..registry import Model
from ..state import State
from .calls import Handler, OperationCall
from .model_bodies import model_json
from .paging import Place, list_response

_OLDEST_FIRST = "asc"
_BY_MODEL = "model_created_at"


class Models:
    """Lists, finds, creates, updates and deletes models."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {
            "createModel": self._create,
            "deleteModel": self._delete,
            "getModel": self._get,
            "getModelReadme": self._readme,
            "listModelExamples": self._examples,
            "listModels": self._list,
            "searchModels": self._search,
            "updateModel": self._update,
        }

    def _list(self, call: OperationCall) -> Response:
        names = ("sort_by", "sort_direction")
        query = {name: call.arguments[name] for name in names if call.arguments[name] is not None}
        by_model = query.get("sort_by") == _BY_MODEL
        return list_response(
            self._state,
            call,
            "listModels",
            self._state.registry.models(),
            _created if by_model else self._updated,
            lambda model: model_json(self._state, model, call.tenant),
            oldest_first=query.get("sort_direction") == _OLDEST_FIRST,
            query=query,
        )

    def _search(self, call: OperationCall) -> Response:
        return list_response(
            self._state,
            call,
            "searchModels",
            matching_models(self._state.registry.models(), call.body),
            self._updated,
            lambda model: model_json(self._state, model, call.tenant),
        )

    def _get(self, call: OperationCall) -> Response:
        model = find_model(self._state, call)
        return json_response(200, model_json(self._state, model, call.tenant)) if model else no_model(call)

    def _readme(self, call: OperationCall) -> Response:
        model = find_model(self._state, call)
        if model is None:
            return no_model(call)
        if model.readme is None:
            return not_found(f"README of model {model.full_name}", None)
        return Response(200, (("content-type", "text/plain; charset=utf-8"),), model.readme.encode("utf-8", "replace"))

    def _examples(self, call: OperationCall) -> Response:
        # Only the website makes a prediction an example, so there are none.
        model = find_model(self._state, call)
        if model is None:
            return no_model(call)
        path, examples = {"owner": model.owner, "name": model.name}, list[Any]()
        return list_response(
            self._state, call, "listModelExamples", examples, lambda one: one, lambda one: one, path=path
        )

    def _create(self, call: OperationCall) -> Response:
        registry, body = self._state.registry, call.body
        owner, name, account = body["owner"], body["name"], self._state.account(call.tenant)
        if owner != account:
            return forbidden(
                f"You may not create models for {owner!r}; your account is {account!r}, unless the mock server's "
                f"option 'account' names another."
            )
        model = Model(
            owner,
            name,
            call.tenant,
            registry.next_number(),
            self._state.clock.time(),
            **{name: body.get(name) for name in _SETTINGS},
        )
        if registry.is_taken(model):
            return conflict("A model with that name and owner already exists.")
        registry.add(model)
        return json_response(201, model_json(self._state, model, call.tenant))

    def _update(self, call: OperationCall) -> Response:
        model = find_model(self._state, call)
        if model is None:
            return no_model(call)
        if model.tenant != call.tenant:
            return not_owned(model)
        body = call.body or {}
        for name in _UPDATES:
            if name in body:
                setattr(model, name, body[name])
        return json_response(200, model_json(self._state, model, call.tenant))

    def _delete(self, call: OperationCall) -> Response:
        model = find_model(self._state, call)
        if model is None:
            return no_model(call)
        if model.tenant != call.tenant:
            return not_owned(model)
        if model.visibility == "public":
            return forbidden("Only private models can be deleted.")
        # In this order, since the training may end in between, and then adds its version.
        if self._state.registry.is_destination(model):
            return conflict("A training may add a version to the model; cancel the training or wait for its end.")
        if self._state.registry.latest(model) is not None:
            return conflict("The model has versions; delete them first.")
        self._state.registry.remove(model)
        return Response(204, (), b"")

    def _updated(self, model: Model) -> Place:
        latest = self._state.registry.latest(model)
        return model.created if latest is None else latest.created, model.number


_SETTINGS = ("visibility", "hardware", "description", "github_url", "paper_url", "license_url", "cover_image_url")
_UPDATES = ("description", "readme", "github_url", "paper_url", "weights_url", "license_url")


def matching_models(models: Iterable[Model], text: str) -> list[Model]:
    """The models that have all words of a text in their names and descriptions."""
    return [model for model in models if matches(f"{model.full_name} {model.description or ''}", text)]


def matches(searched: str, text: str) -> bool:
    """Return whether a string has all words of a text, in any case."""
    # The official JavaScript client sends the text in quotes.
    return all(word in searched.casefold() for word in re.findall(r"\w+", text.casefold()))


def find_model(state: State, call: OperationCall) -> Model | None:
    """The model in the path of a call, if the tenant may see it."""
    return state.registry.find(_name(call.arguments), call.tenant)


def no_model(call: OperationCall) -> Response:
    """404 for the model in the path of a call."""
    return not_found(f"model {_name(call.arguments)}")


def not_owned(model: Model) -> Response:
    """403 for a change to a model of another account."""
    return forbidden(f"{model.full_name} belongs to another account.")


def _name(arguments: Mapping[str, Any]) -> str:
    return f"{arguments['owner']}/{arguments['name']}"


def _created(model: Model) -> Place:
    return model.created, model.number
