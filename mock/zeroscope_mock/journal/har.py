"""The journal as an HTTP Archive (HAR 1.2), which browsers and other tools open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from importlib import metadata
from typing import Any
from urllib.parse import parse_qsl

from ..messages import Headers
from .exchange import Exchange, header
from .forms import boundary_of, part_type, parts

_FORM = "application/x-www-form-urlencoded"
_PART_NAME = re.compile(r'\bname="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(r'\bfilename="([^"]*)"', re.IGNORECASE)
_DIGEST = re.compile(r"\[(\d+) bytes of .*, sha256 [0-9a-f]{64}\]")


def archive(exchanges: Iterable[Exchange]) -> dict[str, Any]:
    """The archive of exchanges, as JSON values."""
    try:
        version = metadata.version("zeroscope")
    except metadata.PackageNotFoundError:
        # Run from its sources.
        version = ""
    creator = {"name": "zeroscope mock", "version": version}
    return {"log": {"version": "1.2", "creator": creator, "pages": [], "entries": [_entry(one) for one in exchanges]}}


def _entry(exchange: Exchange) -> dict[str, Any]:
    milliseconds = max(0.0, exchange.duration * 1000)
    entry = {
        "startedDateTime": datetime.fromtimestamp(exchange.time, UTC).isoformat(timespec="milliseconds"),
        "time": milliseconds,
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        # The server does not see more of it.
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_number": exchange.number,
        "_operation": exchange.operation,
        "_prediction": exchange.prediction,
        "_statusAfter": exchange.status_after,
        "_reason": exchange.reason,
        "_fault": exchange.fault,
    }
    return {**entry, "comment": exchange.note} if exchange.note else entry


def _request(exchange: Exchange) -> dict[str, Any]:
    query = exchange.path.partition("?")[2]
    request = {
        "method": exchange.method,
        # A request that the HTTP server refused may have no path.
        "url": exchange.base_url + (exchange.path if exchange.path.startswith("/") else ""),
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(exchange.request_headers, "cookie"),
        "headers": _pairs(exchange.request_headers),
        "queryString": _pairs(parse_qsl(query, keep_blank_values=True, errors="replace")),
        "headersSize": -1,
        "bodySize": _size(exchange.request_body, exchange.request_headers),
    }
    if exchange.request_body:
        request["postData"] = _post_data(exchange.request_body, header(exchange.request_headers, "content-type"))
    return request


def _response(exchange: Exchange) -> dict[str, Any]:
    headers, body = exchange.response_headers, exchange.response_body
    kind = header(headers, "content-type")
    content = {"size": max(0, _size(body, headers)), "mimeType": kind or "x-unknown", "text": body}
    if found := _DIGEST.fullmatch(body):
        del content["text"]
        content |= {"size": int(found[1]), "comment": body}
    response = {
        "status": exchange.status or 0,
        "statusText": _phrase(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(headers, "set-cookie"),
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": header(headers, "location"),
        "headersSize": -1,
        "bodySize": -1,
    }
    if exchange.status is None:
        # As Chromium marks a request without a response.
        response["_error"] = exchange.reason
    return response


def _phrase(status: int | None) -> str:
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""


def _post_data(body: str, kind: str) -> dict[str, Any]:
    media = kind.partition(";")[0].strip().lower()
    fields: list[dict[str, str]] = []
    if media == _FORM:
        fields = _pairs(parse_qsl(body, keep_blank_values=True, errors="replace"))
    elif boundary := boundary_of(kind):
        fields = list(_fields(body.encode("utf-8", "replace"), boundary))
    # Of the two, the format allows only one.
    return {"mimeType": kind or "x-unknown", **({"params": fields} if fields else {"text": body})}


def _fields(form: bytes, boundary: bytes) -> Iterator[dict[str, str]]:
    for head, content in parts(form, boundary):
        named = head.decode()
        if content is None or (name := _PART_NAME.search(named)) is None:
            continue
        field = {"name": name[1], "value": bytes(content).decode()}
        if filename := _FILE_NAME.search(named):
            field["fileName"] = filename[1]
        if kind := part_type(head):
            field["contentType"] = kind
        yield field


def _size(body: str, headers: Headers) -> int:
    """The length of a body in bytes; -1 if that is not known."""
    announced = header(headers, "content-length")
    return int(announced) if announced.isascii() and announced.isdigit() else len(body.encode("utf-8", "replace"))


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _cookies(headers: Headers, name: str) -> list[dict[str, str]]:
    sent = "; ".join(value for known, value in headers if known == name)
    pairs = (one.strip().partition("=") for one in sent.split(";") if one.strip())
    return _pairs((pair[0], pair[2]) for pair in pairs)
