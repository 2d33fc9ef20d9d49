"""Signed URLs of uploaded files, made by a program that knows the secret."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Any

import httpx


def signed_url(api: httpx.Client, file: dict[str, Any], seconds: float = 3600, **changes: Any) -> str:
    """The URL from which anyone downloads a file.

    Args:
        api: A client with the account's token.
        file: The file, as an upload returned it.
        seconds: How long after the file's creation the URL ends.
        changes: Parameters that replace the right ones.
    """
    owner = api.get("/account").json()["username"]
    key = api.get("/webhooks/default/secret").json()["key"]
    expiry = int(datetime.fromisoformat(file["created_at"]).timestamp() + seconds)
    digest = hmac.digest(key.encode(), f"{owner} {file['id']} {expiry}".encode(), "sha256")
    signed = {"owner": owner, "expiry": expiry, "signature": base64.b64encode(digest).decode(), **changes}
    url = httpx.URL(f"{file['urls']['get']}/download")
    return str(url.copy_merge_params({name: value for name, value in signed.items() if value is not None}))
