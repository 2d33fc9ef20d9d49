"""Redacts the tokens of a request from everything that is kept of an exchange."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import quote

from ..messages import Headers

TOKEN = "[token]"
"""What stands in place of a token."""

# A shorter token, such as `x`, would match everywhere; it is redacted in the headers that hold nothing else.
_SHORTEST = 8
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_SCHEMES = frozenset({"basic", "bearer", "digest", "negotiate", "token"})
_COOKIES = frozenset({"cookie", "set-cookie"})
_NAMED = re.compile(r"token|secret|password|api-?key")
# The names of parameters of a query that hold secrets, with the sign before the value.
_QUERY = re.compile(r"([?&][\w.-]*(?:token|secret|password|api[-_]?key)=)[^&#\s]+", re.IGNORECASE)
# Such a token is written alike in a URL, in JSON and in Python.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]+")


class Redactor:
    """Redacts the tokens in the headers of one request.

    Args:
        headers: The headers, names in lower case, values as bytes decoded as Latin-1.
    """

    __slots__ = ("_forms",)

    def __init__(self, headers: Headers) -> None:
        forms = {
            form
            for name, value in headers
            if name in _CREDENTIALS
            for token in _tokens(value)
            if len(token) >= _SHORTEST
            for form in _forms(token)
        }
        # The longest first, since one may contain another.
        self._forms = sorted(forms, key=len, reverse=True)

    def text(self, text: str) -> str:
        """A text without the tokens."""
        for form in self._forms:
            text = text.replace(form, TOKEN)
        return text

    def url(self, text: str) -> str:
        """A path or a URL without the tokens, and without the secrets that its query names."""
        return _QUERY.sub(rf"\1{TOKEN}", self.text(text))

    def content(self, body: bytes) -> bytes:
        """A body without the tokens."""
        for form in self._forms:
            body = body.replace(form.encode("latin-1", "replace"), TOKEN.encode())
        return body

    def headers(self, headers: Headers) -> Headers:
        """Headers without the tokens, and without cookies."""
        return tuple([pair if (value := self._value(*pair)) is pair[1] else (pair[0], value) for pair in headers])

    def _value(self, name: str, value: str) -> str:
        if name in _CREDENTIALS:
            scheme, _, rest = value.strip().partition(" ")
            return f"{scheme} {TOKEN}" if rest and scheme.lower() in _SCHEMES else TOKEN
        if name in _COOKIES:
            cookies = [value] if name == "set-cookie" else value.split(";")
            return self.text("; ".join(map(_without_value, cookies)))
        return TOKEN if _NAMED.search(name) else self.text(value)


def _without_value(cookie: str) -> str:
    name, equals, _ = cookie.strip().partition("=")
    return f"{name}={TOKEN}" if equals else TOKEN


def _tokens(value: str) -> Iterator[str]:
    """The secrets in the value of a header with credentials."""
    scheme, _, rest = value.strip().partition(" ")
    rest = rest.strip()
    if scheme.lower() not in _SCHEMES:
        yield value.strip()
        yield scheme
    if rest:
        yield rest
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest + "=" * (-len(rest) % 4)).decode("latin-1")
        except ValueError:
            return
        # curl -u TOKEN: sends a token as the name of a user.
        yield from (pair, *pair.split(":", 1))


def _forms(token: str) -> Iterator[str]:
    """The forms in which a token is written: as it is, in a URL, and within JSON and Python's texts."""
    yield token
    if not _PLAIN.fullmatch(token):
        text = token.encode("latin-1", "replace").decode("utf-8", "replace")
        yield quote(token.encode("latin-1", "replace"), safe="")
        yield quote(token.encode("latin-1", "replace"))
        yield json.dumps(text)[1:-1]
        yield json.dumps(token)[1:-1]
        yield json.dumps(token, ensure_ascii=False)[1:-1]
        yield repr(token)[1:-1]
