"""The record of an exchange in the request journal."""

from __future__ import annotations

import sys

import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Request

TOKEN = "r8_a_token_of_some_length"
HEADERS = (("authorization", f"Bearer {TOKEN}"), ("content-type", "application/json"))


def sent(server: MockServer, body: bytes) -> None:
    server.core.handle(Request(Head("POST", "/predictions", headers=HEADERS), body))


@pytest.mark.parametrize("length", [100, 2001, 20_000])
def test_exchange__keeps_a_body_whole(length: int) -> None:
    """As text, and not in its original form once it was read."""
    server, body = MockServer(), bytes(bytearray(b" " * length))
    before = sys.getrefcount(body)
    sent(server, body)
    assert server.journal[0].request_body == body.decode()
    assert sys.getrefcount(body) == before


def test_exchange__is_the_same_at_each_access() -> None:
    """An exchange stays the same after an access by index, in a slice and in a loop."""
    server = MockServer()
    sent(server, b"{}")
    exchange = server.journal[0]
    assert server.journal[:][0] is server.journal[-1] is next(iter(server.journal)) is exchange


def test_exchange__holds_no_token_after_an_access() -> None:
    """Neither in the request nor in the response."""
    server = MockServer()
    sent(server, f'{{"version": "{TOKEN}"}}'.encode())
    assert TOKEN not in repr(server.journal[0]) and "[token]" in server.journal[0].request_body
    assert TOKEN not in repr(server.journal._exchanges[0])
