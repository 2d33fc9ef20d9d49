"""Redaction of the secret fields of an input, to digests by which they compare."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection

from ..cog.secret_fields import secret_texts

_DIGEST_LENGTH = 4
_MARK = re.compile(r"\[secret [0-9a-f]{8}\]")
# A text of JSON, perhaps cut.
_TEXT = rb'"(?:[^"\\]++|\\.)*+"?'
_VALUE = rb"%s|\[(?:\s*+(?:%s)\s*+,?)*+\]?|(?!null\b)[^\s\"{}\[\],]++" % (_TEXT, _TEXT)


def secret_mark(secret: str) -> str:
    """What the journal has in place of a secret; the digest is too short to tell anything else of it."""
    digest = hashlib.blake2b(secret.encode(errors="surrogatepass"), digest_size=_DIGEST_LENGTH, person=b"zeroscope")
    return f"[secret {digest.hexdigest()}]"


def is_secret_mark(value: object) -> bool:
    """Whether a value stands in place of a secret."""
    return isinstance(value, str) and _MARK.fullmatch(value) is not None


def redact_fields(body: bytes, names: Collection[str]) -> tuple[bytes, list[str]]:
    """A body without the values of secret fields, and those of them that may be elsewhere.

    The body stays as it was sent otherwise, and may be JSON with mistakes.

    Args:
        body: The body.
        names: The names of the fields.
    """
    if not names:
        return body, []
    keys = {
        json.dumps(name, ensure_ascii=form).encode(errors="surrogatepass") for name in names for form in (True, False)
    }
    field = rb"((?:%s)\s*+:\s*+)(%s)" % (b"|".join(map(re.escape, sorted(keys))), _VALUE)
    redacted = re.sub(field, lambda found: found[1] + _marks(found[2]), body, flags=re.DOTALL)
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return redacted, []
    return redacted, secret_texts(sent.get("input") if isinstance(sent, dict) else None, names)


def _marks(value: bytes) -> bytes:
    """A value of JSON with marks in place of its texts, or of itself if it is no text or list of texts."""
    if value[:1] in (b'"', b"["):
        return re.sub(_TEXT, lambda text: _mark(text[0]), value, flags=re.DOTALL)
    return _mark(value)


def _mark(value: bytes) -> bytes:
    try:
        secret = json.loads(value)
    except ValueError:
        secret = None
    return json.dumps(secret_mark(secret if isinstance(secret, str) else value.decode(errors="replace"))).encode()
