"""Compares two versions of the document, operation by operation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..document.operations import METHODS
from ..document.references import dereference
from .changes import BOTH, NEITHER, Change, LocatedChange, Location, Party, Role
from .keywords import compare_annotations
from .messages import MessageComparison
from .security import compare_flows, compare_security, read_requirements, read_schemes
from .servers import compare_servers

Object: TypeAlias = Mapping[str, Any]

# The fields of an OpenAPI Object and of an Operation Object that affect messages; the others are annotations.
_DOCUMENT_KEYS = {"openapi", "servers", "security", "paths", "webhooks", "components"}
_OPERATION_KEYS = {"parameters", "requestBody", "responses", "callbacks", "security", "servers"}
# A template expression in a path; a runtime expression of a callback is not one.
_PATH_PARAMETER = re.compile(r"\{[^{}$]*\}")
# OpenAPI ignores header parameters with these names.
_IGNORED_HEADERS = {"header accept", "header content-type", "header authorization"}


@dataclass(frozen=True, slots=True)
class Direction:
    """The direction of requests: from the users of the API to the service, or from the service to their webhooks.

    Args:
        noun: The name of an operation in reports.
        request_role: The users' end of the request.
        response_role: The users' end of the response.
        request_party: The party that a change of the request can break.
    """

    noun: str
    request_role: Role
    response_role: Role
    request_party: Party


_TO_SERVICE = Direction("operation", "sender", "receiver", "callers")
_FROM_SERVICE = Direction("webhook", "receiver", "sender", "readers")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, including the parameters of its path item.

    Args:
        name: Its method and path.
        definition: Its Operation Object.
        parameters: The name of each parameter in reports and its definition, by a key that is the same for parameters
            with the same effect on requests.
        servers: Its servers or those of the path item; None for those of the document.
    """

    name: str
    definition: Object
    parameters: Mapping[str, tuple[str, Object]]
    servers: list[Object] | None


class DocumentComparison:
    """Compares two versions of the document.

    Args:
        old: The older version, OpenAPI 3.1.
        new: The newer version.
    """

    def __init__(self, old: Object, new: Object) -> None:
        self._old = old
        self._new = new
        self._messages = MessageComparison(old, new)

    def compare(self) -> Iterator[LocatedChange]:
        """Yield all changes from the older version to the newer one."""
        whole = Location("the document", "sender", "callers")
        yield from whole.locate(*compare_servers(self._old.get("servers", []), self._new.get("servers", [])))
        yield from self._operations("", self._old.get("paths", {}), self._new.get("paths", {}), _TO_SERVICE)
        yield from self._webhooks("", _webhooks(self._old), _webhooks(self._new))
        before, after = (_without(document, _DOCUMENT_KEYS) for document in (self._old, self._new))
        yield from whole.locate(*compare_annotations(before, after))

    def _webhooks(self, prefix: str, old: Object, new: Object) -> Iterator[LocatedChange]:
        """Compare webhooks or callbacks, each of which has a name and paths."""
        for name in dict.fromkeys((*old, *new)):
            yield from self._operations(f"{prefix}webhook {name}", old.get(name, {}), new.get(name, {}), _FROM_SERVICE)

    def _operations(self, name: str, old: Object, new: Object, direction: Direction) -> Iterator[LocatedChange]:
        """Compare the operations of paths.

        Args:
            name: The name of the operations in reports; if empty, each has its own.
            old: The paths of the older version.
            new: The paths of the newer version.
            direction: The direction of their requests.
        """
        before, after = _operations(self._old, old), _operations(self._new, new)
        for key in dict.fromkeys((*before, *after)):
            own_name = (after.get(key) or before[key]).name
            location = Location(name or own_name, direction.request_role, direction.request_party)
            if key not in after:
                yield from location.locate(Change(f"{direction.noun} removed", BOTH, "removed"))
            elif key not in before:
                yield from location.locate(Change(f"new {direction.noun}", NEITHER, "added"))
            else:
                yield from self._operation(location, before[key], after[key], direction)

    def _operation(
        self, location: Location, old: Operation, new: Operation, direction: Direction
    ) -> Iterator[LocatedChange]:
        for key in dict.fromkeys((*old.parameters, *new.parameters)):
            (old_name, before), (new_name, after) = (version.parameters.get(key, ("", None)) for version in (old, new))
            yield from self._messages.compare_part(location.part(new_name or old_name), before, after)
        one, other = old.definition, new.definition
        yield from self._messages.compare_part(location.part("body"), one.get("requestBody"), other.get("requestBody"))
        responses = Location(location.name, direction.response_role, "readers")
        yield from self._messages.compare_responses(responses, one.get("responses", {}), other.get("responses", {}))
        yield from self._security(location, one, other, direction)
        if old.servers is not None or new.servers is not None:
            servers = (
                document.get("servers", []) if operation.servers is None else operation.servers
                for document, operation in ((self._old, old), (self._new, new))
            )
            yield from location.locate(*compare_servers(*servers))
        callbacks = (_callbacks(*version) for version in ((self._old, old), (self._new, new)))
        yield from self._webhooks(f"{location.name}, ", *callbacks)
        old_annotations, new_annotations = (_without(definition, _OPERATION_KEYS) for definition in (one, other))
        yield from location.locate(*compare_annotations(old_annotations, new_annotations))

    def _security(self, location: Location, old: Object, new: Object, direction: Direction) -> Iterator[LocatedChange]:
        requirements, schemes = [], []
        for document, definition in ((self._old, old), (self._new, new)):
            # The security requirements of the document apply to requests to the service.
            default = document.get("security", []) if direction is _TO_SERVICE else []
            security = definition.get("security", default)
            requirements.append(read_requirements(document, security))
            schemes.append(read_schemes(document, security))
        # The report groups the operations with the same change.
        location = location.part("security")
        changes = (*compare_security(*requirements), *compare_flows(*schemes))
        yield from location.in_component("security", location.locate(*changes))


def _operations(document: Object, paths: Object) -> dict[tuple[str, str], Operation]:
    """Return the operations of paths by method and path, without the names of path parameters, which have no effect."""
    found = {}
    for path, item in paths.items():
        item = dereference(document, item)
        names = _PATH_PARAMETER.findall(path)
        for method, definition in item.items():
            if method not in METHODS:
                continue
            parameters = {}
            for written in (*item.get("parameters", ()), *definition.get("parameters", ())):
                parameter = dereference(document, written)
                label = key = f"{parameter['in']} {parameter['name']}"
                if parameter["in"] == "header":
                    key = key.lower()
                if (name := f"{{{parameter['name']}}}") in names and parameter["in"] == "path":
                    key = f"path {names.index(name)}"
                if key not in _IGNORED_HEADERS:
                    parameters[key] = label, written
            name = f"{method.upper()} {path}"
            servers = definition.get("servers", item.get("servers"))
            found[method, _PATH_PARAMETER.sub("{}", path)] = Operation(name, definition, parameters, servers)
    return found


def _webhooks(document: Object) -> Object:
    return {name: {name: item} for name, item in document.get("webhooks", {}).items()}


def _callbacks(document: Object, operation: Operation) -> Object:
    return {name: dereference(document, item) for name, item in operation.definition.get("callbacks", {}).items()}


def _without(part: Object, keys: set[str]) -> Object:
    return {key: value for key, value in part.items() if key not in keys}
