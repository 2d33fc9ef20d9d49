"""The tests whose code names an error, or the counts of a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import CodeType

import pytest

# Names of functions, exceptions and attributes by which a test looks at an error.
_ERRORS = re.compile("raises|Error|Exception|status_code")
_COUNTS = re.compile("hits|seen")


def expects_errors(item: pytest.Item) -> bool:
    """Whether a test names an exception or the status of a response.

    A refusal may have raised an exception that the test caught, or led to a response that it looked at. The server sees
    neither, so only the test's own code can tell.
    """
    return _names(item, _ERRORS)


def looks_at_counts(item: pytest.Item) -> bool:
    """Whether a test names the counts of a fault."""
    return _names(item, _COUNTS)


def _names(item: pytest.Item, pattern: re.Pattern[str]) -> bool:
    code = getattr(getattr(item, "function", None), "__code__", None)
    return isinstance(code, CodeType) and any(map(pattern.search, _names_in(code)))


def _names_in(code: CodeType) -> Iterator[str]:
    """The names in a function and in those inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
