"""One request and its response, with the curl command that repeats it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from zeroscope_mock.journal.redaction import Redactor

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
_CREDENTIALS = ("authorization", "proxy-authorization")
# A shorter token, such as `x`, stands for itself only where credentials are expected.
_SHORTEST = 8
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


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
        secrets: The other tokens of the run, which show nowhere either.
        started_at: When the request was sent, in seconds since 1970; 0 if that is unknown.
        seconds: How long it took until the response was read, in seconds.
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
    started_at: float = 0.0
    seconds: float = 0.0
    secrets: tuple[str, ...] = field(default=(), repr=False, compare=False)

    @cached_property
    def json(self) -> Any:
        """The response body as a JSON value; None if it is not JSON."""
        return parse_json(self.response_body)

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
        # Cut afterward, as a cut would leave a part of a token.
        text = excerpt(self.redactor.url(self.response_body.decode("utf-8", "replace")))
        return f"{self.status} {self.media_type or '(no content type)'}: {text or '(no body)'}"

    @property
    def redactor(self) -> Redactor:
        """What redacts the tokens of the run in texts, bodies, URLs and headers."""
        return Redactor((), (self.token, *self.secrets))

    def curl(self) -> str:
        """Return a command that repeats the request, with the token taken from the environment and no other secret."""
        parts = ["curl", "-i"]
        if self.method != ("POST" if self.request_body else "GET"):
            parts += ["-X", self._argument(self.method)]
        for name, value in self.request_headers.items():
            if name not in _CLIENT_HEADERS:
                parts += ["-H", self._header(name, value)]
        if self.request_body:
            text = self.request_body.decode("utf-8", "backslashreplace")
            # Not --data-binary, which would send a file for a body such as `@/etc/passwd`.
            parts += ["--data-raw", self._argument(text)]
        return " ".join([*parts, self._argument(self.url)])

    def _header(self, name: str, value: str) -> str:
        if name in _CREDENTIALS:
            # A wrong one is what the request is about.
            return self._argument(f"{name}: {value}", shortest=1)
        ((_, shown),) = Redactor(()).headers(((name, value),))
        return self._argument(f"{name}: {shown}")

    def _argument(self, text: str, shortest: int = _SHORTEST) -> str:
        """Return a text as a shell's word, in which nothing but the variable of the token is expanded."""
        texts = text.split(self.token) if len(self.token) >= shortest else [text]
        return f'"${TOKEN_VARIABLE}"'.join(one and _quoted(self.redactor.url(one)) for one in texts) or "''"


def parse_json(body: bytes) -> Any:
    """Return a body as a JSON value, with ? in place of lone surrogates, which are no text; None if it is not JSON."""
    try:
        value = json.loads(body)
        if _SURROGATE.search(body):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def _quoted(text: str) -> str:
    # A shell's word ends at a NUL, which no command line can have.
    return shlex.quote(text.replace("\0", ""))


def excerpt(text: str, length: int = _MAX_EXCERPT) -> str:
    """Return the start of a string, on one line.

    Args:
        length: The maximum length, in characters.
    """
    # A number of words cannot be shorter than the same number of characters, so the rest, of a video for example, is
    # not split.
    line = " ".join(text.split(maxsplit=length))
    return line if len(line) <= length else f"{line[: length - 1]}…"
