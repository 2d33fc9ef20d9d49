"""`data:` URIs: files as text."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes


def data_uri(content: bytes, content_type: str) -> str:
    """The content of a file as a `data:` URI."""
    return f"data:{content_type.replace(' ', '')};base64,{base64.b64encode(content).decode()}"


def data_of(uri: str) -> bytes | None:
    """The content in a `data:` URI; None for anything else."""
    scheme, _, rest = uri.partition(":")
    head, comma, data = rest.partition(",")
    if scheme.lower() != "data" or not comma:
        return None
    content = unquote_to_bytes(data)
    if not head.lower().endswith(";base64"):
        return content
    try:
        return base64.b64decode(content)
    except binascii.Error:
        return None
