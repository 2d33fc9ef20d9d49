"""Tokens, which the journal shows nowhere."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.dialects import DialectName
from zeroscope_mock.journal.redaction import Redactor

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
TOKEN = "r8_0123456789abcdefghijklmnopqrstuvwxyz"
SECRET = 'r8_"a\\b/c+d é=='


def everything(server: MockServer) -> str:
    """All that the journal shows, in every form."""
    exchanges = server.journal[:]
    shown = [exchanges, [one.prompt for one in exchanges], [one.reason for one in exchanges], str(server.journal)]
    return f"{shown!r}{json.dumps(server.journal.har(), ensure_ascii=False)}{server.snapshot()['journal']!r}"


@pytest.mark.parametrize("name", ["token", "api_key", "apiKey", "access_token", "X-Amz-Security-Token", "password"])
def test_query__hides_secrets_by_their_names(name: str) -> None:
    """A secret in a query is not the token of the request, and known by the name of its parameter."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/") as api:
        api.get(f"predictions?{name}=my-own-key&cursor=kept")

    assert server.journal[0].path == f"/v1/predictions?{name}=[token]&cursor=kept"
    assert "my-own-key" not in everything(server)


@pytest.mark.parametrize("dialect", ["live", "published"])
@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {TOKEN}",
        f"bearer   {TOKEN} ",
        f"Token {TOKEN}",
        TOKEN,
        f"{TOKEN} {TOKEN}",
        f"{TOKEN} x",
        f"Key {TOKEN}",
        "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode(),
        "Basic " + base64.b64encode(f"me:{TOKEN}".encode()).decode(),
        "Basic " + base64.b64encode(f"you:{TOKEN}".encode()).decode().rstrip("="),
    ],
)
def test_token__shows_nowhere(authorization: str, dialect: DialectName) -> None:
    """Not in headers, paths, bodies, notes, refusals or exports, under whatever scheme it is sent."""
    server = MockServer(dialect=dialect)
    server.faults.add(operation="listPredictions", content_type=f"text/{TOKEN}")
    sent: dict[str, Any] = {"version": VERSION, "input": {"prompt": f"tell {TOKEN}", TOKEN: TOKEN}}
    with httpx.Client(
        transport=server.transport,
        base_url="https://h.test/v1/",
        headers={"Authorization": authorization, "X-Copy": TOKEN, "Proxy-Authorization": authorization},
    ) as api:
        api.post(f"predictions?key={TOKEN}", json=sent)
        api.post("predictions", json={**sent, "version": TOKEN})
        api.post("predictions", content=f"x{TOKEN}", headers={"Content-Type": f"text/{TOKEN}"})
        api.post("files", files={TOKEN: (TOKEN, TOKEN, f"text/{TOKEN}"), "content": (TOKEN, b"\0", f"image/{TOKEN}")})
        api.get(f"predictions/{TOKEN}")
        api.get(f"{TOKEN}/{TOKEN}")
        api.get("predictions", headers={"Cookie": f"session={TOKEN}; {TOKEN}; {TOKEN}=1", "X-Api-Key": "short"})

    shown = everything(server)
    assert TOKEN not in shown
    assert "x-copy" in shown
    assert base64.b64encode(TOKEN.encode()).decode()[:20] not in shown
    assert "'x-api-key', 'short'" not in shown and "'x-api-key', '[token]'" in shown


def test_token__shows_in_no_note() -> None:
    """Such as the traceback of a script with a bug."""

    def fail(sent: Any) -> None:
        raise RuntimeError(f"{sent}")

    server = MockServer()
    server.scripts.add(fail)
    with httpx.Client(transport=server.transport, headers={"Authorization": f"Bearer {TOKEN}"}) as api:
        sent = {"version": VERSION, "input": {"prompt": TOKEN}}
        api.post("https://h.test/v1/predictions", json=sent).raise_for_status()

    assert "RuntimeError: {'prompt': '[token]'}" in (server.journal[0].note or "")
    assert TOKEN not in everything(server)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("authorization", "Bearer x", "Bearer [token]"),
        ("authorization", "Token x", "Token [token]"),
        ("authorization", "Basic eDp5", "Basic [token]"),
        ("authorization", 'Digest username="me", response="1"', "Digest [token]"),
        ("authorization", "x", "[token]"),
        ("authorization", "x y", "[token]"),
        ("authorization", "", "[token]"),
        ("proxy-authorization", "Bearer x", "Bearer [token]"),
        ("cookie", "a=1; b=2", "a=[token]; b=[token]"),
        ("cookie", "secret", "[token]"),
        ("set-cookie", "a=1; Path=/", "a=[token]"),
        ("x-auth-token", "x", "[token]"),
        ("x-api-key", "x", "[token]"),
        ("idempotency-key", "x", "x"),
        ("accept", "*/*", "*/*"),
    ],
)
def test_header__with_a_token_of_any_length(name: str, value: str, shown: str) -> None:
    """The scheme stays, the token goes."""
    headers = ((name, value),)
    assert Redactor(headers).headers(headers) == ((name, shown),)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(SECRET))[3:-3],
        json.dumps(SECRET)[1:-1].replace("/", r"\/"),
        json.dumps(SECRET)[1:-1].replace("+", r"\u002B").replace("=", r"\u003D"),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower(),
        quote(quote(SECRET, safe=""), safe=""),
        html.escape(SECRET),
        html.escape(SECRET).replace("&quot;", "&#34;").replace("/", "&#x2F;"),
        repr(SECRET)[1:-1],
    ],
)
def test_token__in_other_forms(form: str) -> None:
    """As it stands in a URL and in JSON, escaped or not."""
    redactor = Redactor((("authorization", f"Bearer {SECRET}".encode().decode("latin-1")),))
    assert redactor.content(f"<{form}>".encode(), 1000) == b"<[token]>"
    assert redactor.text(f"<{form}>") == "<[token]>"


@pytest.mark.parametrize("before", ["", "a", "me:", "me::"])
@pytest.mark.parametrize("secret", [TOKEN, SECRET, "r8_>>>???>>>???"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_token__in_base64(encode: Callable[[bytes], bytes], secret: str, before: str) -> None:
    """Wherever it stands in what is encoded, at most the bits that it shares with a neighbor stay."""
    encoded = encode(f"{before}{secret}:x".encode()).decode()
    shown = Redactor((), [secret]).text(encoded)
    assert "[token]" in shown and len(shown) <= len("[token]") + 12


@pytest.mark.parametrize(
    "form", [TOKEN, SECRET, quote(quote(SECRET, safe=""), safe=""), base64.b64encode(TOKEN.encode()).decode()]
)
def test_token__across_the_end_of_what_is_kept(form: str) -> None:
    """Of a long body only the start is searched, and no part of a token shows at its end."""
    redactor = Redactor((("authorization", f"Bearer {TOKEN}"),), [SECRET])
    for before in range(100):
        shown = redactor.content(b"x" * before + f"{form}xxxx".encode() * 1000, 10_000).decode()
        left = shown.replace("[token]", "").replace("x", "").replace("=", "")
        assert "[token]".startswith(left)
        assert shown.count("[token]") > 10


def test_secrets__other_than_those_of_the_request() -> None:
    """They are redacted as the token is."""
    redactor = Redactor((("authorization", f"Bearer {TOKEN}"),), [SECRET, "short"])
    assert redactor.text(f"{TOKEN} {SECRET} short") == "[token] [token] short"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a?sig=abc&n=1", "/a?sig=[token]&n=1"),
        ("/a?X-Amz-Signature=abc#x", "/a?X-Amz-Signature=[token]#x"),
        ('{"next": "/a?token=abc", "x": "y"}', '{"next": "/a?token=[token]", "x": "y"}'),
        (r"/a?n=1\u0026api_key=abc\u0026m=2", r"/a?n=1\u0026api_key=[token]\u0026m=2"),
        ("/a?n=1&amp;secret=abc&amp;m=2", "/a?n=1&amp;secret=[token]&amp;m=2"),
        ("/a?design=abc&tokens=1", "/a?design=abc&tokens=1"),
    ],
)
def test_url__without_the_secrets_of_its_query(text: str, shown: str) -> None:
    """Parameters are known by their names, also in a text with URLs in it."""
    assert Redactor(()).url(text) == shown


def test_token__that_is_short_stays_in_texts() -> None:
    """It would match everywhere."""
    redactor = Redactor((("authorization", "Bearer x"),))
    assert (redactor.text("/x"), redactor.content(b"x", 1000)) == ("/x", b"x")


def test_headers__without_a_token_are_not_copied() -> None:
    """Exchanges share the pairs of a head."""
    headers = (("accept", "*/*"), ("authorization", "Bearer x"))
    assert Redactor(headers).headers(headers)[0] is headers[0]
