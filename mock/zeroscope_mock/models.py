"""The models of a server besides that of its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .cog import ModelFileError, ModelSource, is_model_name, read_version
from .state import State


class Models:
    """The models that a server was given, by `owner/name`. Threads may share it.

    They stay when the server is reset.

    Example:
        >>> server.models.add("meta/llama-2-70b-chat", "llama.json")
        >>> list(server.models)
        ['meta/llama-2-70b-chat']
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, name: str, source: ModelSource) -> None:
        """Add a version of a model, which from then on is listed, described and run like the document's model.

        Args:
            name: The model's owner and name, as `owner/name`.
            source: A version as the service returns it, or its `openapi_schema` alone: a JSON or YAML file, or values.

        Raises:
            ModelFileError: For something else, for a name in another form, and if the model has a version of this id.
        """
        if not is_model_name(name):
            raise ModelFileError(f"a model is named as owner/name, not as {name!r:.200}")
        file = read_version(source)
        with self._state.lock:
            self._state.registry.load(name, file)

    def add_all(self, models: Mapping[str, ModelSource | Sequence[ModelSource]]) -> None:
        """Add the versions of several models, one or a list for each; see `add`."""
        for name, sources in models.items():
            for source in [sources] if isinstance(sources, str | Path | Mapping) else sources:
                self.add(name, source)

    def remove(self, name: str) -> None:
        """Remove a model with all its versions; predictions of it stay.

        Raises:
            KeyError: If there is no such model.
        """
        with self._state.lock:
            self._state.registry.loaded.remove(name)

    def warnings(self) -> list[str]:
        """What the server does not check in inputs, in a sentence for each field."""
        return [
            f"{name}: {text}" for name, file in self._state.registry.loaded.files() for text in file.schema.warnings
        ]

    def __iter__(self) -> Iterator[str]:
        return iter([model.full_name for model in self._state.registry.loaded])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._state.registry.loaded.get(name) is not None

    def __len__(self) -> int:
        return len(self._state.registry.loaded)

    def __repr__(self) -> str:
        return f"Models({list(self)})"
