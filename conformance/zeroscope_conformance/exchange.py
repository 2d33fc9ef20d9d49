"""One request and its answer, and the curl line that repeats it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

TOKEN_VARIABLE = "REPLICATE_API_TOKEN"
_SHOWN = 300
# What every client sends by itself and no server judges by.
_USUAL = {
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
    """One request and its answer.

    Args:
        method: in capitals.
        url: the whole address.
        headers: those sent, names in small letters.
        body: the body sent.
        status: the answer's status code.
        answered: the answer's headers, names in small letters.
        content: the answer's body.
        operation: the `operationId` of what was called; None if it is no operation of the document.
        token: whose place is kept by the environment variable wherever the request is shown.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answered: Mapping[str, str]
    content: bytes
    operation: str | None = None
    token: str = field(default="", repr=False)

    @cached_property
    def json(self) -> Any:
        """The answer's body as a value; None if it is no JSON."""
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    @property
    def media_type(self) -> str:
        """The answer's content type without its parameters."""
        return self.answered.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def prediction(self) -> dict[str, Any] | None:
        """The prediction in a successful answer, also as published, in an array; None if there is none."""
        value: Any = self.json
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if not 200 <= self.status < 300 or not isinstance(value, dict):
            return None
        found: dict[str, Any] = value
        return found if isinstance(found.get("id"), str) and isinstance(found.get("status"), str) else None

    @cached_property
    def seen(self) -> str:
        """The answer in a line."""
        text = excerpt(self.content.decode("utf-8", "replace"))
        return f"{self.status} {self.media_type or '(no content type)'}: {text or '(no body)'}"

    def curl(self) -> str:
        """A command that sends the request again, with the token taken from the environment."""
        parts = ["curl", "-i"]
        if self.method != ("POST" if self.body else "GET"):
            parts += ["-X", self.method]
        for name, value in self.headers.items():
            if name not in _USUAL:
                parts += ["-H", _quoted(f"{name}: {value}", self.token)]
        if self.body:
            text = self.body.decode("utf-8", "backslashreplace")
            parts += ["--data-raw" if self.body.isascii() or text.isprintable() else "--data-binary", _quoted(text)]
        return " ".join([*parts, _quoted(self.url)])


def _quoted(text: str, token: str = "") -> str:
    if token and token in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace(token, f"${TOKEN_VARIABLE}") + '"'
    return shlex.quote(text)


def excerpt(text: str, length: int = _SHOWN) -> str:
    """The beginning of a text, on one line."""
    # So many words are longer; what follows them, of a video for one, need not be looked at.
    line = " ".join(text.split(maxsplit=length))
    return line if len(line) <= length else f"{line[: length - 1]}…"
