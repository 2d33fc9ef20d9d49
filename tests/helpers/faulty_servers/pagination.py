"""Pages with the wrong order, entries, links or filters."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from helpers.faulty_servers.mutants import Request, Response, on_prediction, on_request, on_response
from zeroscope_conformance.timestamps import parse_timestamp

LIST = "listPredictions"


@on_response("lists the oldest first", "list-newest-first", LIST)
def _(response: Response, request: Request) -> None:
    if response.status == 200:
        response.body["results"].reverse()


@on_response("shuffles two entries", "list-newest-first", LIST)
def _(response: Response, request: Request) -> None:
    entries = response.body.get("results", [])
    if len(entries) > 7:
        entries[3], entries[7] = entries[7], entries[3]


@on_response("repeats an entry on the next page", "list-complete", LIST)
def _(response: Response, request: Request) -> None:
    entries = response.body.get("results", [])
    if "cursor" in request.path and "last" in request.memory:
        entries.insert(0, request.memory["last"])
    elif entries:
        request.memory["last"] = entries[-1]


@on_response("skips an entry between pages", "list-complete", LIST)
def _(response: Response, request: Request) -> None:
    if "cursor" in request.path:
        response.body.get("results", [None]).pop(0)


@on_response("loses a prediction for the list", "list-complete", LIST)
def _(response: Response, request: Request) -> None:
    entries = response.body.get("results", [])
    if len(entries) > 3:
        lost = request.memory.setdefault("lost", entries[3]["id"])
        response.body["results"] = [entry for entry in entries if entry["id"] != lost]


@on_response("links to the next page without a host", "list-links", LIST)
def _(response: Response, request: Request) -> None:
    if response.body.get("next"):
        response.body["next"] = response.body["next"].partition("/v1")[2]


@on_response("links to a page elsewhere", "list-links", LIST)
def _(response: Response, request: Request) -> None:
    if response.body.get("next"):
        response.body["next"] = response.body["next"].replace(request.headers["host"], "elsewhere.test")


@on_response("has no way back", "list-links", LIST)
def _(response: Response, request: Request) -> None:
    response.body["previous"] = None


@on_response("leads back to the same page", "list-links", LIST)
def _(response: Response, request: Request) -> None:
    if response.body.get("previous"):
        response.body["previous"] = f"http://{request.headers['host']}{request.path}"


@on_response("lists what was once", "list-current", LIST)
def _(response: Response, request: Request) -> None:
    if response.status == 200:
        response.body = request.memory.setdefault(request.path, response.body)


@on_prediction("lists everything as starting", "list-current", LIST)
def _(prediction: dict[str, Any], request: Request) -> None:
    prediction["status"] = "starting"


def change_query(request: Request, name: str, change: Callable[[str], str | None]) -> None:
    """Change one parameter of a request, if it has it; None removes it."""
    path, _, query = request.path.partition("?")
    pairs = [(key, change(value) if key == name else value) for key, value in parse_qsl(query)]
    kept = urlencode([pair for pair in pairs if pair[1] is not None])
    request.path = f"{path}?{kept}" if kept else path


def later(timestamp: str, seconds: int) -> str:
    """Return a timestamp that is later by some seconds; anything else unchanged."""
    moment = parse_timestamp(timestamp)
    return timestamp if moment is None else (moment + timedelta(seconds=seconds)).isoformat()


@on_request("lists predictions of any time", "list-filtered")
def _(request: Request) -> Response:
    change_query(request, "created_after", lambda value: None if parse_timestamp(value) else value)
    return request.forward()


@on_request("leaves out the first moment", "list-filtered")
def _(request: Request) -> Response:
    change_query(request, "created_after", lambda value: later(value, 1))
    return request.forward()


@on_request("lists the last moment, too", "list-filtered")
def _(request: Request) -> Response:
    change_query(request, "created_before", lambda value: later(value, 1))
    return request.forward()


def forget_filter(response: Response, link: str, name: str) -> None:
    """Remove a filter from a link of a page."""
    if response.body.get(link):
        response.body[link] = re.sub(rf"{name}=[^&]*&?", "", response.body[link])


@on_response("forgets the filter on the next page", "list-filtered", LIST)
def _(response: Response, request: Request) -> None:
    forget_filter(response, "next", "created_after")


@on_response("forgets the later limit on the next page", "list-filtered", LIST)
def _(response: Response, request: Request) -> None:
    forget_filter(response, "next", "created_before")


@on_response("forgets the later limit on the way back", "list-filtered", LIST)
def _(response: Response, request: Request) -> None:
    forget_filter(response, "previous", "created_before")


@on_response("forgets the earlier limit on the way back", "list-filtered", LIST)
def _(response: Response, request: Request) -> None:
    forget_filter(response, "previous", "created_after")


@on_request("forgets the earlier of two limits", "list-filtered")
def _(request: Request) -> Response:
    if "created_before" in request.path:
        change_query(request, "created_after", lambda value: None if parse_timestamp(value) else value)
    return request.forward()


@on_request("forgets the later of two limits", "list-filtered")
def _(request: Request) -> Response:
    if "created_after" in request.path:
        change_query(request, "created_before", lambda value: None if parse_timestamp(value) else value)
    return request.forward()


@on_request("takes every time for one in UTC", "list-filtered")
def _(request: Request) -> Response:
    for name in ("created_after", "created_before"):
        change_query(request, name, lambda value: re.sub(r"[+-]\d\d:\d\d$", "Z", value))
    return request.forward()


@on_request("lists predictions of any source", "list-filtered")
def _(request: Request) -> Response:
    change_query(request, "source", lambda value: None if value == "web" else value)
    return request.forward()


@on_request("overlooks a filter that is no time", "filter-refused")
def _(request: Request) -> Response:
    change_query(request, "created_before", lambda value: value if parse_timestamp(value) else None)
    return request.forward()


@on_response("does not say which filter", "filter-refused", LIST)
def _(response: Response, request: Request) -> None:
    if response.status == 422:
        response.body = {"detail": "The request is invalid.", "status": 422}
