"""Pages with the wrong order, entries or links."""

from __future__ import annotations

from typing import Any

from helpers.faulty_servers.mutants import Request, Response, on_prediction, on_response

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
