"""Pages of lists, apart from the list of predictions."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from ..documents.invalid_field import InvalidField
from ..messages import Response, json_response
from ..problems import invalid
from ..state import State
from ..store import PAGE_SIZE
from .calls import OperationCall

T = TypeVar("T")
Place = tuple[float, int]
"""The place of an item in a list: a moment in seconds since 1970, and a number that decides between equal ones."""

_CURSOR = re.compile(r"(after|before):([0-9]{1,15}(?:\.[0-9]{1,9})?):(-?[0-9]{1,15})")


def list_response(
    state: State,
    call: OperationCall,
    operation_id: str,
    items: Iterable[T],
    place: Callable[[T], Place],
    to_json: Callable[[T], dict[str, Any]],
    *,
    oldest_first: bool = False,
    path: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> Response:
    """A page of a list, with the URLs of the pages beside it, or the refusal of an invalid cursor.

    A cursor names a place in the list, so that it stays valid while items arrive and others go.

    Args:
        state: The server's.
        call: The call, whose cursor decides which page it is.
        operation_id: The operation that lists.
        items: All items, in any order.
        place: The place of an item.
        to_json: An item as JSON.
        oldest_first: Whether the list begins with the oldest item and not with the newest.
        path: The parameters in the path.
        query: The other parameters in the query.
    """
    ordered = sorted(items, key=place, reverse=not oldest_first)
    start, end = 0, PAGE_SIZE
    cursor = call.arguments.get("cursor") or None
    if cursor is not None:
        parsed = _parse(cursor)
        if parsed is None:
            return invalid([InvalidField("invalid_cursor", "cursor", "Invalid cursor")])
        side, limit = parsed
        if side == "after":
            start = sum(not _follows(place(item), limit, oldest_first) for item in ordered)
            end = start + PAGE_SIZE
        else:
            end = sum(_follows(limit, place(item), oldest_first) for item in ordered)
            start = max(0, end - PAGE_SIZE)
    page = ordered[start:end]

    def url(side: str, item: T) -> str:
        links = state.links(state.base_url(call.request.head), call.prefix)
        parameters = urlencode({**(query or {}), "cursor": _text(side, place(item))})
        return f"{links.operation(operation_id, **(path or {}))}?{parameters}"

    body = {
        "next": url("after", page[-1]) if page and end < len(ordered) else None,
        "previous": url("before", page[0]) if page and start > 0 else None,
        "results": [to_json(item) for item in page],
    }
    return json_response(200, body)


def _follows(one: Place, other: Place, oldest_first: bool) -> bool:
    return one > other if oldest_first else one < other


def _text(side: str, place: Place) -> str:
    moment, number = place
    return base64.urlsafe_b64encode(f"{side}:{moment:.9f}:{number}".encode()).decode()


def _parse(cursor: str) -> tuple[str, Place] | None:
    try:
        found = _CURSOR.fullmatch(base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii"))
    except ValueError:
        return None
    return (found[1], (float(found[2]), int(found[3]))) if found else None
