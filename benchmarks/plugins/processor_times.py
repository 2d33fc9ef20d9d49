"""Pytest plugin that measures the processor time of each test.

It lies in a folder of its own, which is all that an earlier suite gets to import.
"""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from pathlib import Path

import pytest

try:
    import resource
except ImportError:  # Windows has no such module.
    resource = None  # type: ignore[assignment]  # a module otherwise

_TIMES = pytest.StashKey[list[float]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.addoption("--processor-times", metavar="FILE", help="write the processor time of each test, in seconds")
    parser.addoption("--every", metavar="N", type=int, default=1, help="run every Nth test only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose every Nth test."""
    items[:] = items[:: config.getoption("--every")]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measure a test with its setup and teardown."""
    start = _processor_time()
    try:
        return (yield)
    finally:
        item.config.stash.setdefault(_TIMES, []).append(_processor_time() - start)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the times."""
    path: str | None = session.config.getoption("--processor-times")
    if path is not None:
        Path(path).write_text(json.dumps(session.config.stash.get(_TIMES, [])), encoding="utf-8")


def _processor_time() -> float:
    """Return the processor time of this process and of the processes that it waited for, in seconds."""
    if resource is None:
        return time.process_time()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
