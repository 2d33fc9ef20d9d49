"""The operations on collections, and the search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..messages import Response, json_response
from ..problems import not_found
from ..registry import Model
from ..state import State
from .calls import Handler, OperationCall
from .model_bodies import model_json
from .models import matches, matching_models
from .paging import list_response


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection, which has all public models of the server."""

    slug: str
    name: str
    description: str

    def json(self) -> dict[str, Any]:
        """The collection without its models."""
        return {"name": self.name, "slug": self.slug, "description": self.description}


COLLECTIONS = (Collection("text-to-video", "Text to video", "Models that make videos from a text."),)
"""The collections. The mock's own choice."""


class Collections:
    """Lists and returns collections, and searches them and the models."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {
            "getCollection": self._get,
            "listCollections": self._list,
            "search": self._search,
        }

    def _list(self, call: OperationCall) -> Response:
        return list_response(
            self._state,
            call,
            "listCollections",
            COLLECTIONS,
            lambda collection: (0.0, COLLECTIONS.index(collection)),
            Collection.json,
            oldest_first=True,
        )

    def _get(self, call: OperationCall) -> Response:
        slug = call.arguments["collection_slug"]
        found = next((collection for collection in COLLECTIONS if collection.slug == slug), None)
        if found is None:
            return not_found(f"collection {slug!r}", None)
        models = [model_json(self._state, model, call.tenant) for model in self._state.registry.models()]
        return json_response(200, {**found.json(), "full_description": None, "models": models})

    def _search(self, call: OperationCall) -> Response:
        text, models = call.arguments["query"], self._state.registry.models()
        found = sorted(matching_models(models, text), key=lambda model: -_score(model, text))
        names = [model.full_name for model in models]
        body = {
            "query": text,
            "models": [self._found(model, text, call.tenant) for model in found[: int(call.arguments["limit"])]],
            "collections": [
                {**collection.json(), "models": names}
                for collection in COLLECTIONS
                if matches(f"{collection.name} {collection.slug} {collection.description}", text)
            ],
            "pages": [],
        }
        return json_response(200, body)

    def _found(self, model: Model, text: str, tenant: str) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "generated_description": model.description,
            "tags": [],
            "score": _score(model, text),
        }
        return {"model": model_json(self._state, model, tenant), "metadata": metadata}


def _score(model: Model, text: str) -> float:
    """The share of the words of a text that stand in a model's name."""
    words = text.split()
    return sum(matches(model.full_name, word) for word in words) / len(words) if words else 0.0
