"""The servers of a test."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .. import Fault, MockServer

NAME = "zeroscope_mock"
"""The name of the fixture whose servers are checked, also if a program replaces it by its own."""

SERVER_KEY: pytest.StashKey[MockServer] = pytest.StashKey()
"""The server of the fixture `zeroscope_mock`."""

OUTER_FAULTS_KEY: pytest.StashKey[list[Fault]] = pytest.StashKey()
"""Its faults of the markers of what the test is in."""

OWN_FAULTS_KEY: pytest.StashKey[list[Fault]] = pytest.StashKey()
"""Its faults of the markers of the test itself."""


def servers_of(item: pytest.Item) -> dict[str, MockServer]:
    """The servers that a test got from fixtures, by the fixture's name, each of them once."""
    # A test that has a server has imported its module.
    module = sys.modules.get("zeroscope_mock.server")
    if module is None:
        return {}
    kind: type[MockServer] = module.MockServer
    # A fixture from `getfixturevalue` is not among the arguments.
    fixtures = {NAME: item.stash.get(SERVER_KEY, None), **(getattr(item, "funcargs", None) or {})}
    servers: dict[str, MockServer] = {}
    for name, value in fixtures.items():
        if isinstance(value, kind) and value not in servers.values():
            servers[name] = value
    return servers
