"""Redacts the tokens of a request from everything that is kept of an exchange."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html.entities import codepoint2name

from ..messages import Headers

TOKEN = "[token]"
"""What stands in place of a token."""

_SECRET = "[secret]"

# A shorter token, such as `x`, would match everywhere; it is redacted in the headers that hold nothing else.
_SHORTEST = 8
# The length of a character of a token in the longest form that is expected, escaped many times, in bytes.
_LONGEST_FORM = 32
_CREDENTIALS = frozenset({"authorization", "proxy-authorization"})
_SCHEMES = frozenset({"basic", "bearer", "digest", "negotiate", "token"})
_COOKIES = frozenset({"cookie", "set-cookie"})
_NAMED = re.compile(r"token|secret|password|api-?key")
# The names of parameters of a query that hold secrets, with the sign before the value. An `&` may be escaped for JSON
# or HTML.
_QUERY = re.compile(
    r"((?:[?&;]|\\u0026)(?:[\w.-]*(?:token|secret|password|api[-_]?key|signature|credential)|sig)=)[^&;#\s\"'<>\\]+",
    re.IGNORECASE,
)
# Such a character is written alike in a URL, in JSON, in HTML and in Python.
_PLAIN = re.compile(r"[A-Za-z0-9._~-]")


class Redactor:
    """Redacts the tokens in the headers of one request, and the secrets of its input.

    Args:
        headers: The headers, names in lower case, values as bytes decoded as Latin-1.
        secrets: Other tokens.
        inputs: Secrets of the input.
    """

    __slots__ = ("_patterns", "_reach", "_shortest")

    def __init__(self, headers: Headers, secrets: Iterable[str] = (), inputs: Iterable[str] = ()) -> None:
        sent = (token for name, value in headers if name in _CREDENTIALS for token in _tokens(value))
        marks = dict.fromkeys((secret for secret in inputs if len(secret) >= _SHORTEST), _SECRET)
        marks |= {_decoded(token): TOKEN for token in (*sent, *secrets) if len(token) >= _SHORTEST}
        # The longest first, since one may contain another.
        self._shortest = min(map(len, marks), default=0)
        self._reach = _LONGEST_FORM * max(map(len, marks), default=0)
        ordered = sorted(marks, key=lambda text: (-len(text), text))
        self._patterns = [(*_patterns(text), marks[text]) for text in ordered]

    def text(self, text: str) -> str:
        """A text without the tokens, in whatever form."""
        # No form is shorter than its token.
        if len(text) < self._shortest:
            return text
        for pattern, _, _, mark in self._patterns:
            text = pattern.sub(mark, text)
        return text

    def url(self, text: str) -> str:
        """A path, a URL, or a text with some, without the tokens and without the secrets that queries name."""
        text = self.text(text)
        return _QUERY.sub(rf"\1{TOKEN}", text) if "=" in text else text

    def content(self, body: bytes, limit: int) -> bytes:
        """The start of what a body is without the tokens, in whatever form.

        Args:
            limit: The maximum length of the start, in bytes.
        """
        end = limit
        while True:
            # Of a token across the end of what is searched, the part that is not found lies in what is left out: no
            # text becomes longer, since what stands in place of a token is not.
            content = self._redacted(body[: end + self._reach])
            if len(body) <= end + self._reach or len(content) - self._reach >= limit:
                return content[:limit]
            # What is redacted has become shorter.
            end = 2 * end + self._reach

    def _redacted(self, content: bytes) -> bytes:
        for _, pattern, forms, mark in self._patterns:
            # Most bodies have no token, and a search for texts is ten times as fast as one for a pattern.
            if forms is None or any(form in content for form in forms):
                content = pattern.sub(mark.encode(), content)
        return content

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
        return TOKEN if _NAMED.search(name) else self.url(value)


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


def _decoded(token: str) -> str:
    """A token from a header, which is decoded as Latin-1, whatever it was encoded in."""
    try:
        return token.encode("latin-1").decode()
    except UnicodeError:
        return token


@lru_cache(maxsize=64)
def _patterns(token: str) -> tuple[re.Pattern[str], re.Pattern[bytes], tuple[bytes, ...] | None]:
    """What matches a token in texts and in bodies: as it is, in URLs, JSON, HTML and Python, and in base64.

    The last item has all that can match in bodies; None if that is too much.
    """
    characters = [_forms(character) for character in token]
    in_base64 = list(_base64(token.encode("utf-8", "surrogatepass")))
    encoded = "|".join(map(re.escape, in_base64))
    wide = "".join(_any(forms) for forms in characters)
    narrow = "".join(_any([form for form in forms if max(form) <= "\xff"]) for forms in characters)
    plain = all(map(_PLAIN.fullmatch, token))
    forms = tuple([form.encode() for form in (token, *in_base64)]) if plain else None
    return re.compile(f"{wide}|{encoded}"), re.compile(f"{narrow}|{encoded}".encode("latin-1")), forms


def _any(forms: list[str]) -> str:
    return forms[0] if len(forms) == 1 else f"(?:{'|'.join(forms)})"


def _forms(character: str) -> list[str]:
    """The forms of a character as patterns; text within a text is escaped more than once."""
    if _PLAIN.fullmatch(character):
        return [re.escape(character)]
    code, content = ord(character), character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass")
    name = codepoint2name.get(code, f"#{code}")
    return [
        "".join(rf"%(?:25)*(?i:{byte:02x})" for byte in content),
        "".join(rf"\\+u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2)),
        rf"\\+x(?i:{code:02x})",
        rf"&(?:amp;)*(?:{name}|#0*{code}|#[xX]0*(?i:{code:x}));",
        r"\\+" if character == "\\" else rf"\\*{re.escape(character)}",
        *([re.escape(content.decode("latin-1"))] if code > 0x7F else []),
        *([r"\+"] if character == " " else []),
    ]


def _base64(content: bytes) -> Iterator[str]:
    """The characters in base64 that hold a token alone, wherever in the encoded bytes it stands."""
    for offset, start in enumerate((0, 2, 3)):
        encoded = base64.b64encode(bytes(offset) + content)[start : (offset + len(content)) * 8 // 6].decode()
        yield encoded
        if "+" in encoded or "/" in encoded:
            yield encoded.replace("+", "-").replace("/", "_")
            yield encoded.replace("+", "%2B").replace("/", "%2F")
            yield encoded.replace("/", "\\/")
