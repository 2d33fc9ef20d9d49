"""The reports of failed tests, which show the journals of their servers."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from .servers import NAME, servers_of

if TYPE_CHECKING:
    from .. import MockServer


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the journal of each server that came from a fixture to the report of a failure."""
    report = yield
    if report.failed and (servers := servers_of(item)):
        from ..verification.verifier import VerificationError

        # The message of a failed verification has the journal already.
        if len(servers) > 1 or call.excinfo is None or not call.excinfo.errisinstance(VerificationError):
            report.sections += [_section(name, server) for name, server in servers.items()]
    return report


def _section(name: str, server: MockServer) -> tuple[str, str]:
    journal = server.core.journal
    count = len(journal) + journal.dropped
    title = f"zeroscope mock: {count} exchange{'' if count == 1 else 's'}"
    return title if name == NAME else f"{title} of {name}", str(journal)
