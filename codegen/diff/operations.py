"""Two versions of the whole document, compared operation by operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..document.operations import METHODS
from .changes import BOTH, NOBODY, SENDER, Change, Finding, Party, Place, Role
from .keywords import notes
from .messages import Parts, resolved
from .security import security, ways

Part: TypeAlias = Mapping[str, Any]

# What binds somebody, in the document and in an operation; all else is words.
_DOCUMENT = {"openapi", "servers", "security", "paths", "webhooks", "components"}
_OPERATION = {"parameters", "requestBody", "responses", "callbacks", "security"}
# A name in a path; a callback's expression is none.
_NAME = re.compile(r"\{[^{}$]*\}")
# OpenAPI ignores header parameters of these names.
_IGNORED = {"header accept", "header content-type", "header authorization"}


@dataclass(frozen=True, slots=True)
class Ends:
    """Who is at the ends of the wire, of those who can be broken.

    Args:
        noun: What to call an operation.
        asks: Their end of the request.
        answers: Their end of the answer.
        asker: Whom a change of the request breaks.
    """

    noun: str
    asks: Role
    answers: Role
    asker: Party


_CALLS = Ends("operation", "sender", "receiver", "callers")
# Here the service asks, and those who read what it sends answer.
_WEBHOOKS = Ends("webhook", "receiver", "sender", "readers")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with what its path says for it.

    Args:
        name: Its method and path.
        content: What the document says of it.
        parameters: Its own and its path's, by what tells them apart on the wire: what each is called, and how it is
            written.
    """

    name: str
    content: Part
    parameters: Mapping[str, tuple[str, Part]]


class Documents:
    """Compares two versions of the document.

    Args:
        old: The older version, OpenAPI 3.1.
        new: The newer version.
    """

    def __init__(self, old: Part, new: Part) -> None:
        self._old = old
        self._new = new
        self._parts = Parts(old, new)

    def compare(self) -> Iterator[Finding]:
        """Everything that changed from the older version to the newer one."""
        whole = Place("the document", "sender", "callers")
        yield from whole.found(*_servers(self._old.get("servers", []), self._new.get("servers", [])))
        yield from self._operations("", self._old.get("paths", {}), self._new.get("paths", {}), _CALLS)
        hooks = ({name: {name: item} for name, item in of.get("webhooks", {}).items()} for of in (self._old, self._new))
        yield from self._hooks("", *hooks)
        yield from whole.found(*notes(_without(self._old, _DOCUMENT), _without(self._new, _DOCUMENT)))

    def _hooks(self, above: str, old: Part, new: Part) -> Iterator[Finding]:
        """What changed in webhooks or callbacks, each a name and some paths."""
        for name in dict.fromkeys((*old, *new)):
            yield from self._operations(f"{above}webhook {name}", old.get(name, {}), new.get(name, {}), _WEBHOOKS)

    def _operations(self, above: str, old: Part, new: Part, ends: Ends) -> Iterator[Finding]:
        """What changed in the operations of some paths.

        Args:
            above: What to call each operation, if not by its own name.
            old: The paths of the older version.
            new: The paths of the newer version.
            ends: Who is at the ends of the wire.
        """
        before, after = _operations(self._old, old), _operations(self._new, new)
        for key in dict.fromkeys((*before, *after)):
            place = Place(above or (after.get(key) or before[key]).name, ends.asks, ends.asker)
            if key not in after:
                yield from place.found(Change(f"{ends.noun} removed", BOTH, "removed"))
            elif key not in before:
                yield from place.found(Change(f"new {ends.noun}", NOBODY, "added"))
            else:
                yield from self._operation(place, before[key], after[key], ends)

    def _operation(self, place: Place, old: Operation, new: Operation, ends: Ends) -> Iterator[Finding]:
        for key in dict.fromkeys((*old.parameters, *new.parameters)):
            (words, before), (now, after) = (version.parameters.get(key, ("", None)) for version in (old, new))
            yield from self._parts.part(place.within(now or words), before, after)
        one, other = old.content, new.content
        yield from self._parts.part(place.within("body"), one.get("requestBody"), other.get("requestBody"))
        answer = Place(place.words, ends.answers, "readers")
        yield from self._parts.answers(answer, one.get("responses", {}), other.get("responses", {}))
        yield from self._security(place, one, other, ends)
        hooks = (_callbacks(*version) for version in ((self._old, old), (self._new, new)))
        yield from self._hooks(f"{place.words}, ", *hooks)
        yield from place.found(*notes(_without(one, _OPERATION), _without(other, _OPERATION)))

    def _security(self, place: Place, old: Part, new: Part, ends: Ends) -> Iterator[Finding]:
        found = []
        for document, content in ((self._old, old), (self._new, new)):
            # What the document says for all requests is about those to the service.
            general = document.get("security", []) if ends is _CALLS else []
            found.append(ways(document, content.get("security", general)))
        # Said once for all operations of which the same is to be said.
        place = place.within("security")
        yield from place.known_as("security", place.found(*security(*found)))


def _operations(document: Part, paths: Part) -> dict[tuple[str, str], Operation]:
    """The operations of some paths; what a path calls its parameters makes no difference on the wire."""
    found = {}
    for path, item in paths.items():
        item = resolved(document, item)
        names = _NAME.findall(path)
        for method, content in item.items():
            if method not in METHODS:
                continue
            parameters = {}
            for written in (*item.get("parameters", ()), *content.get("parameters", ())):
                parameter = resolved(document, written)
                words = key = f"{parameter['in']} {parameter['name']}"
                if parameter["in"] == "header":
                    key = key.lower()
                if (name := f"{{{parameter['name']}}}") in names and parameter["in"] == "path":
                    key = f"path {names.index(name)}"
                if key not in _IGNORED:
                    parameters[key] = words, written
            found[method, _NAME.sub("{}", path)] = Operation(f"{method.upper()} {path}", content, parameters)
    return found


def _callbacks(document: Part, operation: Operation) -> Part:
    return {name: resolved(document, item) for name, item in operation.content.get("callbacks", {}).items()}


def _servers(old: list[Part], new: list[Part]) -> Iterator[Change]:
    before, after = ([server["url"] for server in version] for version in (old, new))
    for url in before:
        if url not in after:
            yield Change(f"server {url} removed", SENDER, "removed")
    for url in after:
        if url not in before:
            yield Change(f"new server {url}", NOBODY, "added")
    if before and after and before[0] != after[0]:
        yield Change(f"first server {before[0]} -> {after[0]}; requests go there unless told otherwise")


def _without(part: Part, words: set[str]) -> Part:
    return {word: value for word, value in part.items() if word not in words}
