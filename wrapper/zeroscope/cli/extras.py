"""The optional packages of each command, and the extra that installs them."""

from __future__ import annotations

import importlib.util
from typing import Literal, NamedTuple

from .errors import CommandError

ExtraName = Literal["cli", "mock", "conformance"]


class Extra(NamedTuple):
    """The user of an extra, as the subject of a message, and the packages it installs, as they are imported."""

    user: str
    modules: tuple[str, ...]


_MOCK = (
    "zeroscope_mock",
    "av",
    "certifi",
    "httptools",
    "orjson",
    "PIL",
    "python_multipart",
    "standardwebhooks",
    "trustme",
    "uvicorn",
    "yaml",
)
_CONFORMANCE = ("zeroscope_conformance", "av", "orjson", "schemathesis", "standardwebhooks", "yaml")
EXTRAS: dict[ExtraName, Extra] = {
    "cli": Extra("the command", ("cyclopts", "rich")),
    "mock": Extra("the mock server", _MOCK),
    "conformance": Extra("the conformance suite", _CONFORMANCE),
}


def require(name: ExtraName) -> None:
    """Check that everything in an extra is installed, before any of it is imported.

    Raises:
        CommandError: If a package is missing; the message names it and the extra.
    """
    for module in EXTRAS[name].modules:
        if _is_missing(module):
            raise _missing(name, module)


def missing_extra(error: ModuleNotFoundError) -> CommandError | None:
    """Explain a failed import by the extra that is not installed.

    Returns:
        The error to report, or None if the module belongs to no extra or its package is installed.
    """
    package = (error.name or "").partition(".")[0]
    for name, extra in EXTRAS.items():
        if package in extra.modules and _is_missing(package):
            return _missing(name, package)
    return None


def _is_missing(module: str) -> bool:
    return importlib.util.find_spec(module) is None


def _missing(name: ExtraName, module: str) -> CommandError:
    return CommandError(
        f"{EXTRAS[name].user} needs {module}, which is not installed; get it with: pip install 'zeroscope[{name}]'"
    )
