"""Extras of the package: what each is for, and the packages it installs."""

from __future__ import annotations

import importlib.util
from typing import Literal, NamedTuple

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
    "yaml",
)
_CONFORMANCE = ("zeroscope_conformance", "av", "orjson", "schemathesis", "standardwebhooks", "yaml")
EXTRAS: dict[ExtraName, Extra] = {
    "cli": Extra("the command", ("cyclopts", "rich")),
    "mock": Extra("the mock server", _MOCK),
    "conformance": Extra("the conformance suite", _CONFORMANCE),
}


def explain_missing(name: ExtraName, error: ModuleNotFoundError) -> None:
    """Explain a failed import by the extra that is not installed, if it is of a package of that.

    Raises:
        ModuleNotFoundError: If a package of the extra is missing; the message names both.
    """
    if message := missing_package(name, error):
        raise ModuleNotFoundError(message, name=error.name) from error


def missing_package(name: ExtraName, error: ModuleNotFoundError) -> str | None:
    """Return the sentence about a failed import; None if the module is not of the extra or its package is installed."""
    package = (error.name or "").partition(".")[0]
    return _missing(name, package) if package in EXTRAS[name].modules else None


def first_missing_package(name: ExtraName) -> str | None:
    """Return the sentence about the first package of an extra that is not installed; None if all are."""
    sentences = (_missing(name, module) for module in EXTRAS[name].modules)
    return next((sentence for sentence in sentences if sentence), None)


def _missing(name: ExtraName, module: str) -> str | None:
    if importlib.util.find_spec(module) is not None:
        return None
    return f"{EXTRAS[name].user} needs {module}, which is not installed; get it with: pip install 'zeroscope[{name}]'"
