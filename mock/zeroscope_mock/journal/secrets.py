"""Redaction of the secret fields of an input, to digests by which they compare."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from functools import lru_cache

from ..cog.secret_fields import SHORTEST

_DIGEST_LENGTH = 4
_MARK = re.compile(r"\[secret [0-9a-f]{8}\]")
# A text of JSON, perhaps cut.
_TEXT = rb'"(?:[^"\\]++|\\.)*+"?'
_TEXTS = re.compile(_TEXT, re.DOTALL)
_VALUE = re.compile(rb"%s|[^\s\"{}\[\],]++" % _TEXT, re.DOTALL)
_BRACKETS = re.compile(rb"%s|[{}\[\]]" % _TEXT, re.DOTALL)
_SCALARS = re.compile(rb"%s(\s*+:)?|[^\s\"{}\[\],]++" % _TEXT, re.DOTALL)


def secret_mark(secret: str) -> str:
    """What the journal has in place of a secret; the digest is too short to tell anything else of it."""
    digest = hashlib.blake2b(secret.encode(errors="surrogatepass"), digest_size=_DIGEST_LENGTH, person=b"zeroscope")
    return f"[secret {digest.hexdigest()}]"


def is_secret_mark(value: object) -> bool:
    """Whether a value stands in place of a secret."""
    return isinstance(value, str) and _MARK.fullmatch(value) is not None


def redact_fields(body: bytes, names: Collection[str]) -> tuple[bytes, list[str]]:
    """A body without the values of secret fields, and those of them that may be elsewhere, the longest first.

    The body stays as it was sent otherwise, and may be JSON with mistakes. A field is secret wherever it is: the input
    may be misspelled, in a list, or a text of JSON.

    Args:
        body: The body.
        names: The names of the fields.
    """
    if not names:
        return body, []
    found: set[str] = set()
    redacted = _redact(body, _key(frozenset(names)), found)
    return redacted, sorted((text for text in found if len(text) >= SHORTEST), key=lambda text: (-len(text), text))


def _redact(body: bytes, key: re.Pattern[bytes], found: set[str]) -> bytes:
    """A body without the values of secret fields, which are added to those that were found."""
    parts, at = [], 0
    while (name := key.search(body, at)) is not None:
        start, at = at, _end(body, name.end())
        parts += [body[start : name.end()], _SCALARS.sub(lambda one: _marked(one, found), body[name.end() : at])]
    redacted = b"".join((*parts, body[at:]))
    # Only a text with escapes can hold JSON with names.
    return _TEXTS.sub(lambda text: _redact_text(text[0], key, found), redacted) if b"\\" in redacted else redacted


def _redact_text(text: bytes, key: re.Pattern[bytes], found: set[str]) -> bytes:
    """A text of JSON without the secret fields of JSON within it."""
    content = _content(text) if b"\\" in text else None
    if content is None or '"' not in content:
        return text
    sent = content.encode(errors="surrogatepass")
    redacted = _redact(sent, key, found)
    return text if redacted == sent else json.dumps(redacted.decode(errors="surrogatepass")).encode()


def _end(body: bytes, start: int) -> int:
    """The end of the value of JSON at a place; that of the body if the value is cut."""
    if body[start : start + 1] not in (b"[", b"{"):
        value = _VALUE.match(body, start)
        return start if value is None else value.end()
    depth = 0
    for one in _BRACKETS.finditer(body, start):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(one[0], 0)
        if not depth:
            return one.end()
    return len(body)


def _marked(scalar: re.Match[bytes], found: set[str]) -> bytes:
    """A mark in place of a text or another scalar of JSON; a name and null stay."""
    value = scalar[0]
    if scalar[1] is not None or value == b"null":
        return value
    secret = _content(value) if value.startswith(b'"') else None
    if secret is None:
        secret = value.decode(errors="replace")
    found.add(secret)
    return json.dumps(secret_mark(secret)).encode()


def _content(text: bytes) -> str | None:
    """What a text of JSON holds, perhaps cut; None if it has a mistake."""
    for end in (b"", b'"'):
        try:
            return str(json.loads(text + end, strict=False))
        except ValueError:
            continue
    return None


@lru_cache(maxsize=64)
def _key(names: frozenset[str]) -> re.Pattern[bytes]:
    """What matches the names as keys of JSON, in all their forms."""
    forms = (b"".join(map(_forms, name)) for name in sorted(names))
    return re.compile(rb'"(?:%s)"\s*+:\s*+' % b"|".join(forms))


def _forms(character: str) -> bytes:
    """The pattern of a character within a text of JSON."""
    units = character.encode("utf-16-be", "surrogatepass")
    escaped = b"".join(rb"\\u(?i:%s)" % units[at : at + 2].hex().encode() for at in range(0, len(units), 2))
    plain = json.dumps(character, ensure_ascii=False)[1:-1].encode(errors="surrogatepass")
    return b"(?:%s|%s)" % (re.escape(plain), escaped)
