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

from codegen.diff import alternatives

Schema = dict[str, Any] | bool
Case = tuple[str, Schema, Schema, frozenset[Role], list[str] | None]


def of(kind: str | list[str], **rules: Any) -> dict[str, Any]:
    """A schema of a type."""
    return {"type": kind, **rules}


def fields(*required: str, **known: Schema) -> dict[str, Any]:
    """An object with fields."""
    return of("object", properties=known, **({"required": list(required)} if required else {}))


def either(*schemas: Schema) -> dict[str, Any]:
    """Any of some schemas."""
    return {"anyOf": list(schemas)}


def one_of(*schemas: Schema) -> dict[str, Any]:
    """Exactly one of some schemas."""
    return {"oneOf": list(schemas)}


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
NUMBER, DATE, TIME = of("number"), of("string", format="date"), of("string", format="time")
ROW, LISTS = of("array"), [of("array", items=items, minItems=1) for items in (TEXT, NUMBER)]
HAS_A, NOT_A = of("object", required=["a"]), of("object", required=["b"], **{"not": {"required": ["a"]}})
TREE = {"$ref": "#/components/schemas/Tree"}

# A name; the schema before and after; which party it breaks; the words of the report, unless they are plain.
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
    (
        "bounds between two steps",
        of("integer", multipleOf=5, minimum=1, maximum=14),
        of("integer", multipleOf=5, exclusiveMinimum=0, maximum=10),
        NEITHER,
        [],
    ),
    (
        "bound at a step",
        of("integer", multipleOf=5, maximum=14),
        of("integer", multipleOf=5, maximum=15),
        RECEIVER,
        ["maximum 10 -> 15"],
    ),
    (
        "steps as an enumeration",
        of("integer", multipleOf=100, minimum=1, maximum=299),
        of("integer", enum=[100, 200]),
        NEITHER,
        [],
    ),
    (
        "steps of which one counts",
        every(of("integer", multipleOf=2), {"multipleOf": 1.5}),
        of("integer", multipleOf=6),
        NEITHER,
        [],
    ),
    ("step that is none", of("integer", multipleOf=0.5), of("integer"), NEITHER, []),
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
    ("field required from answers only", X, fields("x", x=ANSWERED), SENDER, ["now required", "new readOnly true"]),
    ("field of answers only", X, fields(x=ANSWERED), SENDER, ["new readOnly true"]),
    ("field of answers and requests", fields(x=ANSWERED), X, NEITHER, ["readOnly true removed"]),
    (
        "field of answers and requests, required",
        fields("x", x=ANSWERED),
        fields("x", x=TEXT),
        SENDER,
        ["readOnly true removed"],
    ),
    ("field of requests only", X, fields(x=ASKED), RECEIVER, ["new writeOnly true"]),
    ("field of requests and answers", fields(x=ASKED), X, NEITHER, ["writeOnly true removed"]),
    (
        "field of requests and answers, required",
        fields("x", x=ASKED),
        fields("x", x=TEXT),
        NEITHER,
        ["writeOnly true removed"],
    ),
    (
        "field of answers only, narrower",
        fields(x=ANSWERED),
        fields(x=of("string", readOnly=True, maxLength=3)),
        NEITHER,
        ["new maxLength 3"],
    ),
    (
        "field of requests only, wider",
        fields(x=of("string", writeOnly=True, maxLength=3)),
        fields(x=ASKED),
        NEITHER,
        ["maxLength 3 removed"],
    ),
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
    ("type changed", of("integer"), of("object"), BOTH, ["type integer -> object"]),
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
    (
        "alternative of oneOf that overlaps",
        one_of(NUMBER),
        one_of(NUMBER, of("integer")),
        SENDER,
        ["new alternative of type integer", "values that several schemas of oneOf match are refused from now on"],
    ),
    ("oneOf from anyOf", either(STARTS, ENDS), one_of(STARTS, ENDS), SENDER, None),
    ("oneOf to anyOf", one_of(STARTS, ENDS), either(STARTS, ENDS), RECEIVER, None),
    ("oneOf of the same", one_of(STARTS, ENDS), one_of(ENDS, STARTS), NEITHER, []),
    ("oneOf of other formats", either(DATE, TIME), one_of(DATE, TIME), NEITHER, []),
    ("oneOf of other items", either(*LISTS), one_of(*LISTS), NEITHER, []),
    ("oneOf of arrays that may be empty", either(*LISTS, ROW), one_of(*LISTS, ROW), SENDER, None),
    ("oneOf that excludes", either(HAS_A, NOT_A), one_of(HAS_A, NOT_A), NEITHER, []),
    ("oneOf that contains itself", either(TREE, TREE), one_of(TREE, TREE), SENDER, None),
    (
        "oneOf of a field that a pattern allows",
        either(fields("ab", ab=TEXT), of("object", patternProperties={"^a": TEXT}, additionalProperties=False)),
        one_of(fields("ab", ab=TEXT), of("object", patternProperties={"^a": TEXT}, additionalProperties=False)),
        SENDER,
        None,
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
    (
        "new field that was among typed others",
        of("object", additionalProperties=TEXT),
        {**fields(x=of("integer")), "additionalProperties": TEXT},
        BOTH,
        ["new optional field", "type string -> integer"],
    ),
    (
        "new field that matched a pattern",
        of("object", patternProperties={"^x": TEXT}),
        {**fields(x=of("integer")), "patternProperties": {"^x": TEXT}},
        BOTH,
        ["new optional field", "type string -> integer"],
    ),
    (
        "new field of the type of the others",
        of("object", additionalProperties=TEXT),
        {**fields(x=TEXT), "additionalProperties": TEXT},
        NEITHER,
        ["new optional field"],
    ),
    (
        "field that moves to a pattern",
        {**fields(ab=TEXT), "additionalProperties": False},
        of("object", patternProperties={"^a": TEXT}, additionalProperties=False),
        NEITHER,
        ["now one of the other fields", "other fields are now allowed if their names match ^a"],
    ),
    (
        "field that moves to other fields of another type",
        {**fields(x=TEXT), "additionalProperties": NULL},
        of("object", additionalProperties=NULL),
        BOTH,
        ["now one of the other fields", "type string -> null"],
    ),
    (
        "required field that a pattern describes so far",
        of("object", required=["ab"], patternProperties={"^a": TEXT}),
        {**fields("ab", ab=TEXT), "patternProperties": {"^a": TEXT}},
        NEITHER,
        [],
    ),
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
    ("readOnly of no field", TEXT, ANSWERED, NEITHER, []),
    ("deprecated", TEXT, of("string", deprecated=True), NEITHER, ["new deprecated true"]),
    ("extension", {"x-a": 1}, {"x-a": 2}, NEITHER, ["x-a 1 -> 2"]),
    ("extension of another kind", {"x-a": {"b": 1}}, {"x-a": 1}, NEITHER, ['x-a {"b": 1} -> 1']),
    ("extension within an extension", {"x-a": {"b": 1}}, {"x-a": {"b": 2}}, NEITHER, ["b 1 -> 2"]),
    ("output of the model", {"x-model-output": TEXT}, {"x-model-output": NULLABLE}, RECEIVER, ["may now be null"]),
    ("output of the model, new", {}, {"x-model-output": TEXT}, NEITHER, ["x-model-output new"]),
    ("reference into a list", every(ITEM), {"$ref": "#/components/schemas/Both/allOf/0"}, NEITHER, []),
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
        ["no longer required, where b is present", "now required, where b is present"],
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
    ("not, of fewer", {"not": TEXT}, {"not": WORDS}, RECEIVER, ["not changed"]),
    ("not, of more", {"not": WORDS}, {"not": TEXT}, SENDER, ["not changed"]),
    ("not, of others", {"not": TEXT}, {"not": NULL}, BOTH, ["not changed, which cannot be classified"]),
    (
        "not, of objects with another field",
        {"not": CLOSED},
        {"not": of("object")},
        SENDER,
        ["not changed"],
    ),
    (
        "not, of objects with no other field",
        {"not": of("object")},
        {"not": CLOSED},
        RECEIVER,
        ["not changed"],
    ),
    (
        "not, of values beside an enumeration",
        of("string", enum=["a", "b", "c"], **{"not": {"enum": ["c"]}}),
        every(of("string", enum=["a", "b", "d"]), {"not": {"const": "d"}}),
        NEITHER,
        [],
    ),
    (
        "not, of a value beside an enumeration",
        WORDS,
        of("string", enum=["a", "b"], **{"not": {"const": "b"}}),
        SENDER,
        ['value "b" removed'],
    ),
    (
        "not, of values that an enumeration lacks",
        WORDS,
        of("string", **{"not": {"enum": ["c"]}}),
        RECEIVER,
        ['from now on any value, so far only "a" or "b"'],
    ),
    ("not, new", {}, {"not": TEXT}, SENDER, ['new not {"type": "string"}']),
    ("not, gone", {"not": TEXT}, {}, RECEIVER, ['not {"type": "string"} removed']),
    ("not, of nothing", {}, {"not": False}, NEITHER, []),
    (
        "not, twice",
        every({"not": TEXT}, {"not": NULL}),
        every({"not": NULL}, {"not": TEXT}),
        NEITHER,
        [],
    ),
    (
        "not, two others",
        every({"not": of("array")}, {"not": NULL}),
        every({"not": TEXT}, {"not": of("object")}),
        BOTH,
        ["not changed, which cannot be classified"],
    ),
    ("if new", TEXT, of("string", **{"if": STARTS, "then": ENDS}), SENDER, None),
    ("if gone", of("string", **{"if": STARTS, "then": ENDS}), TEXT, RECEIVER, None),
    ("if without consequences", TEXT, of("string", **{"if": STARTS}), NEITHER, []),
    (
        "if of others",
        of("string", **{"if": STARTS, "then": ENDS}),
        of("string", **{"if": WORDS, "then": ENDS}),
        BOTH,
        ["if changed, which cannot be classified"],
    ),
    (
        "then new",
        of("string", **{"if": STARTS, "else": {"pattern": "z$"}}),
        of("string", **{"if": STARTS, "else": {"pattern": "z$"}, "then": {"pattern": "z$"}}),
        SENDER,
        ['new pattern "z$", by then'],
    ),
    (
        "else gone",
        of("string", **{"if": STARTS, "else": {"pattern": "z$"}, "then": {"pattern": "z$"}}),
        of("string", **{"if": STARTS, "then": {"pattern": "z$"}}),
        RECEIVER,
        ['pattern "z$" removed, by else'],
    ),
    ("contains new", of("array"), of("array", contains=TEXT), SENDER, None),
    ("contains gone", of("array", contains=TEXT), of("array"), RECEIVER, None),
    ("contains of none", of("array"), of("array", contains=TEXT, minContains=0), NEITHER, []),
    (
        "contains narrower",
        of("array", contains=TEXT),
        of("array", contains=WORDS),
        SENDER,
        ['from now on only "a" or "b", in an item that contains asks for'],
    ),
    (
        "contains narrower, with a most",
        of("array", contains=TEXT, maxContains=2),
        of("array", contains=WORDS, maxContains=2),
        BOTH,
        ["contains changed, which cannot be classified"],
    ),
    (
        "contains more",
        of("array", contains=TEXT),
        of("array", contains=TEXT, minContains=2),
        SENDER,
        ["minContains 1 -> 2"],
    ),
    (
        "contains at most",
        of("array", contains=TEXT),
        of("array", contains=TEXT, maxContains=2),
        SENDER,
        ["new maxContains 2"],
    ),
    (
        "contains any number",
        of("array", contains=TEXT, maxContains=2),
        of("array", contains=TEXT),
        RECEIVER,
        ["maxContains 2 removed"],
    ),
    ("prefixItems new", of("array"), of("array", prefixItems=[TEXT]), SENDER, ["type anything -> string"]),
    ("prefixItems gone", of("array", prefixItems=[TEXT]), of("array"), RECEIVER, ["type string -> anything"]),
    (
        "prefixItems narrower",
        of("array", prefixItems=[TEXT, NULL]),
        of("array", prefixItems=[WORDS, NULL]),
        SENDER,
        ['from now on only "a" or "b"'],
    ),
    (
        "prefixItems of what was among the items",
        of("array", items=TEXT),
        of("array", items=TEXT, prefixItems=[TEXT, TEXT]),
        NEITHER,
        [],
    ),
    (
        "patternProperties",
        of("object", patternProperties={"^x": ITEM}),
        of("object", patternProperties={"^x": fields("id", id=TEXT)}),
        NEITHER,
        [],
    ),
    (
        "patternProperties new",
        of("object"),
        of("object", patternProperties={"^x": TEXT}),
        SENDER,
        ["type anything -> string"],
    ),
    (
        "patternProperties gone",
        of("object", patternProperties={"^x": TEXT}),
        of("object"),
        RECEIVER,
        ["type string -> anything"],
    ),
    (
        "patternProperties new, of no other fields",
        CLOSED,
        {**CLOSED, "patternProperties": {"^x": TEXT}},
        NEITHER,
        ["other fields are now allowed if their names match ^x"],
    ),
    (
        "patternProperties gone, of no other fields",
        {**CLOSED, "patternProperties": {"^x": TEXT}},
        CLOSED,
        SENDER,
        ["other fields are no longer allowed if their names match ^x"],
    ),
    (
        "propertyNames new",
        of("object"),
        of("object", propertyNames=STARTS),
        SENDER,
        ['new pattern "^a", in the names of fields'],
    ),
    (
        "propertyNames gone",
        of("object", propertyNames=STARTS),
        of("object"),
        RECEIVER,
        ['pattern "^a" removed, in the names of fields'],
    ),
    ("propertyNames of any text", of("object"), of("object", propertyNames=TEXT), NEITHER, []),
    (
        "dependentRequired new",
        of("object"),
        of("object", dependentRequired={"a": ["b"]}),
        SENDER,
        ["now required, where a is present"],
    ),
    (
        "dependentRequired gone",
        of("object", dependentRequired={"a": ["b"]}),
        of("object"),
        RECEIVER,
        ["no longer required, where a is present"],
    ),
    (
        "dependentRequired of another",
        of("object", dependentRequired={"a": ["b"]}),
        of("object", dependentRequired={"a": ["c"]}),
        BOTH,
        ["no longer required, where a is present", "now required, where a is present"],
    ),
    (
        "dependentSchemas new",
        of("object"),
        of("object", dependentSchemas={"a": {"minProperties": 2}}),
        SENDER,
        ["new minProperties 2, where a is present"],
    ),
    (
        "dependentSchemas gone",
        of("object", dependentSchemas={"a": {"minProperties": 2}}),
        of("object"),
        RECEIVER,
        ["minProperties 2 removed, where a is present"],
    ),
    (
        "unevaluatedItems refused",
        of("array"),
        of("array", unevaluatedItems=False),
        SENDER,
        ["type anything -> nothing"],
    ),
    (
        "unevaluatedItems refused beside an allOf",
        every(of("array")) | {"unevaluatedItems": TEXT},
        every(of("array")) | {"unevaluatedItems": False},
        SENDER,
        ["type string -> nothing, in unevaluatedItems"],
    ),
    (
        "unevaluatedItems as items",
        of("array", prefixItems=[NUMBER], unevaluatedItems=TEXT),
        of("array", prefixItems=[NUMBER], items=TEXT),
        NEITHER,
        [],
    ),
    (
        "unevaluatedProperties as additionalProperties",
        of("object", properties={"x": TEXT}, unevaluatedProperties=False),
        of("object", properties={"x": TEXT}, additionalProperties=False),
        NEITHER,
        [],
    ),
    (
        "unevaluatedProperties beside a schema for all others",
        of("object", additionalProperties=True),
        of("object", additionalProperties=True, unevaluatedProperties=False),
        NEITHER,
        [],
    ),
    (
        "unevaluatedProperties refused",
        of("object"),
        of("object", unevaluatedProperties=False),
        SENDER,
        ["other fields are no longer allowed"],
    ),
    (
        "format of wider numbers",
        of("integer", format="int32"),
        of("integer", format="int64"),
        RECEIVER,
        ['format "int32" -> "int64"'],
    ),
    (
        "format of narrower numbers",
        of("number", format="double"),
        of("number", format="float"),
        SENDER,
        ['format "double" -> "float"'],
    ),
    ("pattern of anything", TEXT, of("string", pattern=".*"), NEITHER, []),
    ("pattern of anything from now on", STARTS, of("string", pattern="^.*$"), RECEIVER, ['pattern "^a" removed']),
    ("bound that all values meet", WORDS, {**WORDS, "maxLength": 1, "pattern": "[ab]"}, NEITHER, []),
    ("bound that a value exceeds", {"enum": [1, 9]}, {"enum": [1, 9], "maximum": 8}, SENDER, ["value 9 removed"]),
    ("format that all values are meant to have", WORDS, {**WORDS, "format": "uri"}, NEITHER, []),
    ("pattern that Python cannot read", WORDS, {**WORDS, "pattern": r"\cA["}, SENDER, ['new pattern "\\\\cA["']),
    (
        "enumeration replaced by a bound that its values meet",
        WORDS,
        of("string", maxLength=1),
        RECEIVER,
        ['from now on any value, so far only "a" or "b"'],
    ),
    (
        "enumeration replaced by a bound that a value exceeds",
        of("integer", enum=[1, 9]),
        of("integer", maximum=8),
        BOTH,
        ["from now on any value, so far only 1 or 9", "new maximum 8"],
    ),
    (
        "bound replaced by values that meet it",
        of("integer", minimum=0),
        of("integer", enum=[1, 2]),
        SENDER,
        ["from now on only 1 or 2"],
    ),
    ("enumeration of a range", of("integer", minimum=1, maximum=3), {"enum": [3, 2, 1]}, NEITHER, []),
    ("enumeration of null", NULL, {"enum": [None]}, NEITHER, []),
    (
        "enumeration replaced by a smaller range",
        of("integer", enum=[1, 2, 3]),
        of("integer", minimum=-(2**80), maximum=2),
        BOTH,
        None,
    ),
    (
        "enumeration of more than a range",
        of("integer", minimum=1, maximum=2),
        of("integer", enum=[1, 2, 3]),
        RECEIVER,
        ["new value 3"],
    ),
    (
        "enumeration replaced by a pattern that Python cannot read",
        WORDS,
        of("string", pattern=r"\cA["),
        BOTH,
        ['from now on any value, so far only "a" or "b"', 'new pattern "\\\\cA["'],
    ),
    (
        "bound of values by a reference",
        every(WORDS, of("string", minLength=1)),
        WORDS,
        NEITHER,
        [],
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
    schemas = {"Item": fields("id", id=TEXT), "Both": every(fields("id", id=TEXT), TEXT)}
    schemas |= {"Tree": fields("child", child=TREE), **components}
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
    if what is not None:
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


@pytest.mark.parametrize("forward", [True, False], ids=["to JSON", "to plain text"])
def test_parameter__written_as_content_breaks_callers(forward: bool) -> None:
    """A parameter in JSON has its text in quotes, which plain text has not."""

    def query(**written: Any) -> dict[str, Any]:
        found = document("POST /things, body", TEXT)
        found["paths"]["/things"]["post"]["parameters"] = [{"name": "q", "in": "query", **written}]
        return found

    both = [query(schema=TEXT), query(content={"application/json": {"schema": TEXT}})]
    [row] = changes(*(both if forward else both[::-1]))
    assert row.breaks == "callers" and row.message.startswith("written ")


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


def reference(name: str) -> dict[str, Any]:
    """A reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def test_reference__back_through_all_of_ends() -> None:
    """A base that lists its derived schemas, each of which is an `allOf` of the base, hides no change in them."""

    def pets(sound: Schema) -> dict[str, Any]:
        pet = {"oneOf": [reference("Cat"), reference("Dog")], **fields(name=TEXT)}
        cat, dog = (every(reference("Pet"), fields(**own)) for own in ({"purrs": sound}, {"barks": TEXT}))
        return document("POST /things, body", reference("Pet"), Pet=pet, Cat=cat, Dog=dog)

    assert changes(pets(TEXT), pets(TEXT)) == []
    [row] = changes(pets(TEXT), pets(WORDS))
    assert (row.name, row.message, row.breaks) == (
        "POST /things, body, purrs",
        'from now on only "a" or "b"',
        "callers",
    )


def test_reference__through_all_of_at_every_level_ends() -> None:
    """A field that a base and a derived schema both restrict, each by itself, is compared at finitely many levels."""

    def tree(value: Schema) -> dict[str, Any]:
        base = fields(value=value, child=reference("Base"))
        node = every(reference("Base"), fields(child=reference("Node")), of("object", items={}))
        return document("POST /things, body", reference("Node"), Base=base, Node=node)

    assert changes(tree(TEXT), tree(TEXT)) == []
    assert {row.breaks for row in changes(tree(TEXT), tree(WORDS))} == {"callers"}


@pytest.mark.parametrize("written", ["fields", "allOf", "anyOf"])
def test_pair__is_compared_once(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight schemas, each with a field for each of the others, take eight comparisons and one for what changed."""
    names = [f"S{number}" for number in range(8)]

    def mesh(value: Schema) -> dict[str, Any]:
        links: dict[str, Schema] = {name: reference(name) for name in names}
        schemas: dict[str, Schema] = {name: fields(value=value, **links) for name in names}
        if written == "allOf":
            schemas = {name: every(fields(value=value), fields(**links)) for name in names}
        elif written == "anyOf":
            schemas = {name: either(fields(value=value, **links), NULL) for name in names}
        return document("POST /things, body", reference("S0"), **schemas)

    compared = []
    compare = SchemaComparison._compare

    def counted(self: SchemaComparison, old: Schema, new: Schema, plain_text: bool) -> Any:
        compared.append((repr(old), repr(new)))
        return compare(self, old, new, plain_text)

    monkeypatch.setattr(SchemaComparison, "_compare", counted)
    found = changes(mesh(TEXT), mesh(WORDS))
    assert {row.name.split(", ")[-1].split(".")[-2:][-1] for row in found} == {"value"} and len(found) == 8
    assert {row.breaks for row in found} == {"callers"}
    meant = [pair for pair in compared if "$ref" in pair[0]]
    assert len(meant) == len(set(meant)) == 8
    assert len(compared) < 30


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_reference__of_each_to_each_other_is_followed_once(keyword: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight schemas, each made of all others, are visited a few times each, and not along each path between them."""
    names = [f"S{number}" for number in range(8)]

    def mesh(value: Schema) -> dict[str, Any]:
        schemas: dict[str, Any] = {
            name: {**fields(value=TEXT), keyword: [reference(other) for other in names if other != name]}
            for name in names
        }
        if keyword != "allOf":
            schemas["S7"] = fields(value=value)
        return document(
            "POST /things, body", reference("S0"), **{**schemas, "S0": {**schemas["S0"], **fields(own=value)}}
        )

    visited = []
    visit = alternatives.normalize

    def counted(document: Any, schema: Schema, *rest: Any) -> Any:
        visited.append(schema)
        return visit(document, schema, *rest)

    monkeypatch.setattr(alternatives, "normalize", counted)
    found = changes(mesh(TEXT), mesh(WORDS))
    assert {row.breaks for row in found} == {"callers"}
    assert len(visited) < 1000


def test_pair__that_two_places_share_breaks_both() -> None:
    """A schema that leads back to one compared before has the changes of that one, whichever is reached first."""
    place = "POST /things, body"

    def two(value: Schema) -> dict[str, Any]:
        schemas = {"A": fields(b=reference("B"), value=value), "B": fields(a=reference("A"))}
        found = document(place, reference("A"), **schemas)
        answer = found["paths"]["/things"]["post"]["responses"]["200"]["content"]["application/json"]
        answer["schema"] = reference("B")
        return found

    found = changes(two(WORDS), two(TEXT))
    assert [(row.breaks, row.locations) for row in found] == [
        ("readers", ("POST /things, response 200, a.value",)),
        (None, ("POST /things, body, value",)),
    ]


def pets(**discriminator: Any) -> dict[str, Any]:
    """One of two components, with a discriminator."""
    found = {"oneOf": [reference("Cat"), reference("Dog")]}
    return {**found, "discriminator": {"propertyName": "kind", **discriminator}} if discriminator else found


CATS = {"mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog"}}
DISCRIMINATORS: list[tuple[str, Schema, Schema, frozenset[Role], list[str]]] = [
    ("new", pets(), pets(**CATS), SENDER, ["new discriminator kind"]),
    ("gone", pets(**CATS), pets(), RECEIVER, ["discriminator kind removed"]),
    ("of another field", pets(**CATS), pets(**CATS, propertyName="type"), BOTH, ["discriminator kind -> type"]),
    (
        "value new",
        pets(mapping={"cat": "Cat", "dog": "Dog"}),
        pets(mapping={"cat": "Cat", "dog": "Dog", "hound": "Dog"}),
        RECEIVER,
        ['new discriminator value "hound"'],
    ),
    (
        "value gone",
        pets(mapping={"cat": "Cat", "dog": "Dog", "hound": "Dog"}),
        pets(mapping={"cat": "Cat", "dog": "Dog"}),
        SENDER,
        ['discriminator value "hound" removed'],
    ),
    (
        "value of another schema",
        pets(mapping={"cat": "Cat", "dog": "Dog"}),
        pets(mapping={"cat": "Dog", "dog": "Cat"}),
        BOTH,
        ['discriminator value "cat" stands for another schema', 'discriminator value "dog" stands for another schema'],
    ),
    (
        "values named after their schemas",
        pets(mapping={}),
        pets(mapping={"Cat": "#/components/schemas/Cat", "Dog": "Dog"}),
        NEITHER,
        [],
    ),
    (
        "value of another component with the same schema",
        pets(mapping={"cat": "Cat", "dog": "Dog"}),
        pets(mapping={"cat": "Tom", "dog": "Dog", "Cat": "Cat"}),
        RECEIVER,
        ['new discriminator value "Cat"'],
    ),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("case", DISCRIMINATORS, ids=lambda case: case[0])
def test_discriminator__breaks_the_right_party(
    place: str, case: tuple[str, Schema, Schema, frozenset[Role], list[str]]
) -> None:
    """Both ends choose a schema by the discriminator: by its field, and by the value that stands for a schema."""
    _, old, new, broken, what = case
    role, party = PLACES[place]
    components = {"Cat": fields(purrs=TEXT), "Tom": fields(purrs=TEXT), "Dog": fields(barks=TEXT)}
    found = changes(document(place, old, **components), document(place, new, **components))
    assert {row.breaks for row in found} - {None} == ({party} if role in broken else set())
    assert sorted(row.message for row in found) == sorted(what)


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
        st.lists(inner, min_size=1, max_size=3).map(lambda found: {"oneOf": found}),
        st.lists(inner, min_size=1, max_size=2).map(lambda found: {"allOf": found}),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"maxItems": st.just(1)}),
        st.fixed_dictionaries({"if": inner}, optional={"then": inner, "else": inner, "not": inner}),
        st.fixed_dictionaries(
            {},
            optional={
                "contains": inner,
                "minContains": st.sampled_from([0, 1, 2]),
                "maxContains": st.just(1),
                "prefixItems": st.lists(inner, min_size=1, max_size=2),
                "items": inner,
            },
        ),
        st.fixed_dictionaries(
            {},
            optional={
                # Readers ignore unknown fields, so a schema that refuses all is compared elsewhere.
                "additionalProperties": inner.filter(lambda schema: schema is not False),
                "patternProperties": st.dictionaries(st.sampled_from(["a", "b"]), inner.filter(bool), min_size=1),
                "propertyNames": inner,
                "dependentRequired": st.just({"a": ["b"]}),
                "dependentSchemas": st.dictionaries(st.sampled_from(["a", "b"]), inner, min_size=1),
            },
        ),
    ),
    max_leaves=5,
)
VALUES: list[Any] = [
    *(None, True, False, 0, 1, 2, 2.5, 3, 4, -1, "", "a", "bb", "ccc"),
    *([], [1], ["a"], [None, 2], [[1]], [1, "a", None], ["a", "a"], {}),
    *({"a": 1}, {"a": "bb", "b": 2}, {"b": None}, {"c": 1, "a": []}, {"ab": 2.5}),
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
