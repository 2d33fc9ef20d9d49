"""The text of the document, with the line of each place in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .document import Document, DocumentError

_FILE = "openapi.yaml"
_BUILT_IN = "the built-in document"
# A relative URI, as code scanning refuses a report with any other, and that of no file.
_BUILT_IN_URI = "built-in-document.yaml"
_AROUND = 3


@dataclass(frozen=True)
class DocumentSource:
    """The text of a document.

    Args:
        name: The path of the file, relative to the folder that paths are shown from, with slashes; or words, if there
            is no file.
        text: The text.
        note: Which document it is, in words.
        is_file: Whether the file exists; the built-in document may come without one.
    """

    name: str
    text: str
    note: str
    is_file: bool

    @classmethod
    def load(cls, path: Path | None = None, folder: Path | None = None) -> DocumentSource:
        """Read the text of a document.

        Args:
            path: The file; None for the built-in document. Its file is `openapi.yaml` in the folder if that has the
                same content; otherwise, its text is written from its values.
            folder: The folder that paths are shown from; by default, that of GitHub's checkout, or the current one.
        """
        folder = folder or Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
        if path is not None:
            text = path.read_text(encoding="utf-8", errors="replace")
            name = _relative(path, folder)
            return cls(name, text, f"the document {name}", is_file=True)
        built_in, file = Document.load().raw, folder / _FILE
        try:
            if file.is_file() and Document.load(file).raw == built_in:
                note = f"{_BUILT_IN}, which is the same as {_FILE}"
                return cls(_FILE, file.read_text(encoding="utf-8"), note, is_file=True)
        except DocumentError:
            # A file of the same name that is another document, or none.
            pass
        import yaml

        text = yaml.safe_dump(built_in, sort_keys=False, allow_unicode=True, width=120)
        return cls(_BUILT_IN, text, f"{_BUILT_IN}, which is no file here; its lines are those below", False)

    @property
    def uri(self) -> str:
        """The relative URI of the file; if there is none, one that no file has."""
        return quote(self.name) if self.is_file else _BUILT_IN_URI

    @cached_property
    def lines(self) -> dict[str, int]:
        """The line of each place, counted from 1, by its JSON pointer."""
        return _lines(self.text)

    @cached_property
    def _text_lines(self) -> list[str]:
        return self.text.splitlines()

    def line(self, pointer: str) -> int:
        """Return the line of a place; if the text does not have it, that of the nearest place around it."""
        while pointer and pointer not in self.lines:
            pointer = pointer.rpartition("/")[0]
        return self.lines.get(pointer, 1)

    def excerpt(self, pointer: str) -> list[tuple[int, str]]:
        """Return the lines around a place, with their numbers."""
        line = self.line(pointer)
        first, last = max(1, line - _AROUND), min(len(self._text_lines), line + _AROUND)
        return [(number, self._text_lines[number - 1]) for number in range(first, last + 1)]


def document_lines(path: Path) -> dict[str, int]:
    """Return the line of each place in a YAML or JSON file, counted from 1, by its JSON pointer."""
    return _lines(path.read_text(encoding="utf-8"))


def _relative(path: Path, folder: Path) -> str:
    absolute = path.resolve()
    if absolute.is_relative_to(folder.resolve()):
        return absolute.relative_to(folder.resolve()).as_posix()
    return path.name


def _lines(text: str) -> dict[str, int]:
    import yaml

    # That of libyaml is several times as fast.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    root = yaml.compose(text, Loader=loader)
    return {} if root is None else dict(_places(root, "", root.start_mark.line + 1))


def _places(node: Any, pointer: str, line: int) -> Iterator[tuple[str, int]]:
    import yaml

    yield pointer, line
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            part = str(key.value).replace("~", "~0").replace("/", "~1")
            yield from _places(value, f"{pointer}/{part}", key.start_mark.line + 1)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _places(value, f"{pointer}/{index}", value.start_mark.line + 1)
