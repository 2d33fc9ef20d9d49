"""Bodies as the journal keeps them."""

from __future__ import annotations

import hashlib

import pytest

from zeroscope_mock.journal.body_text import body_text
from zeroscope_mock.journal.redaction import Redactor

NO_TOKEN = Redactor(())
BINARY = b"\0\xff\r\n\r\n--c\r\n" * 100


def digest(content: bytes, kind: str) -> str:
    return f"[{len(content)} bytes of {kind}, sha256 {hashlib.sha256(content).hexdigest()}]"


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"", "video/mp4", ""),
        (b'{"a": 1}', "application/json", '{"a": 1}'),
        (b'{"a": 1}', "", '{"a": 1}'),
        (b"\xff", "application/json", "\ufffd"),
        (b"\xff\0", "text/plain; charset=latin-1", "\ufffd\0"),
        ("é".encode() * 9000, "", "é" * 9000),
        ("é".encode(), "application/x-unknown", "é"),
        (b"abc", "image/png", digest(b"abc", "image/png")),
        (b"abc", "IMAGE/PNG", digest(b"abc", "IMAGE/PNG")),
        (BINARY, "application/x-tar", digest(BINARY, "application/x-tar")),
        (BINARY, "", digest(BINARY, "unknown type")),
    ],
)
def test_body__is_text_or_a_digest(body: bytes, kind: str, text: str) -> None:
    """By its type, or by its content where the type does not decide."""
    assert body_text(body, kind, NO_TOKEN, 2**20) == text


@pytest.mark.parametrize("boundary", ["b", '"b"', "b; charset=utf-8"])
def test_form__has_digests_of_its_files(boundary: str) -> None:
    """Heads and texts stay as they are; binary content goes, even if it holds line breaks and other boundaries."""
    parts = [
        (b'Content-Disposition: form-data; name="text"', b"value"),
        (b'Content-Disposition: form-data; name="empty"\r\nContent-Type: image/png', b""),
        (b'Content-Disposition: form-data; name="json"\r\nContent-Type: application/json', b'{"a":1}'),
        (b'Content-Disposition: form-data; name="file"\r\ncontent-type:image/png', b"plain"),
        (b'Content-Disposition: form-data; name="other"', BINARY),
    ]

    def form(*contents: bytes) -> bytes:
        whole = (
            b"--b\r\n" + head + b"\r\n\r\n" + content + b"\r\n"
            for (head, _), content in zip(parts, contents, strict=True)
        )
        return b"".join([*whole, b"--b--\r\n"])

    sent = form(*(content for _, content in parts))
    shown = form(
        b"value", b"", b'{"a":1}', digest(b"plain", "image/png").encode(), digest(BINARY, "unknown type").encode()
    )
    assert body_text(sent, f"multipart/form-data; boundary={boundary}", NO_TOKEN, 2**20) == shown.decode()


@pytest.mark.parametrize(
    "form", [b"--b", b"--b\r\n\r\n", b"\r\n--b\r\n", b"x", b"--b--", b"\r\n\r\n", b"--b\r\n--b\r\n"]
)
def test_form__that_is_malformed_stays(form: bytes) -> None:
    """Whatever is no part of a form is shown as it is."""
    assert body_text(form, "multipart/form-data; boundary=b", NO_TOKEN, 100) == form.decode()


@pytest.mark.parametrize("shift", range(12))
def test_body__is_cut_after_its_tokens_are_redacted(shift: int) -> None:
    """No part of a token is left where the body is cut."""
    redactor = Redactor((("authorization", "Bearer secret-token"),))
    text = body_text(b"x" * shift + b"secret-token" + b"y" * 50, "", redactor, 11)
    assert len(text) == 11 and "secret"[:2] not in text


@pytest.mark.parametrize("rest", ["z" * 500, "é" * 500, "😀" * 500])
@pytest.mark.parametrize("limit", [0, 1, 12, 40, 400])
def test_body__is_as_long_with_tokens_as_without(rest: str, limit: int) -> None:
    """However often a token repeats, what is kept is the start of what the whole body is without it."""
    redactor = Redactor((("authorization", "Bearer secret-token"),), ["secret-t"])
    body = ("secret-token" * 60 + rest).encode()
    whole = "[token]" * 60 + rest
    assert redactor.content(body, limit) == whole.encode()[:limit]
    assert body_text(body, "", redactor, 2**20, limit) == whole[:limit]
