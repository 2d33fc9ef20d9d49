"""The tests whose code shows that they expect an error or look at a fault."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator
from types import CodeType, FunctionType
from typing import Any

import pytest

# Names of functions, exceptions, attributes and fixtures by which a test looks at an error.
_IN_CODE = re.compile("[Rr]aises|Error|Exception|is_error|(status|exit|return)_?code|caplog|capsys|capfd")
_IN_NAME = re.compile("error|exception|fail|refus|reject|invalid|wrong|bad|missing|unknown|forbid", re.IGNORECASE)


def expects_errors(item: pytest.Item, statuses: Collection[int | None]) -> bool:
    """Whether a test seems to expect that a request is refused.

    Its program may have raised an exception that the test caught, or returned a response that it looked at: the server
    sees neither. A test that names an error, the status or the output of a program is taken to expect it.

    Args:
        item: The test.
        statuses: The statuses of the refused requests.
    """
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    words = [*_words_of(item), *parameters, *parameters.values()]
    if _IN_NAME.search(item.name):
        return True
    return any(_IN_CODE.search(word) if isinstance(word, str) else _is_in(word, statuses) for word in words)


def looks_at_counts(item: pytest.Item) -> bool:
    """Whether a test names the counts of a fault."""
    return any(word in ("hits", "seen") for word in _words_of(item))


def _words_of(item: pytest.Item) -> Iterator[Any]:
    """The names and the numbers in a test, and in the functions of its module that it calls."""
    function: Any = getattr(item, "function", None)
    # Hypothesis runs the test in a function of its own.
    function = inspect.unwrap(getattr(getattr(function, "hypothesis", None), "inner_test", function))
    if not isinstance(function, FunctionType):
        return
    words = list(_words(function.__code__))
    yield from words
    for name in dict.fromkeys(word for word in words if isinstance(word, str)):
        called = function.__globals__.get(name)
        if isinstance(called, FunctionType) and called.__module__ == function.__module__:
            yield from _words(called.__code__)


def _words(code: CodeType) -> Iterator[Any]:
    yield from (*code.co_names, *code.co_varnames)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _words(constant)
        elif isinstance(constant, int):
            yield constant


def _is_in(word: Any, statuses: Collection[int | None]) -> bool:
    return isinstance(word, int) and word in statuses
