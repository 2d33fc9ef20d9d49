"""Breaking changes of operations: parameters, bodies, responses and security."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from codegen.diff.changes import Party, group_changes
from codegen.diff.operations import DocumentComparison

Change = Callable[[Any], object]
Changes = list[tuple[str, str, Party | None]]


def body(*types: str, **schema: Any) -> dict[str, Any]:
    """A body in some media types."""
    return {"content": {name: {"schema": dict(schema)} for name in types or ("application/json",)}}


def parameter(name: str, place: str, **more: Any) -> dict[str, Any]:
    """A parameter."""
    return {"name": name, "in": place, "schema": {"type": "string"}, **more}


def base() -> dict[str, Any]:
    """A document with every kind of part."""
    hook = {
        "security": [],
        "parameters": [parameter("webhook-id", "header", required=True)],
        "requestBody": {"required": True, **body(type="object")},
        "responses": {"2XX": {"description": "Received."}, "5XX": {"description": "Not received."}},
    }
    create = {
        "operationId": "createThing",
        "parameters": [parameter("Prefer", "header"), parameter("limit", "query", required=True)],
        "requestBody": {"required": True, **body("application/json", "application/xml", type="object")},
        "responses": {
            "200": body(type="object"),
            "201": {**body(type="object"), "headers": {"X-Left": {"schema": {"type": "integer"}}}},
            "404": {"$ref": "#/components/responses/Problem"},
            "4XX": {"$ref": "#/components/responses/Problem"},
        },
        "callbacks": {"done": {"{$request.body#/webhook}": {"post": hook}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1", "x-model": {"version": "a", "limit": 1}},
        "servers": [{"url": "https://a.test"}, {"url": "https://b.test"}],
        "security": [{"token": []}],
        "paths": {
            "/things": {"post": create},
            "/things/{thing_id}": {
                "parameters": [{"$ref": "#/components/parameters/Thing"}],
                "get": {"responses": {"200": body(type="object")}},
                "delete": {"responses": {"204": {"description": "Gone."}}},
            },
        },
        "webhooks": {"news": {"post": {"requestBody": body(type="object"), "responses": {}}}},
        "components": {
            "parameters": {"Thing": parameter("thing_id", "path", required=True)},
            "responses": {"Problem": {"description": "A problem.", **body("application/problem+json", type="object")}},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "login": {"type": "oauth2", "flows": {}},
            },
        },
    }


def create(document: Any) -> Any:
    """The operation that creates."""
    return document["paths"]["/things"]["post"]


def read(document: Any) -> Any:
    """The operation that reads."""
    return document["paths"]["/things/{thing_id}"]["get"]


def hook(document: Any) -> Any:
    """The webhook of the service."""
    return create(document)["callbacks"]["done"]["{$request.body#/webhook}"]["post"]


def renamed(document: Any) -> None:
    """Renames a path's parameter, a security scheme and two components."""
    paths, components = document["paths"], document["components"]
    paths["/things/{id}"] = paths.pop("/things/{thing_id}")
    paths["/things/{id}"]["parameters"] = [{"$ref": "#/components/parameters/Id"}]
    components["parameters"] = {"Id": parameter("id", "path", required=True)}
    components["securitySchemes"]["bearer"] = components["securitySchemes"].pop("token")
    document["security"] = [{"bearer": []}]
    components["responses"]["Refused"] = components["responses"].pop("Problem")
    for status in ("404", "4XX"):
        create(document)["responses"][status] = {"$ref": "#/components/responses/Refused"}


def rewritten(document: Any) -> None:
    """Inlines the document's references, and moves the common parts into each operation."""
    item = document["paths"]["/things/{thing_id}"]
    [known] = document["components"]["parameters"].values()
    for method in ("get", "delete"):
        item[method].update(parameters=[known], security=[{"token": []}])
    del item["parameters"]
    create(document)["responses"]["404"] = document["components"]["responses"]["Problem"]
    create(document)["callbacks"]["done"] = {"$ref": "#/components/callbacks/Done"}
    document["components"]["callbacks"] = {"Done": base()["paths"]["/things"]["post"]["callbacks"]["done"]}
    document["components"]["pathItems"] = {"Thing": item}
    document["paths"]["/things/{thing_id}"] = {"$ref": "#/components/pathItems/Thing"}


POST, GET, HOOK = "POST /things", "GET /things/{thing_id}", "POST /things, webhook done"
EVERYWHERE = (POST, GET, "DELETE /things/{thing_id}")

# A name; the change; the report: where, what, and whom it breaks.
CASES: list[tuple[str, Change, Changes]] = [
    ("nothing", lambda d: None, []),
    ("other names", renamed, []),
    ("written otherwise", rewritten, []),
    (
        "operation removed",
        lambda d: d["paths"]["/things/{thing_id}"].pop("get"),
        [(GET, "operation removed", "callers")],
    ),
    (
        "path removed",
        lambda d: d["paths"].pop("/things"),
        [(POST, "operation removed", "callers")],
    ),
    ("operation new", lambda d: d["paths"]["/things"].update(get=read(d)), [("GET /things", "new operation", None)]),
    (
        "parameter removed",
        lambda d: create(d)["parameters"].pop(0),
        [(f"{POST}, header Prefer", "removed", "callers")],
    ),
    (
        "parameter new",
        lambda d: read(d).update(parameters=[parameter("full", "query")]),
        [(f"{GET}, query full", "new, optional", None)],
    ),
    (
        "parameter new and required",
        lambda d: read(d).update(parameters=[parameter("full", "query", required=True)]),
        [(f"{GET}, query full", "new and required", "callers")],
    ),
    (
        "parameter required",
        lambda d: create(d)["parameters"][0].update(required=True),
        [(f"{POST}, header Prefer", "now required", "callers")],
    ),
    (
        "parameter optional",
        lambda d: create(d)["parameters"][1].update(required=False),
        [(f"{POST}, query limit", "no longer required", None)],
    ),
    (
        "parameter of the path",
        lambda d: d["components"]["parameters"]["Thing"]["schema"].update(maxLength=9),
        [("Thing", "new maxLength 9", "callers")],
    ),
    (
        "parameter of the path, once more in an operation",
        lambda d: read(d).update(parameters=[parameter("thing_id", "path", required=True, schema={"type": "integer"})]),
        [(f"{GET}, path thing_id", "type string -> integer", "callers")],
    ),
    (
        "parameter called like one of the path",
        lambda d: read(d).update(parameters=[parameter("thing_id", "query")]),
        [(f"{GET}, query thing_id", "new, optional", None)],
    ),
    (
        "parameter in other letters",
        lambda d: create(d)["parameters"][0].update(name="PREFER"),
        [],
    ),
    (
        "parameter that OpenAPI ignores",
        lambda d: create(d)["parameters"].append(parameter("Authorization", "header", required=True)),
        [],
    ),
    (
        "parameter written otherwise",
        lambda d: create(d)["parameters"][1].update(style="pipeDelimited"),
        [(f"{POST}, query limit", "written form exploded -> pipeDelimited", "callers")],
    ),
    (
        "parameter as JSON",
        lambda d: create(d)["parameters"].append({"name": "q", "in": "query", **body(type="object")}),
        [(f"{POST}, query q", "new, optional", None)],
    ),
    (
        "default of a parameter",
        lambda d: create(d)["parameters"][1]["schema"].update(default="9"),
        [(f"{POST}, query limit", 'new default "9"; changes results for callers where it is left out', None)],
    ),
    ("body removed", lambda d: create(d).pop("requestBody"), [(f"{POST}, body", "removed", "callers")]),
    ("body new", lambda d: read(d).update(requestBody=body()), [(f"{GET}, body", "new, optional", None)]),
    (
        "body new and required",
        lambda d: read(d).update(requestBody={"required": True, **body()}),
        [(f"{GET}, body", "new and required", "callers")],
    ),
    (
        "body optional",
        lambda d: create(d)["requestBody"].pop("required"),
        [(f"{POST}, body", "no longer required", None)],
    ),
    (
        "media type of a request removed",
        lambda d: create(d)["requestBody"]["content"].pop("application/xml"),
        [(f"{POST}, body", "media type application/xml removed", "callers")],
    ),
    (
        "media type of a request new",
        lambda d: create(d)["requestBody"]["content"].update({"text/plain": {}}),
        [(f"{POST}, body", "new media type text/plain", None)],
    ),
    (
        "media type of an answer described",
        lambda d: create(d)["responses"]["200"].update(content={"application/json": {}}),
        [(f"{POST}, response 200", "type object -> anything", "readers")],
    ),
    (
        "media type in other letters",
        lambda d: create(d)["requestBody"]["content"].update(
            {"Application/XML": create(d)["requestBody"]["content"].pop("application/xml")}
        ),
        [],
    ),
    (
        "one media type of several",
        lambda d: create(d)["requestBody"]["content"]["application/xml"]["schema"].update(required=["x"]),
        [(f"{POST}, body, application/xml, x", "now required", "callers")],
    ),
    (
        "encoding",
        lambda d: create(d)["requestBody"]["content"]["application/xml"].update(encoding={"x": {"style": "form"}}),
        [(f"{POST}, body, application/xml", "encoding changed, which cannot be classified", "callers")],
    ),
    (
        "media type of an answer removed",
        lambda d: read(d)["responses"].update({"200": body("application/xml", type="object")}),
        [
            (f"{GET}, response 200", "media type application/json removed", "readers"),
            (f"{GET}, response 200", "new media type application/xml", None),
        ],
    ),
    ("success removed", lambda d: create(d)["responses"].pop("201"), [(f"{POST}, response 201", "removed", "readers")]),
    (
        "success new",
        lambda d: create(d)["responses"].update({"202": body(type="object")}),
        [(f"{POST}, response 202", "new", "readers")],
    ),
    (
        "error removed that another answer covers",
        lambda d: create(d)["responses"].pop("404"),
        [],
    ),
    (
        "error removed",
        lambda d: [create(d)["responses"].pop(status) for status in ("404", "4XX")],
        [(f"{POST}, response 404", "removed", None), (f"{POST}, response 4XX", "removed", None)],
    ),
    (
        "error new that another answer covers",
        lambda d: create(d)["responses"].update({"402": {"$ref": "#/components/responses/Problem"}}),
        [],
    ),
    (
        "error new that is unlike the one that covered it",
        lambda d: create(d)["responses"].update({"402": body("text/html")}),
        [
            (f"{POST}, response 402", "media type application/problem+json removed", "readers"),
            (f"{POST}, response 402", "new media type text/html", None),
        ],
    ),
    (
        "error new",
        lambda d: read(d)["responses"].update({"500": body(type="object")}),
        [(f"{GET}, response 500", "new", None)],
    ),
    (
        "header of an answer removed",
        lambda d: create(d)["responses"]["201"].pop("headers"),
        [(f"{POST}, response 201, header X-Left", "removed", "readers")],
    ),
    (
        "header of an answer new",
        lambda d: create(d)["responses"]["200"].update(headers={"X-New": {"schema": {}, "required": True}}),
        [(f"{POST}, response 200, header X-New", "new and required", None)],
    ),
    (
        "header of an answer in other letters",
        lambda d: create(d)["responses"]["201"].update(headers={"x-left": {"schema": {"type": "integer"}}}),
        [],
    ),
    (
        "header of an answer sure",
        lambda d: create(d)["responses"]["201"]["headers"]["X-Left"].update(required=True),
        [(f"{POST}, response 201, header X-Left", "now required", None)],
    ),
    (
        "shared answer",
        lambda d: d["components"]["responses"]["Problem"].update(headers={"Retry-After": {"schema": {}}}),
        [("Problem, header Retry-After", "new, optional", None)],
    ),
    ("callback removed", lambda d: create(d).pop("callbacks"), [(HOOK, "webhook removed", "readers")]),
    (
        "callback new",
        lambda d: create(d)["callbacks"].update(begun={"{$request.body#/webhook}": {"post": {"responses": {}}}}),
        [(f"{POST}, webhook begun", "new webhook", None)],
    ),
    (
        "callback sent elsewhere",
        lambda d: create(d)["callbacks"].update(done={"{$request.body#/url}": {"post": hook(d)}}),
        [(HOOK, "webhook removed", "readers"), (HOOK, "new webhook", None)],
    ),
    (
        "parameter of a callback removed",
        lambda d: hook(d)["parameters"].clear(),
        [(f"{HOOK}, header webhook-id", "removed", "readers")],
    ),
    (
        "parameter of a callback no longer sure",
        lambda d: hook(d)["parameters"][0].update(required=False),
        [(f"{HOOK}, header webhook-id", "no longer required", "readers")],
    ),
    (
        "parameter of a callback new and required",
        lambda d: hook(d)["parameters"].append(parameter("webhook-signature", "header", required=True)),
        [(f"{HOOK}, header webhook-signature", "new and required", None)],
    ),
    (
        "field of a callback required",
        lambda d: hook(d)["requestBody"]["content"]["application/json"]["schema"].update(required=["id"]),
        [(f"{HOOK}, body, id", "now required", None)],
    ),
    (
        "answer to a callback no longer taken",
        lambda d: hook(d)["responses"].pop("2XX"),
        [(f"{HOOK}, response 2XX", "removed", "readers")],
    ),
    (
        "answers to a callback fewer",
        lambda d: hook(d)["responses"].update({"200": hook(d)["responses"].pop("2XX")}),
        [(f"{HOOK}, response 2XX", "now only 200", "readers")],
    ),
    (
        "answer to a callback new",
        lambda d: hook(d)["responses"].update({"307": {"description": "Elsewhere."}}),
        [(f"{HOOK}, response 307", "new", None)],
    ),
    ("webhook removed", lambda d: d["webhooks"].clear(), [("webhook news", "webhook removed", "readers")]),
    (
        "body of a webhook",
        lambda d: d["webhooks"]["news"]["post"].update(requestBody=body(type=["object", "null"])),
        [("webhook news, body", "may now be null", "readers")],
    ),
    (
        "security anew",
        lambda d: read(d).update(security=[{"token": [], "key": []}]),
        [(f"{GET}, security", "http bearer -> apiKey header X-Key and http bearer", "callers")],
    ),
    (
        "security by another scheme of the same name",
        lambda d: d["components"]["securitySchemes"]["token"].update(scheme="basic"),
        [("security", "http bearer -> http basic", "callers")],
    ),
    (
        "security by one more way",
        lambda d: read(d).update(security=[{"token": []}, {"key": []}]),
        [(f"{GET}, security", "http bearer -> http bearer or apiKey header X-Key", None)],
    ),
    (
        "security by another scope",
        lambda d: read(d).update(security=[{"token": []}, {"login": ["read"]}]),
        [(f"{GET}, security", "http bearer -> http bearer or oauth2 read", None)],
    ),
    ("security no more", lambda d: read(d).update(security=[]), [(f"{GET}, security", "http bearer -> none", None)]),
    (
        "security of a callback",
        lambda d: hook(d).update(security=[{"key": []}]),
        [(f"{HOOK}, security", "none -> apiKey header X-Key", None)],
    ),
    (
        "server removed",
        lambda d: d["servers"].pop(0),
        [
            ("the document", "server https://a.test removed", "callers"),
            (
                "the document",
                "first server https://a.test -> https://b.test; clients use it by default",
                None,
            ),
        ],
    ),
    (
        "server new",
        lambda d: d["servers"].append({"url": "https://c.test"}),
        [("the document", "new server https://c.test", None)],
    ),
    ("summary", lambda d: read(d).update(summary="Read"), [(GET, "summary changed", None)]),
    ("deprecated", lambda d: read(d).update(deprecated=True), [(GET, "new deprecated true", None)]),
    (
        "description of an answer",
        lambda d: read(d)["responses"]["200"].update(description="x"),
        [(f"{GET}, response 200", "description changed", None)],
    ),
    ("title", lambda d: d["info"].update(title="x"), [("the document, info", "title changed", None)]),
    (
        "extension",
        lambda d: d["info"]["x-model"].update(version="b"),
        [("the document, info.x-model", 'version "a" -> "b"', None)],
    ),
    (
        "reason of a departure",
        lambda d: read(d).update({"x-departure": "why"}),
        [(GET, "x-departure changed", None)],
    ),
]


def changes(change: Change, back: bool = False) -> Changes:
    """The changes in a report on a change of the document, or on its reversal."""
    old, new = base(), copy.deepcopy(base())
    change(new)
    versions = (new, old) if back else (old, new)
    return [(row.name, row.message, row.breaks) for row in group_changes(DocumentComparison(*versions).compare())]


@pytest.mark.parametrize(("change", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_operation__breaks_the_right_party(change: Change, expected: Changes) -> None:
    """Each change is reported once, at its place, with the party that it breaks."""
    assert sorted(changes(change), key=str) == sorted(expected, key=str)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: read(d).update(security=[]), [(f"{GET}, security", "none -> http bearer", "callers")]),
        (
            lambda d: hook(d).update(security=[{"key": []}]),
            [(f"{HOOK}, security", "apiKey header X-Key -> none", "readers")],
        ),
        (lambda d: d["components"]["securitySchemes"].pop("key"), []),
        (
            lambda d: hook(d)["responses"].update({"200": hook(d)["responses"].pop("2XX")}),
            [(f"{HOOK}, response 2XX", "new", None)],
        ),
    ],
    ids=["security", "security of a callback", "scheme that is not used", "answers to a callback"],
)
def test_operation__with_a_reversed_change(change: Change, expected: Changes) -> None:
    """The reverse change breaks other parties."""
    assert changes(change, back=True) == expected


TOKEN: dict[str, Any] = {"token": []}
KEY: dict[str, Any] = {"key": []}
SCOPED: dict[str, Any] = {"login": ["read"]}


@pytest.mark.parametrize(
    ("old", "new", "callers", "readers"),
    [
        ([TOKEN, KEY], [TOKEN], True, False),
        ([TOKEN], [TOKEN, KEY], False, True),
        ([TOKEN], [KEY], True, True),
        ([TOKEN], [TOKEN, {}], False, True),
        ([TOKEN | KEY], [TOKEN], False, True),
        ([SCOPED], [{"login": ["read", "write"]}], True, False),
        ([SCOPED], [{"login": []}], False, True),
        ([TOKEN, KEY], [KEY, TOKEN], False, False),
    ],
)
def test_security__breaks_who_has_no_way_left(old: list[Any], new: list[Any], callers: bool, readers: bool) -> None:
    """Callers need one of their earlier schemes; a receiver of a webhook relies on there being no others."""
    versions = base(), base()
    for place, party, broken in ((read, "callers", callers), (hook, "readers", readers)):
        for version, ways in zip(versions, (old, new), strict=True):
            place(version)["security"] = ways
        found = [row.breaks for row in group_changes(DocumentComparison(*versions).compare()) if row.breaks == party]
        assert found == [party] * broken


def test_security__of_the_whole_document_is_reported_once() -> None:
    """A change for all operations is one row with all of them as its places."""
    new = base()
    new["security"] = [{"key": []}]
    [row] = group_changes(DocumentComparison(base(), new).compare())
    assert (row.name, row.breaks) == ("security", "callers")
    assert row.locations == tuple(f"{operation}, security" for operation in EVERYWHERE)
