"""Samples of the model's input and of responses, and what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from ..document.references import dereference
from .client import INPUT, SCHEMAS
from .errors import GenerationError

Refuse = Callable[[Mapping[str, Any]], dict[str, str]]

_URL = "https://example.com/"
_GIVEN = ("const", "default", "example", "examples")
"""The keywords that a sample is taken from, whatever the other keywords say."""


class Samples:
    """Inputs of the model that its schema allows.

    Args:
        document: The document of the generated package, which the wrapper validates against.
        files: The names of the fields that take files.
        refuse: Returns why a create with an input is refused, by the name of the field, such as `input.seed`.
    """

    def __init__(self, document: Mapping[str, Any], files: Collection[str], refuse: Refuse) -> None:
        self._document = document
        self._files = files
        self._refuse = refuse
        schema = document["components"]["schemas"][INPUT]
        self._fields: Mapping[str, Any] = schema["properties"]
        self._required: list[str] = schema.get("required", [])

    def whole(self) -> dict[str, Any] | None:
        """Return an input with as many fields as possible; None if no allowed one is found.

        Raises:
            GenerationError: If the document requires of a create what the client cannot send.
        """
        for name in self._required:
            if name not in self._fields:
                reason = f"{INPUT} requires the field {name!r}, which is not among its properties"
                raise GenerationError(reason, (*SCHEMAS, INPUT, "required"))
        given = self._allowed()
        for input in (given, {name: given[name] for name in self._required if name in given}):
            refused = self._refuse(input)
            if not refused:
                return input
            for field, description in refused.items():
                if not f"{field}.".startswith("input."):
                    at = f"{field}: " if field else ""
                    reason = f"creates must have what `run` does not send, {at}{description}"
                    raise GenerationError(reason, (*SCHEMAS, "CreatePredictionRequest"))
        return None

    def notes(self) -> list[str]:
        """Say of each field and of the whole input why it was not tried."""
        allowed, notes = self._allowed(), []
        for name, schema in self._fields.items():
            shown = name or repr(name)
            default = schema.get("default")
            if default is not None and (reason := self._problem(name, default)):
                notes.append(f"{shown}: the default is not allowed, {reason}")
            elif name not in allowed:
                reason = next((self._problem(name, value) for value in self._values(name)), "its schema has no end")
                reason = "its enum is empty" if schema.get("enum") == [] else reason
                notes.append(f"{shown}: no value was found that its schema allows, {reason}")
        if self.whole() is None:
            reason = next(iter(self._refuse(allowed).values()))
            notes.append(f"no prediction was created with the mock server, as no allowed input was found: {reason}")
        return notes

    def _allowed(self) -> dict[str, Any]:
        """Return an allowed value of each field that has one."""
        found = {}
        for name in self._fields:
            for value in self._values(name):
                if not self._problem(name, value):
                    found[name] = value
                    break
        return found

    def _values(self, name: str) -> list[Any]:
        """Return values that a field may allow."""
        from zeroscope_mock.documents.sample import sample

        if name in self._files:
            return [_URL]
        schema = self._fields[name]
        bare = {keyword: value for keyword, value in schema.items() if keyword not in _GIVEN}
        values = []
        for tried in (schema, bare):
            with suppress(RecursionError, KeyError):
                values.append(sample(tried, lambda part: dereference(self._document, part)))
        return values

    def _problem(self, name: str, value: Any) -> str:
        """Return why a field does not allow a value; an empty string if it does."""
        refused = self._refuse({name: value})
        prefix = f"input.{name}."
        return next((reason for field, reason in refused.items() if f"{field}.".startswith(prefix)), "")


def difference(given: Any, back: Any, at: str = "") -> str:
    """Describe the first difference between two values of JSON; an empty string if they are equal.

    Two forms of one moment, such as `Z` and `+00:00`, are equal.
    """
    if isinstance(given, Mapping) and isinstance(back, Mapping):
        for name in [*given, *(name for name in back if name not in given)]:
            inner = f"{at}.{name}" if at else str(name)
            if name not in back:
                return f"{inner} is lost"
            if name not in given:
                return f"{inner} is added"
            if found := difference(given[name], back[name], inner):
                return found
        return ""
    if isinstance(given, list) and isinstance(back, list) and len(given) == len(back):
        pairs = enumerate(zip(given, back, strict=True))
        return next((found for index, (one, other) in pairs if (found := difference(one, other, f"{at}.{index}"))), "")
    if given == back or (isinstance(given, str) and isinstance(back, str) and _same_moment(given, back)):
        return ""
    return f"{at + ': ' if at else ''}{_shown(given)} becomes {_shown(back)}"


def _same_moment(one: str, other: str) -> bool:
    try:
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except ValueError:
        return False


def _shown(value: Any) -> str:
    """Return a value as JSON; only what it is, if that is too long."""
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 80 else f"a value of type {type(value).__name__}"
