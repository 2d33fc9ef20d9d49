"""The error messages: the options, arguments and calls that they name exist."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import griffe
import pytest
from codegen.site.api import PACKAGES as PUBLIC
from codegen.site.api import definition, public_names
from codegen.site.messages import PACKAGES, Message, messages

import zeroscope
from helpers.pages import DOCS, ROOT
from zeroscope.cli.app import app
from zeroscope_mock import MockServer

MESSAGES = sorted({message.text for folder in PACKAGES.values() for message in messages(folder)})
# Arguments of other packages that messages name, with the packages.
FOREIGN = {"ignore": "freezegun", "real_asyncio": "freezegun"}


def named(pattern: str) -> set[str]:
    """What messages name in some form."""
    found = {name for text in MESSAGES for name in re.findall(pattern, text)}
    assert found, "the pattern finds nothing any more"
    return found


def arguments() -> Iterator[str]:
    """The arguments of all public functions and methods, and the fields of all public classes."""
    for name in (name for package in PUBLIC for name in public_names(package)):
        found = definition(name)
        for member in [found, *(found.all_members.values() if isinstance(found, griffe.Class) else ())]:
            target = member.final_target if isinstance(member, griffe.Alias) else member
            if isinstance(target, griffe.Function):
                yield from (parameter.name for parameter in target.parameters)
            elif isinstance(target, griffe.Attribute):
                yield target.name


def test_options__are_those_of_the_command() -> None:
    """Each option that a message names is one of a command's."""
    commands = [app[name] for name in app if not name.startswith("-")]
    options = {
        name for command in commands for argument in command.assemble_argument_collection() for name in argument.names
    }
    assert named(r"(?<![\w-])--[a-z][a-z-]+") - options == set()


def test_arguments__are_those_of_public_names() -> None:
    """Each argument that a message names is one of a public function, method or class."""
    assert named(r"(?<![\w.-])([a-z]\w*)=(?!=)") - set(arguments()) - set(FOREIGN) == set()


@pytest.mark.parametrize("call", sorted(named(r"\b(?:client|server|webhooks)(?:\.\w+)+")))
def test_call__exists(call: str) -> None:
    """Each call that a message names exists."""
    with MockServer() as server, server.client() as client:
        found: Any = {"client": client, "server": server, "webhooks": zeroscope.webhooks}
        first, *rest = call.split(".")
        found = found[first]
        for name in rest:
            found = getattr(found, name)
    assert callable(found)


def test_extras__are_those_of_the_package() -> None:
    """Each extra that a message names is one of the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert named(r"zeroscope\[([a-z0-9]+)\]") <= set(project["optional-dependencies"])


def test_variables__are_documented() -> None:
    """Each variable of the environment that a message names is on a page."""
    pages = "\n".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    assert [name for name in named(r"\b[A-Z]+_[A-Z_]+\b") if name not in pages] == []


@pytest.mark.parametrize(
    ("message", "folder"),
    [
        (Message("the port … is in use; choose another one", "PortInUseError"), "mock/zeroscope_mock"),
        (Message("MockServer has no option …", "TypeError"), "mock/zeroscope_mock"),
        (
            Message("A prediction may have been created meanwhile; client.predictions.list() shows it.", "note"),
            "wrapper/zeroscope",
        ),
    ],
)
def test_inventory__has_messages_of_each_form(message: Message, folder: str) -> None:
    """Messages of errors and notes, with and without values, are found."""
    assert any(found.kind == message.kind and message.text[-20:] in found.text for found in messages(folder))
