"""JSON values of options, given as text or in a file."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from zeroscope.cli import batch_input, json_values
from zeroscope.cli.errors import CommandError


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), (' {"a": [null, true]}\n', {"a": [None, True]}), ('"ä"', "ä"), ("1e3", 1000.0), ("[]", [])],
)
def test_parse__of_json(text: str, value: Any) -> None:
    """Any JSON value is taken, with blanks around it."""
    assert json_values.parse(text) == value == json_values.parse_argument(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not JSON: Expecting value at column 1"),
        ("{'a': 1}", "this is not JSON: Expecting property name enclosed in double quotes at column 2"),
        ('{"a": 1} 2', "this is not JSON: Extra data at column 10"),
        ('{\n "a" 1}', "this is not JSON: Expecting ':' delimiter at line 2, column 6"),
        ('{"a": 1, "b": 2, "a": 3}', "a: this field is given twice"),
        ("[NaN]", "this is not JSON: NaN is not a number there"),
        ("-Infinity", "this is not JSON: -Infinity is not a number there"),
        ("[" * 100_000, "this is not JSON: it is nested too deeply"),
        ("1" * 5000, "this is not JSON: Exceeds the limit"),
    ],
)
def test_parse__names_the_place(text: str, message: str) -> None:
    """What is not JSON is refused with the place of the mistake, and so are values that JSON does not have."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        json_values.parse(text)


@pytest.mark.parametrize(
    ("text", "value"), [("large", "large"), ("5 m", "5 m"), ("", ""), ("NaN", "NaN"), ("5", 5), ("null", None)]
)
def test_parse__of_a_text(text: str, value: Any) -> None:
    """Where a text is allowed, it is what is not JSON."""
    assert json_values.parse(text, allows_text=True) == value


@pytest.mark.parametrize("text", ['"a', "[a]", ' {"a"}', '{"a": 1, "a": 2}'])
def test_parse__of_a_text_that_begins_as_json(text: str) -> None:
    """Objects, arrays and strings with a mistake are refused even where a text is allowed."""
    with pytest.raises(ValueError, match="this"):
        json_values.parse(text, allows_text=True)


def test_argument__of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is read where it is named, below the home folder as well, and with a byte order mark."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": "\xc3\xa4"}\n')
    assert json_values.parse_argument(f"@{tmp_path}/a.json") == json_values.parse_argument("@~/a.json") == {"a": "ä"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file or directory"),
        (b"{\n5}", "this is not JSON: Expecting property name enclosed in double quotes at line 2, column 1"),
        (b"large", "this is not JSON: Expecting value at column 1"),
        (b'{"a": 1, "a": 2}', "a: this field is given twice"),
        (b"\xff", "this is not UTF-8"),
    ],
)
def test_argument__of_a_file_that_cannot_be_used(tmp_path: Path, content: bytes | None, message: str) -> None:
    """The message names the file; one that is not JSON is not taken for a text."""
    file = tmp_path / "a.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{file}: {message}')}$"):
        json_values.parse_argument(f"@{file}", allows_text=True)


def test_stdin__is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only one argument gets the standard input, and the next one is told, a batch that reads its inputs included."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[5]")))
    assert json_values.parse_argument("@-") == [5]
    message = r"^the standard input: another argument has read it$"
    with pytest.raises(ValueError, match=message):
        json_values.parse_argument("@-")
    with pytest.raises(CommandError, match=message):
        batch_input.read("-", None, {}, "any")


def test_stdin__of_a_process_without_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was started without a standard input says so."""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ValueError, match=r"^the standard input: there is none$"):
        json_values.parse_argument("@-")
