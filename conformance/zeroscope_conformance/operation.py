"""Operation of the OpenAPI document: its method, its path and its description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document.

    Args:
        id: The `operationId`.
        method: The method, in capitals.
        path: The path, with its parameters in braces.
        raw: The operation as the document has it.
        protected: Whether the operation requires a token.
    """

    id: str
    method: str
    path: str
    raw: Mapping[str, Any]
    protected: bool

    def path_for(self, id: str) -> str:
        """Return the path with an id in place of its parameter, if it has one."""
        return re.sub(r"{\w+}", quote(id, safe=""), self.path)

    def matches(self, path: str) -> bool:
        """Return whether the path of a URL, which may have a prefix, is one of this operation."""
        return re.search(f"{self._pattern}$", path) is not None

    def is_at(self, path: str) -> bool:
        """Return whether a path without a prefix is one of this operation."""
        return re.fullmatch(self._pattern, path) is not None

    @property
    def _pattern(self) -> str:
        return re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
