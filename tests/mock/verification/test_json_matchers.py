"""Matchers in JSON."""

from __future__ import annotations

import time
from typing import Any

import pytest

from zeroscope_mock.verification.differences import differences
from zeroscope_mock.verification.json_matchers import MatcherError, read_matchers


@pytest.mark.parametrize(
    ("expected", "sent", "accepted"),
    [
        ({"contains": "horse"}, "A horse", True),
        ({"contains": "horse"}, {"horse": 1}, True),
        ({"contains": "horse"}, "A cat", False),
        ({"contains": {"regex": "^b"}}, ["a", "bc"], True),
        ({"contains": {"role": "user"}}, [{"role": "user", "content": 1}], True),
        ({"regex": "(?i)HORSE$"}, "A horse", True),
        ({"regex": "^horse"}, "A horse", False),
        ({"regex": "1"}, 1, False),
        ({"regex": "x"}, "\ud800x", False),
        ({"any": True}, None, True),
        ({"equals": {"contains": "horse"}}, {"contains": "horse"}, True),
        ({"equals": {"contains": "horse"}}, "A horse", False),
        ({"equals": {"equals": 1}}, {"equals": 1}, True),
        ({"contains": "a", "regex": "b"}, {"contains": "a", "regex": "b", "more": 1}, True),
        ({"a": [{"contains": "x"}]}, {"a": ["xx"]}, True),
    ],
)
def test_matcher__in_json(expected: Any, sent: Any, accepted: bool) -> None:
    """An object with the name of a matcher as its only key is a matcher, and `equals` keeps a value from being one."""
    assert any(differences(read_matchers({"f": expected}, "input"), {"f": sent}, "input")) is not accepted


def test_fields__are_no_matchers() -> None:
    """A field that has the name of a matcher is expected like every other one."""
    expected = read_matchers({"regex": "a+"}, "input")
    assert not any(differences(expected, {"regex": "a+"}, "input"))
    assert any(differences(expected, "aaa", "input"))


@pytest.mark.parametrize(
    ("matcher", "field", "said"),
    [
        ({"any": 1}, "input.f.any", 'The matcher of any value is {"any": true}'),
        ({"regex": 1}, "input.f.regex", "A regular expression is a text of at most 1000 characters"),
        ({"regex": "x" * 1001}, "input.f.regex", "A regular expression is a text of at most 1000 characters"),
        ({"regex": "("}, "input.f.regex", "'(' is no regular expression that the server takes"),
        (
            {"regex": "(?=x)"},
            "input.f.regex",
            "'(?=x)' is no regular expression that the server takes; it supports neither look-around",
        ),
        ({"a": [{"regex": "\ud800"}]}, "input.f.a.0.regex", "is no regular expression"),
        ({"regex": "(x{1000}){1000}"}, "input.f.regex", "nor patterns that repeat too much"),
    ],
)
def test_matcher__that_cannot_be_read(matcher: Any, field: str, said: str) -> None:
    """The error names the field."""
    with pytest.raises(MatcherError) as caught:
        read_matchers({"f": matcher}, "input")
    assert caught.value.field.startswith(field)
    assert said in str(caught.value)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(.*a){20}$"])
def test_regex__ends_soon(pattern: str) -> None:
    """Patterns for which Python's engine takes years are searched for in a megabyte of text."""
    expected = read_matchers({"f": {"regex": pattern}}, "input")
    start = time.process_time()
    assert any(differences(expected, {"f": "a" * 1_000_000 + "\n!"}, "input"))
    assert time.process_time() - start < 30
