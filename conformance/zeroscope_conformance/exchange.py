"""One request and its response, with the curl command that repeats it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

TOKEN_VARIABLE = "REPLICATE_API_TOKEN"
_MAX_EXCERPT = 300
# Every client sends these by itself, and no server depends on them.
_CLIENT_HEADERS = {
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "host",
    "user-agent",
    "x-schemathesis-testcaseid",
}


@dataclass(frozen=True)
class Exchange:
    """One request and its response.

    Args:
        method: The method, in capitals.
        url: The absolute URL.
        request_headers: The headers sent, names in lower case.
        request_body: The body sent.
        status: The status code; 0 if there was no response.
        response_headers: The headers received, names in lower case.
        response_body: The body received.
        operation: The `operationId`; None for a URL that the document does not describe.
        token: The token that `curl` replaces with the environment variable.
    """

    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes
    operation: str | None = None
    token: str = field(default="", repr=False)

    @cached_property
    def json(self) -> Any:
        """The response body as a JSON value; None if it is not JSON."""
        try:
            return json.loads(self.response_body)
        except ValueError:
            return None

    @property
    def media_type(self) -> str:
        """The content type of the response without its parameters."""
        return self.response_headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def prediction(self) -> dict[str, Any] | None:
        """The prediction in a 2xx response, also the only one in an array, as published; None if there is none."""
        value: Any = self.json
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not 200 <= self.status < 300 or not isinstance(value, dict):
            return None
        found: dict[str, Any] = value
        return found if isinstance(found.get("id"), str) and isinstance(found.get("status"), str) else None

    @property
    def page_entries(self) -> list[dict[str, Any]]:
        """The predictions of a page; empty if the response is not a page."""
        results = self.json.get("results") if isinstance(self.json, dict) else None
        return [entry for entry in results if isinstance(entry, dict)] if isinstance(results, list) else []

    def page_link(self, name: str) -> str | None:
        """Return the URL of the page that is `next` or `previous`; None if there is none."""
        url = self.json.get(name) if isinstance(self.json, dict) else None
        return url if isinstance(url, str) else None

    @cached_property
    def summary(self) -> str:
        """The response on one line."""
        text = excerpt(self.response_body.decode("utf-8", "replace"))
        return f"{self.status} {self.media_type or '(no content type)'}: {text or '(no body)'}"

    def curl(self) -> str:
        """Return a command that repeats the request, with the token taken from the environment."""
        parts = ["curl", "-i"]
        if self.method != ("POST" if self.request_body else "GET"):
            parts += ["-X", self.method]
        for name, value in self.request_headers.items():
            if name not in _CLIENT_HEADERS:
                parts += ["-H", _quoted(f"{name}: {value}", self.token)]
        if self.request_body:
            text = self.request_body.decode("utf-8", "backslashreplace")
            is_text = self.request_body.isascii() or text.isprintable()
            parts += ["--data-raw" if is_text else "--data-binary", _quoted(text)]
        return " ".join([*parts, _quoted(self.url)])


def _quoted(text: str, token: str = "") -> str:
    if token and token in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace(token, f"${TOKEN_VARIABLE}") + '"'
    return shlex.quote(text)


def excerpt(text: str, length: int = _MAX_EXCERPT) -> str:
    """Return the start of a string, on one line.

    Args:
        length: The maximum length, in characters.
    """
    # A number of words cannot be shorter than the same number of characters, so the rest, of a video for example, is
    # not split.
    line = " ".join(text.split(maxsplit=length))
    return line if len(line) <= length else f"{line[: length - 1]}…"
