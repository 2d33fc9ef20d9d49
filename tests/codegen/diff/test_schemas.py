"""Breaking changes of schemas: in requests, in responses and in webhooks.

In webhooks the roles are reversed: the service sends the request.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from codegen.diff.changes import BOTH, NEITHER, RECEIVER, SENDER, ChangeGroup, Party, Role, group_changes
from codegen.diff.operations import DocumentComparison
from codegen.diff.schemas import SchemaComparison
from hypothesis import given, settings
from hypothesis import strategies as st

Schema = dict[str, Any] | bool
Case = tuple[str, Schema, Schema, frozenset[Role], list[str]]


def of(kind: str | list[str], **rules: Any) -> dict[str, Any]:
    """A schema of a type."""
    return {"type": kind, **rules}


def fields(*required: str, **known: Schema) -> dict[str, Any]:
    """An object with fields."""
    return of("object", properties=known, **({"required": list(required)} if required else {}))


def either(*schemas: Schema) -> dict[str, Any]:
    """Any of some schemas."""
    return {"anyOf": list(schemas)}


def every(*schemas: Schema, **beside: Any) -> dict[str, Any]:
    """All of some schemas."""
    return {"allOf": list(schemas), **beside}


def bound(word: str, kind: str, low: float, high: float) -> list[Case]:
    """The cases of a bound: raised, lowered, new and gone."""
    one, other, none = of(kind, **{word: low}), of(kind, **{word: high}), of(kind)
    lower = "min" in word.lower()
    return [
        (f"{word} raised", one, other, SENDER if lower else RECEIVER, [f"{word} {low} -> {high}"]),
        (f"{word} lowered", other, one, RECEIVER if lower else SENDER, [f"{word} {high} -> {low}"]),
        (f"{word} new", none, one, SENDER, [f"new {word} {low}"]),
        (f"{word} gone", one, none, RECEIVER, [f"{word} {low} removed"]),
    ]


TEXT, NULL = of("string"), of("null")
WORDS, MORE = of("string", enum=["a", "b"]), of("string", enum=["a", "b", "c"])
STARTS, ENDS = of("string", pattern="^a"), of("string", pattern="z$")
ASKED, ANSWERED = of("string", writeOnly=True), of("string", readOnly=True)
CLOSED = of("object", additionalProperties=False)
ITEM = {"$ref": "#/components/schemas/Item"}
X, XY = fields(x=TEXT), fields(x=TEXT, y=TEXT)
OPEN = either(WORDS, TEXT)
NULLABLE = of(["string", "null"])

# A name; the schema before and after; which party it breaks; the words of the report.
CASES: list[Case] = [
    *bound("minimum", "integer", 256, 512),
    *bound("maximum", "number", 1, 2.5),
    *bound("exclusiveMinimum", "number", 0, 1),
    *bound("exclusiveMaximum", "number", 0, 1),
    *bound("minLength", "string", 1, 2),
    *bound("maxLength", "string", 1, 2),
    *bound("minItems", "array", 1, 2),
    *bound("maxItems", "array", 1, 2),
    *bound("minProperties", "object", 1, 2),
    *bound("maxProperties", "object", 1, 2),
    (
        "bound itself refused",
        of("number", minimum=1),
        of("number", exclusiveMinimum=1),
        SENDER,
        ["minimum 1 -> exclusiveMinimum 1"],
    ),
    (
        "bound itself admitted",
        of("number", exclusiveMaximum=1),
        of("number", maximum=1),
        RECEIVER,
        ["exclusiveMaximum 1 -> maximum 1"],
    ),
    (
        "bounds of which one counts",
        of("number", minimum=1, exclusiveMinimum=4, maximum=9, exclusiveMaximum=12),
        of("number", exclusiveMinimum=4, maximum=9),
        NEITHER,
        [],
    ),
    (
        "bounds that no integer reaches",
        of("integer", minimum=0.5, maximum=9.5),
        of("integer", exclusiveMinimum=0.5, exclusiveMaximum=9.5),
        NEITHER,
        [],
    ),
    ("bounds of integers", of("integer", minimum=0.5, maximum=9.5), of("integer", minimum=1, maximum=9), NEITHER, []),
    ("bound of an integer", of("integer", exclusiveMinimum=0), of("integer", minimum=1), NEITHER, []),
    ("bound above an integer", of("integer", exclusiveMaximum=2.5), of("integer", maximum=2), NEITHER, []),
    ("bound that is none", of("string", minLength=0), TEXT, NEITHER, []),
    ("step tightened", of("integer", multipleOf=4), of("integer", multipleOf=8), SENDER, ["multipleOf 4 -> 8"]),
    ("step loosened", of("number", multipleOf=0.3), of("number", multipleOf=0.1), RECEIVER, ["multipleOf 0.3 -> 0.1"]),
    ("step shifted", of("integer", multipleOf=4), of("integer", multipleOf=6), BOTH, ["multipleOf 4 -> 6"]),
    ("step new", of("integer"), of("integer", multipleOf=8), SENDER, ["new multipleOf 8"]),
    ("step gone", of("integer", multipleOf=8), of("integer"), RECEIVER, ["multipleOf 8 removed"]),
    ("pattern new", TEXT, STARTS, SENDER, ['new pattern "^a"']),
    ("pattern gone", STARTS, TEXT, RECEIVER, ['pattern "^a" removed']),
    ("pattern changed", STARTS, ENDS, BOTH, ['pattern "^a" -> "z$"']),
    ("pattern beside another", STARTS, every(STARTS, ENDS), SENDER, ['pattern "^a" -> ["^a", "z$"]']),
    ("format new", TEXT, of("string", format="uri"), SENDER, ['new format "uri"']),
    ("format gone", of("string", format="uri"), TEXT, RECEIVER, ['format "uri" removed']),
    ("items unique", of("array", uniqueItems=False), of("array", uniqueItems=True), SENDER, ["new uniqueItems true"]),
    ("value removed", MORE, WORDS, SENDER, ['value "c" removed']),
    ("value new", WORDS, MORE, RECEIVER, ['new value "c"']),
    ("values swapped", {"enum": ["a"]}, {"enum": ["b"]}, BOTH, ['value "a" removed', 'new value "b"']),
    ("values in another order", WORDS, of("string", enum=["b", "a"]), NEITHER, []),
    ("values new", TEXT, WORDS, SENDER, ['from now on only "a" or "b"']),
    ("values gone", WORDS, TEXT, RECEIVER, ['from now on any value, so far only "a" or "b"']),
    ("value of a const", {"const": "a"}, {"enum": ["a", "b"]}, RECEIVER, ['new value "b"']),
    ("value null", {"enum": ["a"]}, {"enum": ["a", None]}, RECEIVER, ["may now be null"]),
    (
        "value new in an open list",
        OPEN,
        either(MORE, TEXT),
        NEITHER,
        ['new value "c"; another alternative allowed it before'],
    ),
    (
        "value removed from an open list",
        either(MORE, TEXT),
        OPEN,
        NEITHER,
        ['value "c" removed; another alternative still allows it'],
    ),
    (
        "value new in a list that one of two others opens",
        either(WORDS, TEXT, STARTS),
        either(MORE, TEXT, STARTS),
        NEITHER,
        ['new value "c"; another alternative allowed it before'],
    ),
    (
        "value removed from a list that one of two others opens",
        either(MORE, TEXT, STARTS),
        either(WORDS, TEXT, STARTS),
        NEITHER,
        ['value "c" removed; another alternative still allows it'],
    ),
    ("value in other letters", {"enum": ["a"]}, {"enum": ["a", "é"]}, RECEIVER, ['new value "é"']),
    ("values opened", WORDS, OPEN, RECEIVER, ["new alternative of type string"]),
    ("values closed", OPEN, WORDS, SENDER, ["alternative of type string removed"]),
    ("values named of what is open", TEXT, OPEN, NEITHER, ['new alternative "a" or "b"']),
    ("values no longer named of what is open", OPEN, TEXT, NEITHER, ['alternative "a" or "b" removed']),
    ("field removed", XY, X, BOTH, ["removed"]),
    ("field removed that was required", fields("y", x=TEXT, y=TEXT), X, BOTH, ["removed"]),
    ("field new", X, XY, NEITHER, ["new optional field"]),
    ("field new and required", X, fields("y", x=TEXT, y=TEXT), SENDER, ["new required field"]),
    ("field required", X, fields("x", x=TEXT), SENDER, ["now required"]),
    ("field optional", fields("x", x=TEXT), X, RECEIVER, ["no longer required"]),
    ("name required", of("object"), of("object", required=["x"]), SENDER, ["now required"]),
    ("name no longer required", of("object", required=["x"]), of("object"), RECEIVER, ["no longer required"]),
    ("name described", of("object", required=["x"]), fields("x", x=TEXT), SENDER, ["type anything -> string"]),
    ("field new and required, answers only", X, fields("y", x=TEXT, y=ANSWERED), NEITHER, ["new required field"]),
    ("field removed, answers only", fields(x=TEXT, y=ANSWERED), X, RECEIVER, ["removed"]),
    ("field removed, requests only", fields(x=TEXT, y=ASKED), X, SENDER, ["removed"]),
    ("field optional, requests only", fields("x", x=ASKED), fields(x=ASKED), NEITHER, ["no longer required"]),
    ("field required from answers only", X, fields("x", x=ANSWERED), NEITHER, ["now required", "new readOnly true"]),
    (
        "field required that answers alone held",
        fields(x=ANSWERED),
        fields("x", x=TEXT),
        SENDER,
        ["now required", "readOnly true removed"],
    ),
    (
        "field optional and of requests only",
        fields("x", x=TEXT),
        fields(x=ASKED),
        RECEIVER,
        ["no longer required", "new writeOnly true"],
    ),
    ("field of a field", fields(x=X), fields(x=fields(x=NULL)), BOTH, ["type string -> null"]),
    ("type widened", of("integer"), of("number"), RECEIVER, ["type integer -> number"]),
    ("type narrowed", of("number"), of("integer"), SENDER, ["type number -> integer"]),
    ("type changed", of("integer"), of("array"), BOTH, ["type integer -> array"]),
    ("type added", TEXT, of(["string", "array"]), RECEIVER, ["type string -> string or array"]),
    ("type removed", of(["string", "array"]), TEXT, SENDER, ["type string or array -> string"]),
    ("type gone", TEXT, {}, RECEIVER, ["type string -> anything"]),
    ("type new", {}, TEXT, SENDER, ["type anything -> string"]),
    ("type impossible", TEXT, False, SENDER, ["type string -> nothing"]),
    ("types in another order", of(["null", "string"]), NULLABLE, NEITHER, []),
    ("null admitted", TEXT, NULLABLE, RECEIVER, ["may now be null"]),
    ("null refused", NULLABLE, TEXT, SENDER, ["may no longer be null"]),
    ("null admitted by anyOf", ITEM, either(ITEM, NULL), RECEIVER, ["may now be null"]),
    ("null refused by anyOf", either(ITEM, NULL), ITEM, SENDER, ["may no longer be null"]),
    ("null written otherwise", either(TEXT, NULL), NULLABLE, NEITHER, []),
    (
        "null beside a bound",
        either(of("integer", minimum=1), NULL),
        of(["integer", "null"]),
        RECEIVER,
        ["minimum 1 removed"],
    ),
    ("alternative of another type", TEXT, either(TEXT, ITEM), RECEIVER, ["type string -> string or object"]),
    ("alternative new", X, either(fields("z", z=TEXT), X), RECEIVER, ["new alternative of type object"]),
    ("alternative gone", either(fields("z", z=TEXT), X), X, SENDER, ["alternative of type object removed"]),
    (
        "alternative with numbers that are not whole",
        either(of("integer", maximum=2), of("number", minimum=5)),
        either(of("number", maximum=2), of("number", minimum=5)),
        RECEIVER,
        ["type integer -> number"],
    ),
    (
        "alternative of integers beside numbers",
        either(of("integer"), of("number")),
        of("number"),
        NEITHER,
        ["alternative of type integer removed"],
    ),
    ("alternative in another place", either(ITEM, X), either(X, ITEM), NEITHER, []),
    ("default changed", of("integer", default=8), of("integer", default=24), NEITHER, ["default 8 -> 24"]),
    ("default new", of("integer"), of("integer", default=24), NEITHER, ["new default 24"]),
    ("default gone", of("integer", default=8), of("integer"), NEITHER, ["default 8 removed"]),
    ("default of another kind", of("boolean", default=1), of("boolean", default=True), NEITHER, ["default 1 -> true"]),
    (
        "default of an alternative",
        either(of("integer", default=8), NULL),
        either(of("integer", default=9), NULL),
        NEITHER,
        ["default 8 -> 9"],
    ),
    (
        "default that is an object",
        of("object", default={"a": 1}),
        of("object", default={"a": 2}),
        NEITHER,
        ['default {"a": 1} -> {"a": 2}'],
    ),
    ("default beside allOf", every(WORDS, default="a"), every(WORDS, default="b"), NEITHER, ['default "a" -> "b"']),
    ("items tightened", of("array", items=MORE), of("array", items=WORDS), SENDER, ['value "c" removed']),
    ("items loosened", of("array", items=WORDS), of("array", items=MORE), RECEIVER, ['new value "c"']),
    ("items of any type", of("array", items=TEXT), of("array"), RECEIVER, ["type string -> anything"]),
    ("items new", of("array"), of("array", items=TEXT), SENDER, ["type anything -> string"]),
    ("other fields refused", of("object"), CLOSED, SENDER, ["other fields are no longer allowed"]),
    ("other fields admitted", CLOSED, of("object"), NEITHER, ["other fields are now allowed"]),
    ("other fields written out", of("object", additionalProperties=True), of("object"), NEITHER, []),
    (
        "other fields typed",
        of("object"),
        of("object", additionalProperties=TEXT),
        SENDER,
        ["type anything -> string"],
    ),
    (
        "other fields typed otherwise",
        of("object", additionalProperties=of("integer")),
        of("object", additionalProperties=of("number")),
        RECEIVER,
        ["type integer -> number"],
    ),
    ("description", TEXT, of("string", description="x"), NEITHER, ["description changed"]),
    ("description of an alternative", either(X, NULL), either({**X, "title": "x"}, NULL), NEITHER, ["title changed"]),
    ("examples", TEXT, of("string", examples=["x"]), NEITHER, ["examples changed"]),
    ("readOnly", TEXT, ANSWERED, NEITHER, ["new readOnly true"]),
    ("deprecated", TEXT, of("string", deprecated=True), NEITHER, ["new deprecated true"]),
    ("extension", {"x-a": 1}, {"x-a": 2}, NEITHER, ["x-a 1 -> 2"]),
    ("extension of another kind", {"x-a": {"b": 1}}, {"x-a": 1}, NEITHER, ['x-a {"b": 1} -> 1']),
    ("extension within an extension", {"x-a": {"b": 1}}, {"x-a": {"b": 2}}, NEITHER, ["b 1 -> 2"]),
    ("reference written out", ITEM, fields("id", id=TEXT), NEITHER, []),
    ("allOf of one", every(ITEM, description="x"), {**ITEM, "description": "x"}, NEITHER, []),
    ("allOf with siblings", every(TEXT, maxLength=5), of("string", maxLength=5), NEITHER, []),
    (
        "allOf with a sibling that changes",
        every(ITEM, minProperties=1),
        every(ITEM, minProperties=2),
        SENDER,
        ["minProperties 1 -> 2"],
    ),
    ("allOf of fields", every(fields("a", a=TEXT), fields(b=WORDS)), fields("a", a=TEXT, b=WORDS), NEITHER, []),
    ("allOf of one field", every(fields(a=TEXT), fields(a=WORDS)), fields(a=WORDS), NEITHER, []),
    (
        "allOf of bounds",
        every(of("integer"), {"minimum": 1, "maximum": 9}, {"exclusiveMinimum": 4, "maximum": 7}),
        of("integer", minimum=5, maximum=7),
        NEITHER,
        [],
    ),
    ("allOf of any field", every(fields(a=True), fields(a=True, b=TEXT)), fields(a=True, b=TEXT), NEITHER, []),
    (
        "allOf of items in a row",
        every(of("array", prefixItems=[TEXT]), of("array", prefixItems=[WORDS, NULL])),
        of("array", prefixItems=[WORDS, NULL]),
        NEITHER,
        [],
    ),
    (
        "allOf of fields by pattern",
        every(of("object", patternProperties={"^a": TEXT, "^b": TEXT}), of("object", patternProperties={"^a": WORDS})),
        of("object", patternProperties={"^a": WORDS, "^b": TEXT}),
        NEITHER,
        [],
    ),
    (
        "allOf of names that ask for others",
        every(of("object", dependentRequired={"a": ["b"]}), of("object", dependentRequired={"b": ["c"]})),
        every(of("object", dependentRequired={"a": ["b"]}), of("object", dependentRequired={"b": ["d"]})),
        BOTH,
        ["dependentRequired changed, which cannot be classified"],
    ),
    (
        "allOf of a field and no other fields",
        every(X, CLOSED),
        of("object", properties={"x": every(TEXT, False)}, additionalProperties=False),
        NEITHER,
        [],
    ),
    ("allOf of values", every(MORE, {"enum": ["b", "c", 4]}), of("string", enum=["b", "c"]), NEITHER, []),
    ("not, the same", {"not": ITEM}, {"not": fields("id", id=TEXT)}, NEITHER, []),
    ("not, another", {"not": TEXT}, {"not": WORDS}, BOTH, ["not changed, which cannot be classified"]),
    ("contains", of("array"), of("array", contains=TEXT), BOTH, ["contains changed, which cannot be classified"]),
    (
        "prefixItems",
        of("array", prefixItems=[TEXT, NULL]),
        of("array", prefixItems=[WORDS, NULL]),
        BOTH,
        ["prefixItems changed, which cannot be classified"],
    ),
    (
        "patternProperties",
        of("object", patternProperties={"^x": ITEM}),
        of("object", patternProperties={"^x": fields("id", id=TEXT)}),
        NEITHER,
        [],
    ),
    (
        "dependentRequired",
        of("object", dependentRequired={"a": ["b"]}),
        of("object", dependentRequired={"a": ["c"]}),
        BOTH,
        ["dependentRequired changed, which cannot be classified"],
    ),
]

# The places of schemas; which end of the wire can be broken there, and who that is.
PLACES: dict[str, tuple[Role, Party]] = {
    "POST /things, body": ("sender", "callers"),
    "POST /things, query q": ("sender", "callers"),
    "POST /things, response 200": ("receiver", "readers"),
    "POST /things, response 200, header X": ("receiver", "readers"),
    "POST /things, webhook done, body": ("receiver", "readers"),
    "POST /things, webhook done, response 200": ("sender", "readers"),
}


def document(place: str, schema: Schema, **components: Any) -> dict[str, Any]:
    """A document with a schema at a place."""
    at: dict[str, Any] = {name: schema if name == place else {} for name in PLACES}
    content = {name: {"content": {"application/json": {"schema": at[name]}}} for name in at}
    hook = {
        "requestBody": content["POST /things, webhook done, body"],
        "responses": {"200": content["POST /things, webhook done, response 200"]},
    }
    operation = {
        "parameters": [{"name": "q", "in": "query", "schema": at["POST /things, query q"]}],
        "requestBody": content["POST /things, body"],
        "responses": {
            "200": {
                **content["POST /things, response 200"],
                "headers": {"X": {"schema": at["POST /things, response 200, header X"]}},
            }
        },
        "callbacks": {"done": {"{$request.body#/hook}": {"post": hook}}},
    }
    schemas = {"Item": fields("id", id=TEXT), **components}
    return {"openapi": "3.1.0", "paths": {"/things": {"post": operation}}, "components": {"schemas": schemas}}


def changes(old: dict[str, Any], new: dict[str, Any]) -> list[ChangeGroup]:
    """The changes between two documents."""
    return group_changes(DocumentComparison(old, new).compare())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_schema__breaks_the_right_party(place: str, case: Case) -> None:
    """A narrower schema breaks the sender, a wider one the receiver, at any place in an operation."""
    _, old, new, broken, what = case
    role, party = PLACES[place]
    found = changes(document(place, old), document(place, new))
    assert {row.breaks for row in found} - {None} == ({party} if role in broken else set())
    assert sorted(row.message.partition("; changes ")[0] for row in found) == sorted(what)
    assert all(row.name.startswith(place) for row in found)


TEXTUAL = [
    (of("integer"), TEXT, RECEIVER, BOTH),
    (TEXT, of(["number", "boolean"]), SENDER, BOTH),
    (of("integer"), of("string", maxLength=2), BOTH, BOTH),
    (of("integer"), of("number"), RECEIVER, RECEIVER),
    (of("null"), TEXT, BOTH, BOTH),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("old", "new", "as_text", "as_json"), TEXTUAL)
def test_text__holds_numbers(
    place: str, old: Schema, new: Schema, as_text: frozenset[Role], as_json: frozenset[Role]
) -> None:
    """In a header or a parameter a number is a text like any other, in a body it is not."""
    role, party = PLACES[place]
    broken = as_text if "query" in place or "header" in place else as_json
    [row] = changes(document(place, old), document(place, new))
    assert row.breaks == (party if role in broken else None)


@pytest.mark.parametrize(
    ("place", "note"),
    [
        ("POST /things, body", "changes results for callers where it is left out"),
        ("POST /things, response 200", "changes the meaning for readers where it is left out"),
    ],
)
def test_default__that_changed_names_the_party(place: str, note: str) -> None:
    """A new default is not breaking, but a caller that omits the field gets another result."""
    old, new = (document(place, fields(x=of("integer", default=value))) for value in (8, 24))
    [row] = changes(old, new)
    assert (row.name, row.message, row.breaks) == (f"{place}, x", f"default 8 -> 24; {note}", None)


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (fields(a=X), fields(a=fields(x=NULL)), "a.x"),
        (of("array", items=X), of("array", items=fields(x=NULL)), "[].x"),
        (fields(a=of("array", items=TEXT)), fields(a=of("array", items=NULL)), "a[]"),
        (fields(a={"additionalProperties": TEXT}), fields(a={"additionalProperties": NULL}), "a.*"),
        (either(X, NULL), either(fields(x=NULL), NULL), "x"),
        (every(X, fields(b=TEXT)), every(X, fields(b=NULL)), "b"),
    ],
    ids=["field", "item", "items", "other fields", "alternative", "allOf"],
)
def test_place__is_reported_in_words(old: Schema, new: Schema, where: str) -> None:
    """The place of a change is the operation, its part, and the path of fields."""
    place = "POST /things, body"
    assert [row.name for row in changes(document(place, old), document(place, new))] == [f"{place}, {where}"]


def test_reference__to_a_renamed_component_is_no_change() -> None:
    """A component may have any name; only its shape counts."""
    old = document("POST /things, response 200", {"$ref": "#/components/schemas/A"}, A=fields(x=ITEM))
    new = document("POST /things, response 200", {"$ref": "#/components/schemas/B"}, B=fields(x=ITEM))
    assert changes(old, new) == []


def test_reference__to_itself_ends() -> None:
    """A recursive component is compared once, and a change in it is found."""

    def tree(value: Schema) -> dict[str, Any]:
        node = {"$ref": "#/components/schemas/Node"}
        holds = fields(value=value, next=node, others=of("array", items=every(node, node)))
        return document("POST /things, body", node, Node=holds)

    assert changes(tree(TEXT), tree(TEXT)) == []
    [row] = changes(tree(TEXT), tree(WORDS))
    assert (row.name, row.breaks) == ("Node.value", "callers")
    assert row.locations == ("POST /things, body, value", "POST /things, body, others[].value")


LOOP = {"$ref": "#/components/schemas/Loop"}


@pytest.mark.parametrize("loop", [LOOP, either(ITEM, LOOP)], ids=["itself", "itself or more"])
def test_reference__to_itself_at_once_ends(loop: Schema) -> None:
    """A component that refers directly to itself, alone or with more, is compared as well."""
    old = document("POST /things, body", LOOP, Loop=loop)
    assert changes(old, old) == []


def test_component__is_reported_once_with_its_places() -> None:
    """A change in a component is one row, named after the component, with every place that it affects."""

    def twice(id: Schema) -> dict[str, Any]:
        found = document("POST /things, response 200", either(ITEM, of("array", items=ITEM)), Item=fields(id=id))
        answer = found["paths"]["/things"]["post"]["responses"]["200"]
        return {**found, "paths": {**found["paths"], "/things/{id}": {"get": {"responses": {"200": answer}}}}}

    [row] = changes(twice(TEXT), twice(NULLABLE))
    assert (row.name, row.message, row.breaks) == ("Item.id", "may now be null", "readers")
    assert row.locations == (
        "POST /things, response 200, [].id",
        "POST /things, response 200, id",
        "GET /things/{id}, response 200, [].id",
        "GET /things/{id}, response 200, id",
    )


def test_component__of_requests_and_responses_is_reported_for_each() -> None:
    """Where a change breaks some places and not others, each row names its own."""

    def both(id: Schema) -> dict[str, Any]:
        found = document("POST /things, body", ITEM, Item=fields(id=id))
        found["paths"]["/things"]["post"]["responses"]["200"]["content"]["application/json"]["schema"] = ITEM
        return found

    assert [(row.name, row.breaks) for row in changes(both(TEXT), both(WORDS))] == [
        ("POST /things, body, id", "callers"),
        ("POST /things, response 200, id", None),
    ]


_leaves = st.one_of(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number", "string", ["string", "null"], ["integer", "string"]])},
        optional={
            "minimum": st.sampled_from([0, 1, 2.5]),
            "exclusiveMaximum": st.sampled_from([2, 3, 3.5]),
            "multipleOf": st.sampled_from([0.5, 1, 2]),
            "maxLength": st.sampled_from([0, 1, 2]),
            "minLength": st.sampled_from([1, 2]),
        },
    ),
    st.lists(st.sampled_from([None, True, 1, 2, "a", "bb"]), min_size=1, unique_by=repr).map(lambda all: {"enum": all}),
    st.sampled_from([{}, True, False, {"not": {"type": "string"}}]),
)
_schemas = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda found: {"anyOf": found}),
        st.lists(inner, min_size=1, max_size=2).map(lambda found: {"allOf": found}),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"maxItems": st.just(1)}),
    ),
    max_leaves=5,
)
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, 2.5, 3, 4, -1, "", "a", "bb", "ccc"),
    *([], [1], ["a"], [None, 2], [[1]], {}),
]


@settings(derandomize=True, max_examples=400)
@given(_schemas, _schemas)
def test_verdict__holds_for_real_values(old: Schema, new: Schema) -> None:
    """If no party is broken, a validator accepts the old values after the change, or the new ones before it."""
    broken = {role for change in SchemaComparison({}, {}).compare(old, new) for role in change.breaks}
    was, now = (jsonschema_rs.Draft202012Validator(schema) for schema in (old, new))
    if "sender" not in broken:
        assert [value for value in VALUES if was.is_valid(value) and not now.is_valid(value)] == []
    if "receiver" not in broken:
        assert [value for value in VALUES if now.is_valid(value) and not was.is_valid(value)] == []
