"""Pages of the API reference: every public name, by package and module."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

import griffe

from .links import ROOT

FOLDERS = ("generated", "wrapper", "mock", "conformance")
"""The folders with packages."""

PACKAGES = {
    "zeroscope": "The client",
    "zeroscope_mock": "The mock server",
    "zeroscope_mock.pytest_plugin": "The pytest plugin",
    "zeroscope_conformance": "The conformance suite",
}
"""The packages that programs import, with their titles."""

# Its modules are public, too: client.predictions is a class of one of them.
_WITH_MODULES = ("zeroscope",)


@dataclass(frozen=True, slots=True)
class ApiPage:
    """A page of the reference.

    Attributes:
        path: The page in the site.
        title: The title of the page.
        names: The dotted names that it describes.
        text: The page.
        summary: The first line of the module whose names it describes.
    """

    path: str
    title: str
    names: tuple[str, ...]
    text: str
    summary: str


def public_names(package: str) -> list[str]:
    """The dotted names that programs use: those that a package exports, and what its public modules have besides."""
    exported = [f"{package}.{name}" for name in importlib.import_module(package).__all__]
    names = [name for name in exported if not definition(name).is_module and not _is_hook(name)]
    if package.partition(".")[0] != package:
        # The package above it describes what it exports, too.
        above = {definition(name).path for name in public_names(package.rpartition(".")[0])}
        names = [name for name in names if definition(name).path not in above]
    seen = {definition(name).path for name in names}
    modules = _modules()[package].modules.values() if package in _WITH_MODULES else ()
    for module in modules:
        if not module.name.startswith("_") and module.exports is not None:
            names += [
                found
                for found in map(f"{module.path}.{{}}".format, module.exports)
                if definition(found).path not in seen
            ]
        elif not module.name.startswith("_"):
            classes = (member for member in module.classes.values() if not member.is_alias)
            names += [found.path for found in classes if not found.name.startswith("_") and found.path not in seen]
    return names


@cache
def api_pages() -> tuple[ApiPage, ...]:
    """The pages of all packages."""
    return tuple(page for package in PACKAGES for page in _package_pages(package))


def _package_pages(package: str) -> Iterator[ApiPage]:
    topics: dict[str, list[str]] = {}
    for name in public_names(package):
        topics.setdefault(_topic(package, name), []).append(name)
    folder = f"reference/{package.replace('.', '/')}"
    pages = [
        _page(
            f"{folder}/{topic}.md",
            f"{package}: {topic.replace('_', ' ')}",
            "",
            sorted(names, key=_position),
            _module_summary(package, topic),
        )
        for topic, names in sorted(topics.items())
        if topic
    ]
    rows = [
        f"| [`{name.removeprefix(f'{package}.')}`][{name}] | {_first_sentence(definition(name))} |"
        for name in public_names(package)
    ]
    docstring = _modules()[package].docstring
    introduction = f"{docstring.value if docstring else ''}\n\n| name | meaning |\n|---|---|\n" + "\n".join(rows)
    summary = _first_sentence(_modules()[package])
    yield _page(f"{folder}/index.md", package, introduction, topics.get("", []), summary)
    yield from pages


def _module_summary(package: str, topic: str) -> str:
    """The first line of the module of a page; errors are of many modules."""
    module = _modules()[package].modules.get(topic)
    return _first_sentence(module) if module else f"The errors and warnings of `{package}`."


def _page(path: str, title: str, introduction: str, names: list[str], summary: str) -> ApiPage:
    # A private base says nothing to a reader, but its members do; of an error, it is the other way round.
    hidden = "inherited_members" if path.endswith("/errors.md") else "show_bases"
    options = f"\n    options:\n      {hidden}: false"
    text = "\n\n".join([f"# {title}", introduction, *(f"::: {name}{options}" for name in names)])
    return ApiPage(path, title, tuple(names), text + "\n", summary)


def _topic(package: str, name: str) -> str:
    """The page of a name: its module in the package, `errors`, or the page of the package."""
    target = definition(name)
    if isinstance(target, griffe.Class) and name.endswith(("Error", "Warning")):
        return "errors"
    if not target.path.startswith(f"{package}.") or (target.is_function and package == "zeroscope_mock.pytest_plugin"):
        return ""
    module = target.path.removeprefix(f"{package}.").split(".")[0]
    return "" if module.startswith("_") or _modules()[package].path == "zeroscope_conformance" else module


def _position(name: str) -> tuple[str, int]:
    """Where a name is defined, which is the order of its page."""
    target = definition(name)
    return target.module.path, target.lineno or 0


def _first_sentence(target: griffe.Object) -> str:
    if target.docstring is None:
        return ""
    sentence = " ".join(target.docstring.value.split("\n\n")[0].split())
    return sentence.replace("|", "\\|")


def _is_hook(name: str) -> bool:
    """Whether pytest calls it, and programs do not."""
    return name.rpartition(".")[2].startswith("pytest_")


def definition(name: str) -> griffe.Object:
    """What a dotted name means, wherever it is defined."""
    package, _, rest = name.partition(".")
    found = _modules()[package][rest]
    return cast(griffe.Object, found.final_target if isinstance(found, griffe.Alias) else found)


@cache
def _modules() -> dict[str, griffe.Module]:
    """The packages as they are written, and the subpackages that programs import, by name."""
    loader = griffe.GriffeLoader(search_paths=[Path(ROOT / folder) for folder in FOLDERS])
    for name in ("zeroscope_api", *PACKAGES):
        loader.load(name.partition(".")[0])
    loader.resolve_aliases(implicit=True)
    return {name: cast(griffe.Module, loader.modules_collection[name]) for name in PACKAGES}
