"""The models of a server besides that of its document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .cog import ModelSource, read_version
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
            TypeError: If the name is no string, or the source is neither a path nor values.
            ModelFileError: For a source that is neither a version nor a schema, for a name in another form, and if the
                model has a version of this id.
        """
        if not isinstance(source, str | Path | Mapping):
            raise TypeError(f"a version of {name} is a file or a dict, not {source!r:.200}")
        if not isinstance(name, str):
            raise TypeError(f"a model is named as owner/name, not as {name!r:.200}")
        file = read_version(source)
        with self._state.lock:
            self._state.registry.loaded.add(name, file, None if isinstance(source, Mapping) else str(source))

    def add_all(self, models: Mapping[str, ModelSource | Sequence[ModelSource]]) -> None:
        """Add the versions of several models, one or a list for each; see `add`."""
        if not isinstance(models, Mapping):
            raise TypeError(f"models must be a dict of names and files, not {models!r:.200}")
        for name, given in models.items():
            sources: Sequence[Any] = given if isinstance(given, list | tuple) else [given]
            for source in sources:
                self.add(name, source)

    def remove(self, name: str) -> None:
        """Remove a model with all its versions; predictions of it stay.

        Raises:
            KeyError: If there is no such model.
        """
        with self._state.lock:
            self._state.registry.loaded.remove(name)

    def warnings(self, name: str | None = None) -> list[str]:
        """What the server does not check in inputs or cannot serve as it was meant, in a sentence for each field.

        The log and the journal say so as well, when a version is first run.

        Args:
            name: The only model to look at, as `owner/name`; all if left out, whose schemas are all compiled then.
        """
        files = self._state.registry.loaded.files()
        return [f"{model}: {text}" for model, file in files if name in (None, model) for text in file.warnings]

    def unreported_warnings(self, name: str) -> list[str]:
        """The warnings about a model that were neither logged nor returned here yet; they are not logged afterwards."""
        loaded = self._state.registry.loaded
        files = [file for model, file in loaded.files() if model == name and loaded.is_first_report(file.schema)]
        return [f"{name}: {text}" for file in files for text in file.warnings]

    def __iter__(self) -> Iterator[str]:
        return iter([model.full_name for model in self._state.registry.loaded])

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._state.registry.loaded.get(name) is not None

    def __len__(self) -> int:
        return len(self._state.registry.loaded)

    def __repr__(self) -> str:
        return f"Models({list(self)})"
