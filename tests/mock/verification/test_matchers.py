"""Matchers, plain values, types and functions as expected values."""

from __future__ import annotations

import re
from typing import Any

import pytest

import zeroscope_mock
from zeroscope_mock import anything, contains, equals, regex
from zeroscope_mock.verification.differences import differences, in_words


def is_even(value: Any) -> bool:
    return bool(value % 2 == 0)


def asserting(value: Any) -> None:
    assert value == 1


class Limit:
    """A callable object."""

    def __call__(self, value: Any) -> bool:
        return bool(value < 10)

    def __repr__(self) -> str:
        return "Limit(10)"


def found(expected: Any, sent: Any) -> list[str]:
    return [str(difference) for difference in differences(expected, sent, "f")]


@pytest.mark.parametrize(
    ("expected", "sent"),
    [
        (576, 576),
        (576, 576.0),
        (None, None),
        (True, True),
        ([1, {"a": 2}], [1, {"a": 2, "b": 3}]),
        ((1, 2), [1, 2]),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "d": 3}),
        ({}, {"a": 1}),
        (contains("horse"), "A horse"),
        (contains(2), [1, 2]),
        (contains({"role": "user"}), [{"role": "system"}, {"role": "user", "content": "Hi"}]),
        (contains(contains("b")), ["abc"]),
        (contains("a"), {"a": 1}),
        (regex("^A h.rse$"), "A horse"),
        (regex(re.compile("HORSE", re.IGNORECASE)), "a horse"),
        ([regex("x"), anything], ["xx", None]),
        (anything, None),
        (equals({"a": [1]}), {"a": [1]}),
        (is_even, 2),
        ({"a": [is_even]}, {"a": [4]}),
        (lambda value: value > 1, 2),
        (Limit(), 9),
        (int, 3),
        (bool, False),
        (object, True),
    ],
)
def test_value__is_as_expected(expected: Any, sent: Any) -> None:
    """Nothing differs."""
    assert found(expected, sent) == []


@pytest.mark.parametrize(
    ("expected", "sent", "said"),
    [
        (576, 1024, "f: expected 576, sent 1024"),
        (1, True, "f: expected 1, sent True"),
        (True, 1, "f: expected True, sent 1"),
        (None, 0, "f: expected None, sent 0"),
        ("a", "b", "f: expected 'a', sent 'b'"),
        ({"a": 1}, [], "f: expected an object with a, sent []"),
        ({}, "x", "f: expected an object, sent 'x'"),
        ([1, 2], [1], "f: expected 2 items, sent 1: [1]"),
        ([1], [1, 2], "f: expected 1 item, sent 2: [1, 2]"),
        ([1], "x", "f: expected [1], sent 'x'"),
        ([1, {"a": 2}], [1, {"a": 3}], "f.1.a: expected 2, sent 3"),
        (contains("horse"), "A cat", "f: expected a text that contains 'horse', sent 'A cat'"),
        (contains("Horse"), "A horse", "f: expected a text that contains 'Horse', sent 'A horse'"),
        (contains("1"), 1, "f: expected a text that contains '1', sent 1"),
        (contains(3), [1, 2], "f: expected a list that contains 3, sent [1, 2]"),
        (contains(3), "3", "f: expected a list that contains 3, sent '3'"),
        (contains(regex("x")), ["a"], "f: expected a list that contains a text that matches 'x', sent ['a']"),
        (regex("^h"), "A horse", "f: expected a text that matches '^h', sent 'A horse'"),
        (equals({"a": 1}), {"a": 1, "b": 2}, "f: expected exactly {'a': 1}, sent {'a': 1, 'b': 2}"),
        (equals([True]), [1], "f: expected exactly [True], sent [1]"),
        (is_even, 3, "f: expected a value that is_even accepts, sent 3"),
        (Limit(), 10, "f: expected a value that Limit(10) accepts, sent 10"),
        (
            is_even,
            "x",
            (
                "f: expected a value that is_even accepts, sent 'x', for which it raised TypeError: not all arguments "
                "converted during string formatting"
            ),
        ),
        (
            asserting,
            1,
            "f: expected a value that asserting accepts, sent 1, for which it returned None, not True or False",
        ),
        (int, "3", "f: expected a value of type int, sent '3'"),
        (int, True, "f: expected a value of type int, sent True"),
        ("a\x1b[2J", "b\n", r"f: expected 'a\x1b[2J', sent 'b\n'"),
    ],
)
def test_value__differs(expected: Any, sent: Any, said: str) -> None:
    """One line says what was expected and what was sent."""
    assert found(expected, sent) == [said]


def test_lambda__is_named_by_its_line() -> None:
    """A function without a name has a place."""
    line = found(lambda value: False, 1)[0]
    assert re.fullmatch(r"f: expected a value that the lambda in line \d+ of test_matchers\.py accepts, sent 1", line)


def test_field__that_was_not_sent() -> None:
    """Fields without a value are named, those inside them too, and a similar name is suggested."""
    expected = {"width": 576, "prompt": {"a": anything}, "seed": anything}
    assert found(expected, {"widht": 1024, "other": 1}) == [
        "f.width: expected 576, not sent, but 'widht' was: 1024",
        "f.prompt.a: expected any value, not sent",
        "f.seed: expected any value, not sent",
    ]


@pytest.mark.parametrize(
    ("expected", "sent", "said"),
    [
        (
            "x" * 500 + "A" + "y" * 500,
            "x" * 500 + "B" + "y" * 500,
            "f: expected '…" + "x" * 30 + "A" + "y" * 69 + "…', sent '…" + "x" * 30 + "B" + "y" * 69 + "…'"
            " (they differ from character 501 on)",
        ),
        ("a", "b" * 200, "f: expected 'a', sent '" + "b" * 100 + "…' (they differ from character 1 on)"),
        (
            "b" * 200,
            "b" * 199,
            "f: expected '…" + "b" * 31 + "', sent '…" + "b" * 30 + "' (they differ from character 200 on)",
        ),
        (1, ["x" * 200], "f: expected 1, sent ['" + "x" * 97 + "…"),
    ],
)
def test_long_value__is_cut_around_the_difference(expected: Any, sent: Any, said: str) -> None:
    """What is shown of long values has the place at which they differ."""
    assert found(expected, sent) == [said]


def test_pattern__that_is_invalid() -> None:
    """The error has the pattern and the reason."""
    with pytest.raises(ValueError, match=r"^'\(' is no regular expression: missing \), unterminated subpattern"):
        regex("(")


def test_names__shadow_no_builtins() -> None:
    """A star import is harmless."""
    import builtins

    assert not set(zeroscope_mock.__all__) & set(dir(builtins))


def test_words__of_nested_expectations() -> None:
    """Matchers inside lists are in words, too."""
    assert in_words([contains("x"), 1, int]) == "[a text that contains 'x', 1, a value of type int]"
