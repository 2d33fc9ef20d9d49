"""A run of pytest in which the plugin is tested."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

SETTINGS = (
    "[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config -p no:asyncio -p no:schemathesis\n"
)
IMPORTS = "import httpx, pytest\nfrom zeroscope_mock import MockServer, RealClock, VirtualClock\n"

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs pytest, in this process, on a module of the given code."""
    pytester.makeini(SETTINGS)

    def run(code: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(IMPORTS + dedent(code))
        return pytester.runpytest_inprocess(*arguments)

    return run
