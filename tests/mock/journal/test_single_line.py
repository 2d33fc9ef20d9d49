"""Texts on a single line."""

from __future__ import annotations

import pytest

from zeroscope_mock.journal.single_line import single_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a horse", "a horse"),
        ("", ""),
        (" a\r\n\tb\v\fc ", "a b c"),
        ("\x1b[2J\x1b]0;title\x07x", "[2J ]0;title x"),
        ("\x9b31mred", "31mred"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("\u202eevil\u2066", "evil"),
        ("\ud800é\u3000😀", "é 😀"),
    ],
)
def test_text__is_harmless(text: str, line: str) -> None:
    """Control characters, escapes, line and paragraph separators and marks of direction become spaces."""
    assert single_line(text) == line
    assert single_line(text).isprintable()


@pytest.mark.parametrize(
    ("text", "line"), [("abcd", "abcd"), ("abcde", "abc…"), ("a" * 10**6, "aaa…"), ("a  b", "a b")]
)
def test_text__is_cut(text: str, line: str) -> None:
    """An ellipsis stands for what is left out."""
    assert single_line(text, 4) == line
