"""Serves the page on the server, which shows and controls it in a browser."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..messages import Head, Headers, Response
from ..operations.ranges import names_etag
from ..problems import method_not_allowed, problem
from .calls import PREFIX

UI_PATH = f"{PREFIX}/ui"
"""The path of the page, without the slash at its end."""

# Built from studio/ at the root of the repository.
_FOLDER = Path(__file__).parent.parent / "ui"
_INDEX = "index.html"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS: Headers = (
    # A browser asks each time, so that the page is never older than the server.
    ("cache-control", "no-cache"),
    ("content-security-policy", _POLICY),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


def ui_response(head: Head) -> Response:
    """Answer a request for the page or one of its files."""
    if head.method not in {"GET", "HEAD"}:
        return method_not_allowed(head.method, ["GET", "HEAD"])
    if head.path == UI_PATH:
        # The links of the page are relative, and the server may lie below a path that only a proxy knows.
        return redirect(UI_PATH.rpartition("/")[2])
    name = head.path.removeprefix(f"{UI_PATH}/") or _INDEX
    # Only what lies in the folder has a name here, so that no path leads out of it.
    files = {file.name: file for file in _FOLDER.iterdir() if file.suffix in _TYPES} if _FOLDER.is_dir() else {}
    if name not in files:
        return problem(404, f"the page has no file {name!r}; it is at {UI_PATH}/")
    content = files[name].read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = (("etag", etag), *_HEADERS)
    if names_etag(head.header("if-none-match"), etag):
        return Response(304, headers, b"")
    return Response(200, (("content-type", _TYPES[files[name].suffix]), *headers), content)


def redirect(path: str) -> Response:
    """Lead a browser to the page.

    Args:
        path: The page without the slash at its end, relative to the path of the request.
    """
    return Response(303, (("location", f"{path}/"), ("cache-control", "no-store"), ("vary", "accept")), b"")


def wants_page(head: Head) -> bool:
    """Return whether a request for the root of the server comes from a browser, which is to show the page."""
    return head.method in {"GET", "HEAD"} and "text/html" in (head.header("accept") or "").lower()
