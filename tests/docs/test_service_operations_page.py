"""The page on the service's other operations: its table and its code."""

from __future__ import annotations

import re

import pytest

from helpers.pages import code_blocks, read_page
from zeroscope_mock import MockServer

PAGE = read_page("service-operations.md")
OUTSIDE = frozenset({"getOutput", "streamPrediction"})
"""Operations of the service's other hosts."""
ROWS = re.findall(r"^\| `(\w+)` \| (\w+) \| `([A-Z]+ [^`]+)` \|", PAGE, re.MULTILINE)


def test_table__has_every_operation() -> None:
    """Each of the 37 operations has one row, with its method and path."""
    spec = MockServer().core.state.spec
    served = {
        (operation.id, f"{method} {route.path}")
        for route in spec.routes
        for method, operation in route.operations.items()
        if operation.id not in OUTSIDE
    }

    assert len(ROWS) == 37
    assert {(name, request) for name, _, request in ROWS} == served


def test_table__says_which_answers_are_samples() -> None:
    """Those of operations without a handler, and no others."""
    handled = MockServer().core.handlers.keys()

    assert {answer for _, answer, _ in ROWS} == {"state", "derived", "sample"}
    assert {name for name, answer, _ in ROWS if answer == "sample"} == {name for name, _, _ in ROWS} - handled


def test_fault__may_name_every_operation() -> None:
    """As the page on faults says, a fault may concern any of the table."""
    server = MockServer()

    fault = server.faults.add(operation=[name for name, _, _ in ROWS], status=503)

    assert list(server.faults) == [fault]


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_page__runs_as_shown() -> None:
    """The Python blocks run in order as one program."""
    names = {"__name__": "page"}
    for block in code_blocks(PAGE, "python"):
        exec(compile(block, "service-operations.md", "exec"), names)
