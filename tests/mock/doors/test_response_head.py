"""The head of a response on a connection."""

from __future__ import annotations

import locale
import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest

from zeroscope_mock.doors import response_head
from zeroscope_mock.doors.response_head import encode_head


@pytest.fixture
def other_locale() -> Iterator[None]:
    """Another language for dates, if this machine has any."""
    before = locale.setlocale(locale.LC_TIME)
    for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "C"):
        try:
            locale.setlocale(locale.LC_TIME, name)
            break
        except locale.Error:
            continue
    yield
    locale.setlocale(locale.LC_TIME, before)


@pytest.mark.usefixtures("other_locale")
def test_date__is_that_of_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """In English and in GMT, and new in each second."""
    for second in range(0, 400 * 86_400, 86_399 * 3):
        monkeypatch.setattr(time, "time", lambda second=second: second + 0.9)
        assert f"\r\ndate: {formatdate(second, usegmt=True)}\r\n".encode() in encode_head(200, (), "")


@pytest.mark.parametrize(
    ("status", "line"), [(200, b"200 OK"), (431, b"431 Request Header Fields Too Large"), (599, b"599 ")]
)
def test_status__has_a_phrase(status: int, line: bytes) -> None:
    """An unknown one has an empty phrase, whose space is part of the form."""
    assert encode_head(status, (), "").startswith(b"HTTP/1.1 " + line + b"\r\n")


def test_headers__are_latin_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the response come before those of the framing."""
    monkeypatch.setattr(response_head, "_date", lambda: "now")
    head = encode_head(200, (("a", "é"), ("b", "")), "content-length: 1\r\n")
    assert head == b"HTTP/1.1 200 OK\r\ndate: now\r\na: \xe9\r\nb: \r\ncontent-length: 1\r\n\r\n"


@pytest.mark.parametrize("value", ["a\r\nx: b", "a\nx: b", "a\rx: b", "a\0", "€"])
@pytest.mark.parametrize("place", ["name", "value"])
def test_headers__cannot_hold_others(value: str, place: str) -> None:
    """A header that would end before its end raises an error."""
    with pytest.raises(ValueError, match=r"control characters|latin-1"):
        encode_head(200, ((value, "x") if place == "name" else ("x", value),), "")
