"""Uploaded files: their description, their digests and their expiry."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

from ..exchange import Exchange
from ..target import Target
from ..timestamps import parse_timestamp

_CONTENT = b"A file of the conformance suite.\n"
# How much the two times of a file may differ from the retention, in seconds.
_TOLERANCE = 60


def upload_file(target: Target) -> None:
    """Upload a file, and read its description with and without the token."""
    results = target.results
    if "file-described" not in results:
        return
    exchange = target.call("createFile", file=_CONTENT)
    file = exchange.json
    passed = exchange.status == 201 and isinstance(file, dict)
    expected = "201 and the description of the file"
    if not results.check("file-described", passed, expected, exchange.summary, exchange):
        return
    _check_digests(target, file, exchange)
    _check_expiry(target, file, exchange)
    urls = file.get("urls")
    url = str(urls.get("get")) if isinstance(urls, dict) else ""
    expected = f"urls.get is an absolute URL on the origin of {target.base_url}"
    passed = target.is_same_origin(url)
    if not results.check("file-described", passed, expected, f"urls.get is {url!r}", exchange):
        return
    described = target.follow(url)
    passed = isinstance(described.json, dict) and described.json.get("id") == file.get("id")
    expected = f"{url} responds with the description of the file {file.get('id')}"
    results.check("file-described", passed and described.status == 200, expected, described.summary, described)
    refused = target.follow(url, with_token=False)
    expected = f"401 for {url} without a token"
    results.check("file-described", refused.status == 401, expected, refused.summary, refused)


def _check_digests(target: Target, file: dict[str, Any], exchange: Exchange) -> None:
    """Check the digests that a description has; only SHA-256 is in all descriptions that were recorded or published."""
    md5 = hashlib.md5(_CONTENT, usedforsecurity=False).hexdigest()
    actual = {"size": len(_CONTENT), "md5": md5, "sha256": hashlib.sha256(_CONTENT).hexdigest(), "etag": md5}
    checksums = file.get("checksums")
    shown = {**(checksums if isinstance(checksums, dict) else {}), "size": file.get("size"), "etag": file.get("etag")}
    wrong = {name: shown[name] for name in actual if shown.get(name) not in {None, actual[name]}}
    passed = not wrong and shown.get("sha256") is not None
    expected = f"the digests of the content, {json.dumps(actual)}"
    target.results.check("file-digests", passed, expected, exchange.summary, exchange)


def _check_expiry(target: Target, file: dict[str, Any], exchange: Exchange) -> None:
    retention = target.document.metadata.get("file-retention-seconds")
    created, expires = (parse_timestamp(file.get(name)) for name in ("created_at", "expires_at"))
    if retention is None or (file.get("created_at") is None and file.get("expires_at") is None):
        return
    expected = f"expires_at {retention} s after created_at"
    passed = created is not None and expires is not None
    if created is not None and expires is not None:
        passed = abs(expires - created - timedelta(seconds=retention)) <= timedelta(seconds=_TOLERANCE)
    seen = f"created_at {file.get('created_at')}, expires_at {file.get('expires_at')}"
    target.results.check("file-expires", passed, expected, seen, exchange)
