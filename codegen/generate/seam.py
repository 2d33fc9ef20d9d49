"""The names that the wrapper takes from the generated package."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..document.references import dereference
from .client import SCHEMAS, operation_ids
from .errors import GenerationError

ROOT = Path(__file__).parents[2]
_PACKAGES = ("api", "models")
_ARGUMENT = re.compile(r"'(?P<name>\w+)'")


class Name(NamedTuple):
    """A name that the wrapper takes from a module of the generated package."""

    module: str
    name: str
    file: str


def names(folder: Path) -> Iterator[Name]:
    """Yield the names that the modules of a folder import from the generated package, or take from its packages."""
    for path in sorted(folder.glob("*.py")):
        file = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "zeroscope_api":
                yield from (Name(str(node.module), alias.name, file) for alias in node.names)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in _PACKAGES:
                yield Name(f"zeroscope_api.{node.value.id}", node.attr, file)


def check_names(folder: Path, document: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Check that the generated package has what the modules of a folder take from it.

    Args:
        folder: A folder of the wrapper.
        document: The document of the package.
        before: The document of the package before; empty if there was none.

    Raises:
        GenerationError: If one is missing.
    """
    for module, name, file in dict.fromkeys(names(folder)):
        if hasattr(importlib.import_module(module), name):
            continue
        if module == "zeroscope_api.api":
            raise GenerationError(*_missing_operation(name, file, document, before))
        if module == "zeroscope_api.models":
            raise GenerationError(f"the schema {name}, which {file} uses, is no longer in the document", SCHEMAS)
        try:
            importlib.import_module(f"{module}.{name}")
        except ModuleNotFoundError:
            raise GenerationError(f"{module} has no {name}, which {file} uses") from None


def check_call(call: Any, document: Mapping[str, Any]) -> None:
    """Check that an endpoint takes the arguments that the wrapper passes, and needs no other.

    Raises:
        GenerationError: If not.
    """
    module = call.endpoint
    try:
        inspect.signature(module.sync_detailed).bind(client=None, **call.arguments)
    except TypeError as error:
        found = _ARGUMENT.search(str(error))
        argument = found["name"] if found else ""
        operation, place, parameters = _described(module.__name__.rpartition(".")[2], document)
        if "missing" not in str(error):
            raise GenerationError(
                f"{operation} has no parameter {argument} any more, which the wrapper passes", place
            ) from error
        name, kind = parameters.get(_plain(argument), (argument, "argument"))
        raise GenerationError(
            f"{operation} requires the {kind} {name}, which the wrapper does not pass", place
        ) from error


def _missing_operation(
    name: str, file: str, document: Mapping[str, Any], before: Mapping[str, Any]
) -> tuple[str, tuple[str, ...]]:
    old = operation_ids(dict(before)) if before else {}
    known = next((operation for operation in old if _plain(operation) == _plain(name)), "")
    if not known:
        return f"the operation {name}, which {file} calls, is not in the document", ("paths",)
    method, path = old[known]
    place = ("paths", path, method.lower(), "operationId")
    sentence = f"the operation {known}, which {file} calls, is no longer in the document"
    now = next((other for other, at in operation_ids(dict(document)).items() if at == (method, path)), "")
    return (f"{sentence}: {method} {path} is now {now}" if now else sentence), place


def _described(endpoint: str, document: Mapping[str, Any]) -> tuple[str, tuple[str, ...], dict[str, tuple[str, str]]]:
    """Return an operation's name for messages, its place, and its parameters' names and kinds."""
    for operation, (method, path) in operation_ids(dict(document)).items():
        if _plain(operation) == _plain(endpoint):
            item = document["paths"][path]
            listed = [*item.get("parameters", ()), *item.get(method.lower(), {}).get("parameters", ())]
            found = [dereference(document, parameter) for parameter in listed]
            parameters = {
                _plain(str(one["name"])): (str(one["name"]), _KINDS.get(str(one.get("in")), "parameter"))
                for one in found
            }
            return f"{operation} ({method} {path})", ("paths", path, method.lower()), parameters
    return endpoint, (), {}


_KINDS = {"header": "header", "query": "query parameter", "cookie": "cookie", "path": "path parameter"}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
