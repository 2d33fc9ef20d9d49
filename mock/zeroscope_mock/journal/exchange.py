"""An exchange: one request and its response, with the reasons of a refusal."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from ..cog.field_names import FieldNames
from ..messages import Headers, Response
from .secrets import is_secret_mark
from .single_line import single_line

NOTICE_HEADER = "x-zeroscope-mock-notice"
"""The header of the responses that tell a client that the clock stands still."""

ERRORS_FROM = 400
"""The least status code of an error."""

_REASON_LENGTH = 500
# No model in particular, so that the fields of an input go by their names.
_FIELDS = FieldNames({})
_URL = re.compile(r"(https?|data):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a request was refused.

    Args:
        field: The path of the field, such as `input.width`; empty for the request as a whole.
        value: What was sent there, as JSON; None if nothing was.
        problem: The reason in words, as in the response.
        place: Where the document or the model's schema forbids it, such as
            `openapi.yaml#/components/schemas/…/width/minimum` or `owner/name#/…`; None if neither does.
        relation: What completes the value to a short form of the reason, such as `< 256`.
    """

    field: str
    value: str | None
    problem: str
    place: str | None = None
    relation: str | None = None

    def __str__(self) -> str:
        """The reason in short, such as `input.width: 100 < 256`, on a single line."""
        text = self.problem if self.value is None or self.relation is None else f"{self.value} {self.relation}"
        return single_line(f"{self.field}: {text}" if self.field else text)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response, without tokens and secrets.

    Args:
        time: When it was, in seconds since 1970 on the server's clock.
        method: The request's method.
        path: The request's path and query.
        operation: The `operationId`; None for an unknown path or method.
        status: The response's status code; None if there was no response, because the connection was cut.
        request_body: The request's body, up to the option `journal_body_limit`; for binary content, also that of a
            form, its length and digest. Of the oldest exchanges, the start only, if their bodies need much memory.
        response_body: The same of the response's body; empty for a stream.
        tenant: The tenant, a hash of the token; None for a request without a token.
        fault: The fault that was applied, in words.
        note: A note, such as the traceback of a script that raised.
        number: Its number, counted from 1.
        duration: The time from the request to the head of the response, in seconds on the server's clock.
        request_headers: The request's headers as sent, names in lower case, with `[token]` for tokens and cookies.
        response_headers: The response's headers, without those that depend on the connection.
        prediction: The id of the prediction or training that it created, read, canceled, streamed or downloaded from.
        status_after: The status of that after the exchange.
        refusals: The reasons why the request was refused.
        base_url: Scheme, host and mount as the client knows them.
    """

    time: float
    method: str
    path: str
    operation: str | None
    status: int | None
    request_body: str
    response_body: str
    tenant: str | None
    fault: str | None = None
    note: str | None = None
    number: int = 0
    duration: float = 0.0
    request_headers: Headers = ()
    response_headers: Headers = ()
    prediction: str | None = None
    status_after: str | None = None
    refusals: tuple[Refusal, ...] = ()
    base_url: str = "http://localhost"

    @property
    def request_json(self) -> Any:
        """The value of the request's body; None if that is not JSON, or cut."""
        return _parsed(self.request_body)

    @property
    def response_json(self) -> Any:
        """The value of the response's body; None if that is not JSON, or cut."""
        return _parsed(self.response_body)

    @property
    def input(self) -> dict[str, Any] | None:
        """The model's input in the request, with `[secret …]` for secrets; None if there is none."""
        sent = self.request_json
        found = sent.get("input") if isinstance(sent, dict) else None
        return found if isinstance(found, dict) else None

    @property
    def prompt(self) -> str | None:
        """The main text of the model's input; None if there is none."""
        sent = self.input
        if sent is None:
            return None
        try:
            text = _FIELDS.read(sent).get("prompt")
        except RecursionError:
            # A refused input may hold anything.
            return None
        texts = (one for one in sent.values() if isinstance(one, str) and not _URL.match(one))
        return text or next((one for one in texts if not is_secret_mark(one)), None)

    @property
    def reason(self) -> str | None:
        """Why the request was refused or its prediction failed, on a single line; None if neither is so."""
        if self.refusals:
            return single_line("; ".join(map(str, self.refusals)), _REASON_LENGTH)
        if self.status is None:
            return "the connection was cut"
        shown = self.response_json
        if self.status >= ERRORS_FROM:
            detail = shown.get("detail") if isinstance(shown, dict) else None
            text = detail if isinstance(detail, str) and detail else self.response_body
            lines = [line.strip().removeprefix("- ") for line in text.splitlines()]
            return single_line("; ".join(filter(None, lines)), _REASON_LENGTH) or f"status {self.status}"
        error = shown.get("error") if self.status_after == "failed" and isinstance(shown, dict) else None
        return single_line(error, _REASON_LENGTH) if isinstance(error, str) else None

    @property
    def notice(self) -> str | None:
        """What the response tells a client that polls while the clock stands still; None for any other."""
        return next((value for name, value in self.response_headers if name == NOTICE_HEADER), None)


def header(headers: Headers, name: str) -> str:
    """The value of a header, by its name in lower case; of several, the last one, as for the server; empty for none."""
    return next((value for known, value in reversed(headers) if known == name), "")


def with_response(exchange: Exchange, response: Response, reason: str) -> Exchange:
    """An exchange whose response was not sent.

    Args:
        exchange: The exchange as it was recorded.
        response: What was sent instead, text.
        reason: Why, in words.
    """
    note = f"the response with status {exchange.status} was not sent, because {reason}"
    return replace(
        exchange,
        status=response.status,
        response_body=response.body.decode() if isinstance(response.body, bytes) else "",
        response_headers=response.headers,
        refusals=(),
        note=f"{exchange.note}\n{note}" if exchange.note else note,
    )


def with_short_bodies(exchange: Exchange, length: int) -> Exchange:
    """An exchange whose bodies are cut to a number of characters, with a note that says so."""
    note = short_bodies(length)
    return replace(
        exchange,
        request_body=exchange.request_body[:length],
        response_body=exchange.response_body[:length],
        note=note if exchange.note is None else f"{exchange.note}\n{note}",
    )


def short_bodies(length: int) -> str:
    """The note on an exchange whose bodies are cut to a number of characters."""
    return f"the journal keeps the first {length} characters of older bodies"


def _parsed(body: str) -> Any:
    try:
        return json.loads(body) if body else None
    except (RecursionError, ValueError):
        return None
