"""A table of verdicts on the kinds of changes that other tools' tests have.

Where a peer judges otherwise, the last column says why the verdict here differs. Such differences have three causes.
A peer warns where a client may cope, and here a change that can break a client breaks it. A peer follows a policy, such
as a date after which a deprecated operation may go, and here the two documents alone count. A peer compares keywords,
and here the values that both versions allow are compared.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from codegen.diff.changes import Party, group_changes
from codegen.diff.operations import DocumentComparison

Case = tuple[str, str, Any, Any, Party | None, str, str]


def text(**rules: Any) -> dict[str, Any]:
    """A string."""
    return {"type": "string", **rules}


def whole(**rules: Any) -> dict[str, Any]:
    """An integer."""
    return {"type": "integer", **rules}


def real(**rules: Any) -> dict[str, Any]:
    """A number."""
    return {"type": "number", **rules}


def row(**rules: Any) -> dict[str, Any]:
    """An array."""
    return {"type": "array", **rules}


def thing(*required: str, **fields: Any) -> dict[str, Any]:
    """An object with fields."""
    return {"type": "object", "properties": fields, **({"required": list(required)} if required else {})}


def one_of(*schemas: Any, **more: Any) -> dict[str, Any]:
    """One of some schemas."""
    return {"oneOf": list(schemas), **more}


def any_of(*schemas: Any) -> dict[str, Any]:
    """Any of some schemas."""
    return {"anyOf": list(schemas)}


def all_of(*schemas: Any) -> dict[str, Any]:
    """All of some schemas."""
    return {"allOf": list(schemas)}


def ok(**more: Any) -> dict[str, Any]:
    """A response."""
    return {"description": "OK", **more}


def answers(*codes: str, **responses: Any) -> dict[str, Any]:
    """An operation with responses."""
    return {"responses": {**{code: ok() for code in codes}, **responses}}


def media(*names: str) -> dict[str, Any]:
    """Content in some media types."""
    return {"content": {name: {"schema": thing(x=T)} for name in names}}


def parameter(name: str = "p", place: str = "query", **more: Any) -> dict[str, Any]:
    """An operation with a parameter."""
    return {"parameters": [{"in": place, "name": name, "schema": T, **more}]}


def oauth(**flow: Any) -> dict[str, Any]:
    """A document with OAuth."""
    known = {"authorizationUrl": "/login", "tokenUrl": "/token", "scopes": {"r": "", "w": ""}}
    return secured([{"login": ["r"]}], login={"type": "oauth2", "flows": {"authorizationCode": {**known, **flow}}})


def secured(security: list[Any], **schemes: Any) -> dict[str, Any]:
    """A document with security requirements."""
    known = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "token": {"type": "http", "scheme": "bearer"}}
    return {"security": security, "components": {"securitySchemes": {**known, **schemes}, "schemas": COMPONENTS}}


def served(url: str = "https://{region}.test", **variable: Any) -> dict[str, Any]:
    """A document with a server."""
    return {"servers": [{"url": url, **({"variables": {"region": variable}} if variable else {})}]}


def hook(**operation: Any) -> dict[str, Any]:
    """A document with a webhook."""
    return {"webhooks": {"done": {"post": {"responses": {"200": ok()}, **operation}}}}


def sent(schema: Any) -> dict[str, Any]:
    """The body of a webhook."""
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


T, N, NONE = text(), whole(), {"type": "null"}
CAT, DOG = {"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}
COMPONENTS = {"Cat": thing("kind", kind=T, purrs=T), "Dog": thing("kind", kind=T, barks=T)}
KIND = {"discriminator": {"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "Dog"}}}
AB, ABC = text(enum=["a", "b"]), text(enum=["a", "b", "c"])
K, L, N5 = text(const="k"), text(const="l"), whole(maximum=5)
R, W = {"readOnly": True}, {"writeOnly": True}
CLOSED = {"additionalProperties": False}
OBJECT = {"type": "object", **CLOSED}
CALLERS: Party = "callers"
READERS: Party = "readers"

# The place; the change; before; after; whom it breaks; why; why a peer's verdict is not followed, if it differs.
# fmt: off
CASES: list[Case] = [
    # Bounds. What narrows a request breaks its senders, what widens a response breaks its readers.
    ("body", "maxLength lowered", text(maxLength=9), text(maxLength=5), CALLERS, "longer texts are refused", ""),
    ("body", "maxLength raised", text(maxLength=5), text(maxLength=9), None, "shorter texts still fit", ""),
    ("body", "maxLength set", T, text(maxLength=5), CALLERS, "longer texts are refused", ""),
    ("body", "maxLength unset", text(maxLength=5), T, None, "every text fits", ""),
    ("response", "maxLength lowered", text(maxLength=9), text(maxLength=5), None, "a reader has room for more", ""),
    ("response", "maxLength raised", text(maxLength=5), text(maxLength=9), READERS, "a text may not fit", ""),
    ("response", "maxLength set", T, text(maxLength=5), None, "a reader has room for any text", ""),
    ("response", "maxLength unset", text(maxLength=5), T, READERS, "a text may not fit", ""),
    ("body", "minLength raised", text(minLength=1), text(minLength=3), CALLERS, "shorter texts are refused", ""),
    ("body", "minLength lowered", text(minLength=3), text(minLength=1), None, "longer texts still fit", ""),
    ("response", "minLength lowered", text(minLength=3), text(minLength=1), READERS, "a text may be too short", ""),
    ("response", "minLength raised", text(minLength=1), text(minLength=3), None, "no new text can come", ""),
    ("body", "minimum raised", whole(minimum=1), whole(minimum=3), CALLERS, "1 and 2 are refused", ""),
    ("body", "minimum lowered", whole(minimum=3), whole(minimum=1), None, "greater numbers still fit", ""),
    ("body", "minimum set", N, whole(minimum=1), CALLERS, "0 is refused", ""),
    ("response", "minimum lowered", whole(minimum=3), whole(minimum=1), READERS, "1 may come",
     "openapi-diff leaves numbers in responses out by default; an index or an array size may depend on the bound"),
    ("response", "minimum unset", whole(minimum=3), N, READERS, "a negative number may come", ""),
    ("body", "maximum lowered", whole(maximum=9), whole(maximum=5), CALLERS, "9 is refused", ""),
    ("body", "maximum raised", whole(maximum=5), whole(maximum=9), None, "smaller numbers still fit", ""),
    ("response", "maximum lowered", whole(maximum=9), whole(maximum=5), None, "no new number can come", ""),
    ("response", "maximum raised", whole(maximum=5), whole(maximum=9), READERS, "9 may come",
     "openapi-diff leaves numbers in responses out by default; a column or a type may have the size of the bound"),
    ("body", "bound made exclusive", real(maximum=9), real(exclusiveMaximum=9), CALLERS, "9 itself is refused", ""),
    ("response", "bound made inclusive", real(exclusiveMinimum=0), real(minimum=0), READERS, "0 itself may come", ""),
    ("body", "integer bound written otherwise", whole(exclusiveMinimum=0), whole(minimum=1), None, "the same integers",
     "peers compare the two keywords; the values are the same"),
    ("body", "minItems raised", row(minItems=1), row(minItems=2), CALLERS, "an array of one is refused", ""),
    ("body", "minItems lowered", row(minItems=2), row(minItems=1), None, "longer arrays still fit", ""),
    ("response", "minItems lowered", row(minItems=2), row(minItems=1), READERS, "the second item may be missing", ""),
    ("response", "minItems raised", row(minItems=1), row(minItems=2), None, "the first item is still there", ""),
    ("body", "maxItems lowered", row(maxItems=9), row(maxItems=5), CALLERS, "longer arrays are refused", ""),
    ("body", "maxItems set", row(), row(maxItems=5), CALLERS, "longer arrays are refused", ""),
    ("body", "maxProperties set", thing(), {**thing(), "maxProperties": 2}, CALLERS, "larger objects are refused", ""),
    ("body", "uniqueItems set", row(items=T), row(items=T, uniqueItems=True), CALLERS, "repeated items are refused",
     ""),
    ("body", "multipleOf set", N, whole(multipleOf=2), CALLERS, "odd numbers are refused", ""),
    ("body", "multipleOf divided", whole(multipleOf=6), whole(multipleOf=3), None, "multiples of 6 are those of 3, too",
     "peers report any other value; what was sent still fits"),
    ("query", "maximum set", N, whole(maximum=5), CALLERS, "greater numbers are refused", ""),
    ("query", "maxLength lowered", text(maxLength=9), text(maxLength=5), CALLERS, "longer texts are refused", ""),
    ("response header", "maxLength unset", text(maxLength=9), T, READERS, "a text may not fit", ""),
    # Patterns and formats.
    ("body", "pattern set", T, text(pattern="^a"), CALLERS, "other texts are refused", ""),
    ("body", "pattern unset", text(pattern="^a"), T, None, "every text fits", ""),
    ("body", "pattern changed", text(pattern="^a"), text(pattern="^b"), CALLERS, "another set of texts",
     "oasdiff warns, since the new pattern may include the old one; whether it does is not computed here either"),
    ("body", "pattern generalized", text(pattern="^a"), text(pattern=".*"), None, "every text matches .*", ""),
    ("query", "pattern generalized", text(pattern="^a"), text(pattern="^.*$"), None, "every text of one line does", ""),
    ("response", "pattern unset", text(pattern="^a"), T, READERS, "another text may come", ""),
    ("response", "pattern set", T, text(pattern="^a"), None, "no new text can come", ""),
    ("response", "pattern generalized", text(pattern="^a"), text(pattern=".*"), READERS, "another text may come", ""),
    ("body", "int32 -> int64", whole(format="int32"), whole(format="int64"), None, "small integers still fit", ""),
    ("body", "int64 -> int32", whole(format="int64"), whole(format="int32"), CALLERS, "large integers are refused", ""),
    ("response", "int32 -> int64", whole(format="int32"), whole(format="int64"), READERS, "an integer may not fit", ""),
    ("response", "int64 -> int32", whole(format="int64"), whole(format="int32"), None, "a reader has room for more",
     ""),
    ("body", "float -> double", real(format="float"), real(format="double"), None, "each float is a double", ""),
    ("body", "format set", T, text(format="date"), CALLERS, "texts that are no dates are refused", ""),
    ("body", "format unset", text(format="date"), T, None, "dates are texts", ""),
    ("response", "format unset", text(format="date"), T, READERS, "a text that is no date may come", ""),
    ("response", "format changed", text(format="date"), text(format="date-time"), READERS, "no date comes any more",
     ""),
    # Enumerations.
    ("body", "value added", AB, ABC, None, "the others remain", ""),
    ("body", "value removed", ABC, AB, CALLERS, "c is refused", ""),
    ("response", "value added", AB, ABC, READERS, "c may come", ""),
    ("response", "value removed", ABC, AB, None, "no new value can come",
     "oasdiff has an optional check for this; a reader with a case for c is not broken by its absence"),
    ("body", "became enum", T, AB, CALLERS, "other texts are refused", ""),
    ("body", "enum unset", AB, T, None, "the values are texts", ""),
    ("response", "enum unset", AB, T, READERS, "another text may come", ""),
    ("query", "value added", AB, ABC, None, "the others remain", ""),
    ("query", "value removed", ABC, AB, CALLERS, "c is refused", ""),
    ("query", "became enum", T, AB, CALLERS, "other texts are refused", ""),
    ("path", "became enum", T, AB, CALLERS, "other texts are refused", ""),
    ("header", "became enum", T, AB, CALLERS, "other texts are refused", ""),
    ("response header", "value added", AB, ABC, READERS, "c may come", ""),
    ("body", "enum -> const", AB, {"type": "string", "const": "a"}, CALLERS, "b is refused", ""),
    ("body", "maxLength beside a fitting enum", AB, {**AB, "maxLength": 5}, None, "both values fit",
     "peers report the bound; it restricts nothing that the enumeration allows"),
    ("response", "maxLength gone beside an enum", {**AB, "maxLength": 5}, AB, None, "the same two values", ""),
    ("body", "enum -> minimum", whole(enum=[1, 2, 3]), whole(minimum=0), None, "all values are at least 0",
     "peers report the bound; what was sent still fits"),
    ("response", "enum -> minimum", whole(enum=[1, 2, 3]), whole(minimum=0), READERS, "4 may come", ""),
    ("response", "minimum -> enum", whole(minimum=0), whole(enum=[1, 2, 3]), None, "no new number can come",
     "peers report the bound; the values lie within it"),
    ("body", "enum -> minimum that a value exceeds", whole(enum=[1, 2]), whole(minimum=2), CALLERS, "1 is refused", ""),
    ("body", "enum -> maxLength", AB, text(maxLength=10), None, "both values are shorter",
     "peers report the bound; what was sent still fits"),
    ("body", "enum -> pattern", AB, text(pattern="^[a-z]$"), None, "both values match",
     "peers report the pattern; what was sent still fits"),
    ("body", "enum -> pattern that a value does not match", AB, text(pattern="^a$"), CALLERS, "b is refused", ""),
    ("body", "const -> maximum", {"const": 3}, whole(maximum=5), None, "3 is at most 5",
     "peers report the type and the bound; what was sent still fits"),
    ("body", "enum -> int32", whole(enum=[1, 2]), whole(format="int32"), None, "both values are small", ""),
    ("body", "enum -> int32 for a large value", whole(enum=[2**31]), whole(format="int32"), CALLERS,
     "the value is larger", ""),
    ("body", "range -> enum of all its values", whole(minimum=1, maximum=3), whole(enum=[1, 2, 3]), None,
     "the same integers", "peers compare the keywords; the values are the same"),
    ("response", "enum -> range of the same values", whole(enum=[1, 2, 3]), whole(minimum=1, maximum=3), None,
     "the same integers", "peers compare the keywords; the values are the same"),
    ("body", "range -> enum of some of its values", whole(minimum=1, maximum=3), whole(enum=[1, 2]), CALLERS,
     "3 is refused", ""),
    ("body", "boolean -> enum of both", {"type": "boolean"}, {"enum": [True, False]}, None, "the same two values",
     "peers report the enum; the values are the same"),
    ("response", "boolean -> enum of both", {"type": "boolean"}, {"enum": [True, False]}, None, "the same two values",
     ""),
    ("body", "boolean -> enum of one", {"type": "boolean"}, {"enum": [True]}, CALLERS, "false is refused", ""),
    ("body", "x-extensible-enum value removed", {"x-extensible-enum": ["a", "b"]}, {"x-extensible-enum": ["a"]}, None,
     "an extension says nothing about what is allowed", "oasdiff knows this extension of Zalando's; it is not OpenAPI"),
    # Types and null.
    ("body", "string -> number", T, real(), CALLERS, "texts are refused", ""),
    ("body", "number -> string", real(), T, CALLERS, "numbers are refused", ""),
    ("body", "integer -> number", N, real(), None, "integers are numbers", ""),
    ("body", "number -> integer", real(), N, CALLERS, "fractions are refused", ""),
    ("response", "integer -> number", N, real(), READERS, "a fraction may come", ""),
    ("response", "number -> integer", real(), N, None, "integers are numbers", ""),
    ("response", "string -> number", T, real(), READERS, "a number comes", ""),
    ("response", "more types", T, {"type": ["string", "integer"]}, READERS, "a number may come", ""),
    ("body", "more types", T, {"type": ["string", "integer"]}, None, "texts still fit", ""),
    ("body", "any type", T, {}, None, "texts still fit", ""),
    ("response", "any type", T, {}, READERS, "anything may come", ""),
    ("body", "null allowed", T, {"type": ["string", "null"]}, None, "no client has to send it", ""),
    ("body", "null refused", {"type": ["string", "null"]}, T, CALLERS, "null is refused", ""),
    ("response", "null allowed", T, {"type": ["string", "null"]}, READERS, "null may come", ""),
    ("response", "null refused", {"type": ["string", "null"]}, T, None, "texts still come", ""),
    ("response", "null written otherwise", {"type": ["string", "null"]}, {"anyOf": [T, NONE]}, None, "the same", ""),
    ("query", "number -> string", real(), T, None, "each number is a text there",
     "oasdiff calls it breaking for fields of a parameter; in a URL there is no type"),
    ("query", "string -> number", T, real(), CALLERS, "other texts are refused", ""),
    ("query", "string -> exploded array", T, row(items=T), None, "p=a is an array of one", ""),
    ("query", "exploded array -> string", row(items=T), T, CALLERS, "p=a&p=b is refused", ""),
    ("query", "string -> array of integers", T, row(items=N), CALLERS, "p=a is refused", ""),
    ("query", "string -> array of two", T, row(items=T, minItems=2), CALLERS, "p=a alone is refused", ""),
    ("header", "string -> array", T, row(items=T), CALLERS, "a comma in the text is a separator now", ""),
    ("path", "string -> array", T, row(items=T), CALLERS, "a comma in the text is a separator now", ""),
    ("body", "items narrower", row(items=ABC), row(items=AB), CALLERS, "c is refused in the array", ""),
    ("response", "items wider", row(items=AB), row(items=ABC), READERS, "c may come in the array", ""),
    # Fields.
    ("body", "optional field added", thing(a=T), thing(a=T, b=T), None, "no client has to send it", ""),
    ("body", "required field added", thing(a=T), thing("b", a=T, b=T), CALLERS, "requests without it are refused", ""),
    ("body", "required field with a default added", thing(a=T), thing("b", a=T, b=text(default="x")), CALLERS,
     "a body without a required field is invalid", "older oasdiff and many services let the default stand in for it"),
    ("body", "required read-only field added", thing(a=T), thing("b", a=T, b={**T, **R}), None, "it is never sent", ""),
    ("body", "field removed", thing(a=T, b=T), thing(a=T), CALLERS, "what it did is gone",
     "oasdiff warns, since a service may ignore it; it does not do what the caller asked for"),
    ("body", "field required", thing(a=T), thing("a", a=T), CALLERS, "requests without it are refused", ""),
    ("body", "field optional", thing("a", a=T), thing(a=T), None, "requests with it stay valid", ""),
    ("body", "read-only field required", thing(a={**T, **R}), thing("a", a={**T, **R}), None, "it is never sent", ""),
    ("body", "nested field required", thing(o=thing(a=T)), thing(o=thing("a", a=T)), CALLERS, "o without a", ""),
    ("body", "field of items required", row(items=thing(a=T)), row(items=thing("a", a=T)), CALLERS, "items without",
     ""),
    ("body", "absent field required", thing(a=T), thing("z", a=T), CALLERS, "requests without z are refused",
     "oasdiff ignores a required name that no field has; JSON Schema demands it"),
    ("response", "optional field added", thing(a=T), thing(a=T, b=T), None, "readers ignore what they do not know", ""),
    ("response", "required field added", thing(a=T), thing("b", a=T, b=T), None, "readers ignore it", ""),
    ("response", "required field removed", thing("b", a=T, b=T), thing(a=T), READERS, "readers relied on it", ""),
    ("response", "optional field removed", thing(a=T, b=T), thing(a=T), READERS, "readers that use it find it never",
     "oasdiff lets it pass since 1.30, as it may be missing; that it always is takes a feature away"),
    ("response", "write-only field removed", thing(a=T, b={**T, **W}), thing(a=T), None, "it was never received", ""),
    ("response", "field required", thing(a=T), thing("a", a=T), None, "readers coped without it", ""),
    ("response", "field optional", thing("a", a=T), thing(a=T), READERS, "it may be missing", ""),
    ("response", "write-only field optional", thing("a", a={**T, **W}), thing(a={**T, **W}), None, "never there", ""),
    ("body", "became read-only", thing(a=T), thing(a={**T, **R}), CALLERS, "it may no longer be sent",
     "older oasdiff informs, since a service may ignore it; openapi-diff calls it incompatible, as here"),
    ("body", "no longer read-only", thing(a={**T, **R}), thing(a=T), None, "no client has to send it", ""),
    ("body", "required, no longer read-only", thing("a", a={**T, **R}), thing("a", a=T), CALLERS, "it must be sent",
     ""),
    ("body", "became write-only", thing(a=T), thing(a={**T, **W}), None, "it may still be sent", ""),
    ("response", "became write-only", thing(a=T), thing(a={**T, **W}), READERS, "it comes no longer",
     "older oasdiff informs; openapi-diff calls it incompatible, as here"),
    ("response", "no longer write-only", thing(a={**T, **W}), thing(a=T), None, "readers ignore it",
     "oasdiff calls a required one breaking; it is a field more, as any other new one"),
    ("response", "became read-only", thing(a=T), thing(a={**T, **R}), None, "it comes as before", ""),
    ("body", "read-only field restricted", thing(a={**T, **R}), thing(a={**AB, **R}), None, "it is never sent", ""),
    ("response", "write-only field widened", thing(a={**AB, **W}), thing(a={**T, **W}), None, "it never comes", ""),
    ("body", "other fields refused", thing(a=T), {**thing(a=T), **CLOSED}, CALLERS, "bodies with more are refused", ""),
    ("body", "other fields allowed", {**thing(a=T), **CLOSED}, thing(a=T), None, "no client has to send more", ""),
    ("response", "other fields allowed", {**thing(a=T), **CLOSED}, thing(a=T), None, "readers ignore them", ""),
    ("body", "field moved to a pattern", {**thing(ab=N), **CLOSED}, {"patternProperties": {"^a": N}, **OBJECT}, None,
     "ab is still an integer", "peers report the field as removed; what was sent still fits"),
    ("response", "field moved to a pattern", {**thing(ab=N), **CLOSED}, {"patternProperties": {"^a": N}, **OBJECT},
     None, "ab is still an integer", ""),
    ("body", "field moved to a narrower pattern", {**thing(a=N), **CLOSED},
     {"patternProperties": {"^a": whole(minimum=1)}, **OBJECT}, CALLERS, "0 is refused in a", ""),
    ("body", "field moved to another pattern", {**thing(a=N), **CLOSED}, {"patternProperties": {"^b": N}, **OBJECT},
     CALLERS, "a is refused", ""),
    ("response", "field moved to the other fields", thing(a=N), {"type": "object", "additionalProperties": N}, None,
     "a is still an integer", "peers report the field as removed; what may come is the same"),
    ("response", "required field moved to the other fields", thing("a", a=N),
     {"type": "object", "additionalProperties": N}, READERS, "a may be missing", ""),
    ("response", "field moved to wider other fields", thing(a=N), {"type": "object", "additionalProperties": real()},
     READERS, "a fraction may come in a", ""),
    ("response", "other fields typed otherwise", {"additionalProperties": N}, {"additionalProperties": T}, READERS,
     "a text comes", ""),
    # Composition.
    ("body", "oneOf schema added", one_of(T), one_of(T, N), None, "the others remain", ""),
    ("body", "oneOf schema removed", one_of(T, N), one_of(T), CALLERS, "numbers are refused", ""),
    ("response", "oneOf schema added", one_of(T), one_of(T, N), READERS, "a number may come", ""),
    ("response", "oneOf schema removed", one_of(T, N), one_of(T), None, "texts still come", ""),
    ("body", "oneOf schema added that overlaps", one_of(real()), one_of(real(), N), CALLERS, "integers match both",
     "oasdiff informs; a value that two schemas match is refused"),
    ("response", "oneOf schema added that overlaps", one_of(real()), one_of(real(), N), None, "integers come no more",
     ""),
    ("body", "oneOf schema removed that overlaps", one_of(real(), N), one_of(real()), None, "no number is refused", ""),
    ("response", "oneOf schema removed that overlaps", one_of(real(), N), one_of(real()), READERS, "integers may come",
     ""),
    ("body", "oneOf open object added", one_of(thing(a=T)), one_of(thing(a=T), thing(b=T)), CALLERS,
     "an object without fields matches both", "oasdiff informs; a value that two schemas match is refused"),
    ("body", "oneOf object of another kind added", one_of(thing("k", k=K)), one_of(thing("k", k=K), thing("k", k=L)),
     None, "k tells them apart", ""),
    ("body", "oneOf object without the required field added", one_of(thing("a", a=T)),
     one_of(thing("a", a=T), {**thing(b=T), **CLOSED}), None, "a is refused in the other", ""),
    ("body", "oneOf field of one object wider", one_of(thing(a=T), thing(b=T)),
     one_of(thing(a={"type": ["string", "integer"]}), thing(b=T)), CALLERS, "a number in a matches both now",
     "peers compare each object alone"),
    ("body", "anyOf -> oneOf", any_of(real(), N), one_of(real(), N), CALLERS, "integers match both", ""),
    ("response", "oneOf -> anyOf", one_of(real(), N), any_of(real(), N), READERS, "integers may come", ""),
    ("body", "anyOf -> oneOf without a common value", any_of(T, N), one_of(T, N), None, "no value matches both", ""),
    ("body", "oneOf range wider up to another", one_of(real(minimum=9), N5), one_of(real(minimum=9), whole(maximum=9)),
     CALLERS, "9 matches both", ""),
    ("body", "oneOf range wider below another", one_of(real(minimum=9), N5), one_of(real(minimum=9), whole(maximum=8)),
     None, "no number matches both", ""),
    ("body", "oneOf object removed", one_of(CAT, DOG), one_of(CAT), CALLERS, "dogs are refused", ""),
    ("response", "anyOf object added", {"anyOf": [CAT]}, {"anyOf": [CAT, DOG]}, READERS, "a dog may come",
     "older oasdiff informs, since a reader may be lenient"),
    ("body", "allOf schema added", all_of(thing(a=T)), all_of(thing(a=T), thing("b", b=T)), CALLERS, "b is missing",
     ""),
    ("body", "allOf schema removed", all_of(thing(a=T), thing("b", b=T)), all_of(thing(a=T)), CALLERS,
     "field b is gone", "oasdiff calls it a widening; what b did is gone, as for any removed field"),
    ("response", "allOf field optional", all_of(thing("a", a=T)), all_of(thing(a=T)), READERS, "a may be missing", ""),
    ("body", "allOf of one written out", all_of(CAT), CAT, None, "the same values", ""),
    ("body", "not set", T, text(**{"not": {"enum": ["a"]}}), CALLERS, "a is refused", ""),
    ("response", "not unset", text(**{"not": {"enum": ["a"]}}), T, READERS, "a may come", ""),
    ("body", "if/then set", thing(a=T), {**thing(a=T), "if": {"required": ["a"]}, "then": {"required": ["b"]}}, CALLERS,
     "a without b is refused", ""),
    ("response", "if/then set", thing(), {**thing(), "if": {"required": ["a"]}, "then": {"required": ["b"]}}, None,
     "no new object can come", ""),
    ("body", "contains set", row(), row(contains=T), CALLERS, "arrays without a text are refused", ""),
    ("response", "contains unset", row(contains=T), row(), READERS, "no text may be there", ""),
    ("body", "prefixItems set", row(), row(prefixItems=[T]), CALLERS, "another first item is refused", ""),
    ("response", "prefixItems set", row(), row(prefixItems=[T]), None, "no new array can come", ""),
    ("response", "prefixItems in another order", row(prefixItems=[T, N]), row(prefixItems=[N, T]), READERS,
     "the first item is a number", ""),
    ("body", "propertyNames set", thing(), {**thing(), "propertyNames": text(maxLength=3)}, CALLERS, "long names", ""),
    ("body", "dependentRequired set", thing(), {**thing(), "dependentRequired": {"a": ["b"]}}, CALLERS, "a alone", ""),
    ("response", "dependentRequired unset", {**thing(), "dependentRequired": {"a": ["b"]}}, thing(), READERS,
     "b may be missing beside a", ""),
    ("body", "dependentSchemas set", thing(), {**thing(), "dependentSchemas": {"a": {"minProperties": 2}}}, CALLERS,
     "a alone is refused", ""),
    ("body", "patternProperties set", thing(), {**thing(), "patternProperties": {"^x": T}}, CALLERS, "x: 1", ""),
    ("body", "discriminator set", one_of(CAT, DOG), one_of(CAT, DOG, **KIND), CALLERS, "kind must be cat or dog",
     "older oasdiff informs; kind may have had any value so far"),
    ("response", "discriminator set", one_of(CAT, DOG), one_of(CAT, DOG, **KIND), None, "kind still comes",
     "openapi-diff calls any such change incompatible; a reader may ignore the discriminator"),
    ("response", "discriminator unset", one_of(CAT, DOG, **KIND), one_of(CAT, DOG), READERS, "kind may be anything",
     "older oasdiff informs; a reader that chose by kind cannot any more"),
    ("response", "discriminator value added", one_of(CAT, DOG, **KIND),
     one_of(CAT, DOG, discriminator={"propertyName": "kind", "mapping": {"cat": "Cat", "dog": "Dog", "pup": "Dog"}}),
     READERS, "pup may come", "older oasdiff informs; a new value of an enumeration breaks readers, too"),
    ("body", "discriminator field changed", one_of(CAT, DOG, **KIND),
     one_of(CAT, DOG, discriminator={**KIND["discriminator"], "propertyName": "type"}), CALLERS, "type is missing",
     "older oasdiff informs; openapi-diff calls it incompatible, as here"),
    # Defaults, words, deprecation.
    ("body", "default changed", whole(default=1), whole(default=2), None, "what is sent stays valid", ""),
    ("query", "default changed", whole(default=1), whole(default=2), None, "what is sent stays valid",
     "older oasdiff calls it breaking; the report names it, since results change where the value is left out"),
    ("query", "default set", N, whole(default=2), None, "what is sent stays valid", "the same"),
    ("query", "default unset", whole(default=1), N, None, "what is sent stays valid", "the same"),
    ("response", "default changed", whole(default=1), whole(default=2), None, "what comes is as before", ""),
    ("body", "description changed", text(description="a"), text(description="b"), None, "no effect", ""),
    ("body", "example changed", text(examples=["a"]), text(examples=["b"]), None, "no effect", ""),
    ("body", "field deprecated", T, text(deprecated=True), None, "it still works", ""),
    # Parameters.
    ("operation", "optional parameter added", {}, parameter(), None, "no client has to send it", ""),
    ("operation", "required parameter added", {}, parameter(required=True), CALLERS, "requests without it", ""),
    ("operation", "required header added", {}, parameter(place="header", required=True), CALLERS,
     "requests without", ""),
    ("operation", "required cookie added", {}, parameter(place="cookie", required=True), CALLERS,
     "requests without", ""),
    ("operation", "required parameter with a default", {}, parameter(required=True, schema=text(default="a")), CALLERS,
     "a required parameter must be sent", ""),
    ("operation", "parameter removed", parameter(), {}, CALLERS, "what it did is gone", ""),
    ("operation", "deprecated parameter removed", parameter(deprecated=True), {}, CALLERS, "what it did is gone",
     "oasdiff lets it go after its sunset date; whether all callers have gone, a document does not say"),
    ("operation", "parameter required", parameter(), parameter(required=True), CALLERS, "requests without it", ""),
    ("operation", "parameter optional", parameter(required=True), parameter(), None, "it may still be sent", ""),
    ("operation", "parameter moved", parameter(), parameter(place="header"), CALLERS, "the query has none", ""),
    ("operation", "parameter deprecated", parameter(), parameter(deprecated=True), None, "it still works", ""),
    ("operation", "header in other case", parameter("A", "header"), parameter("a", "header"), None,
     "case is ignored", ""),
    ("operation", "empty value refused", parameter(allowEmptyValue=True), parameter(), CALLERS, "?p is refused", ""),
    ("operation", "empty value allowed", parameter(), parameter(allowEmptyValue=True), None, "no client has to", ""),
    ("operation", "style changed", parameter(schema=row()), parameter(schema=row(), style="pipeDelimited"), CALLERS,
     "p=a&p=b is read otherwise", ""),
    ("operation", "explode changed", parameter(schema=row()), parameter(schema=row(), explode=False), CALLERS,
     "p=a&p=b is read otherwise", ""),
    # Bodies and responses.
    ("operation", "required body added", {}, {"requestBody": {"required": True, **media("a/b")}}, CALLERS,
     "no body", ""),
    ("operation", "optional body added", {}, {"requestBody": media("a/b")}, None, "no client has to send one", ""),
    ("operation", "body removed", {"requestBody": media("a/b")}, {}, CALLERS, "it is ignored or refused", ""),
    ("operation", "body required", {"requestBody": media("a/b")}, {"requestBody": {"required": True, **media("a/b")}},
     CALLERS, "requests without one are refused", ""),
    ("operation", "body optional", {"requestBody": {"required": True, **media("a/b")}}, {"requestBody": media("a/b")},
     None, "bodies are still taken", ""),
    ("operation", "media type of a request added", {"requestBody": media("a/b")}, {"requestBody": media("a/b", "a/c")},
     None, "no client has to use it", ""),
    ("operation", "media type of a request removed", {"requestBody": media("a/b", "a/c")},
     {"requestBody": media("a/b")}, CALLERS, "a/c is refused", ""),
    ("operation", "media type of a request made a range", {"requestBody": media("a/b")}, {"requestBody": media("a/*")},
     None, "a/b is in a/*", ""),
    ("operation", "media type of a response added", answers(**{"200": ok(**media("a/b"))}),
     answers(**{"200": ok(**media("a/b", "a/c"))}), None, "readers ask for what they know", ""),
    ("operation", "media type of a response removed", answers(**{"200": ok(**media("a/b", "a/c"))}),
     answers(**{"200": ok(**media("a/b"))}), READERS, "a/c comes no longer", ""),
    ("operation", "media type of a response made a range", answers(**{"200": ok(**media("a/b"))}),
     answers(**{"200": ok(**media("a/*"))}), READERS, "a/c may come", ""),
    ("operation", "media type of a response made narrower", answers(**{"200": ok(**media("a/*"))}),
     answers(**{"200": ok(**media("a/b"))}), None, "a/b is in a/*", ""),
    ("operation", "media type with a parameter", answers(**{"200": ok(**media("a/b"))}),
     answers(**{"200": ok(**media("a/b; charset=utf-8"))}), None, "the type is the same", ""),
    ("operation", "success removed", answers("200", "201"), answers("200"), READERS, "201 comes no longer", ""),
    ("operation", "success added", answers("200"), answers("200", "202"), READERS, "a reader does not know 202",
     "older oasdiff informs; a client takes the successes that its document lists, and its body may be another one"),
    ("operation", "error removed", answers("200", "404"), answers("200"), None, "readers must expect any error", ""),
    ("operation", "error added", answers("200"), answers("200", "404"), None, "readers must expect any error", ""),
    ("operation",
     "required response header removed", answers(**{"200": ok(headers={"X": {"required": True, "schema": T}})}),
     answers("200"), READERS, "readers relied on it", ""),
    ("operation", "optional response header removed", answers(**{"200": ok(headers={"X": {"schema": T}})}),
     answers("200"), READERS, "readers that use it find it never",
     "oasdiff lets it pass since 1.30; see optional field"),
    ("operation", "response header added", answers("200"), answers(**{"200": ok(headers={"X": {"schema": T}})}), None,
     "readers ignore it", ""),
    ("operation", "response header optional", answers(**{"200": ok(headers={"X": {"required": True, "schema": T}})}),
     answers(**{"200": ok(headers={"X": {"schema": T}})}), READERS, "it may be missing", ""),
    ("operation", "link changed", answers(**{"200": ok(links={"a": {"operationId": "b"}})}), answers("200"), None,
     "a link is a hint", ""),
    # Operations.
    ("operation", "operationId changed", {"operationId": "a"}, {"operationId": "b"}, None, "requests have no ID",
     "oasdiff has an optional check; generated clients rename a function, which their own version tells"),
    ("operation", "tag removed", {"tags": ["a"]}, {}, None, "requests have no tags", ""),
    ("operation", "deprecated", {}, {"deprecated": True}, None, "it still works",
     "oasdiff can demand a sunset date; that is a policy"),
    ("operation", "summary changed", {"summary": "a"}, {"summary": "b"}, None, "no effect", ""),
    ("operation", "servers of its own", {}, {"servers": [{"url": "https://c.test"}]}, CALLERS,
     "a.test has it no longer",
     "oasdiff lets any change of servers pass"),
    ("operation", "callback added", {}, {"callbacks": {"c": {"/x": {"post": answers("200")}}}}, None, "on request", ""),
    ("operation", "callback removed", {"callbacks": {"c": {"/x": {"post": answers("200")}}}}, {}, READERS,
     "none come", ""),
    ("document", "operation removed", {"paths": {"/b": {"get": answers("200")}}}, {"paths": {}}, CALLERS, "404", ""),
    ("document", "operation added", {"paths": {}}, {"paths": {"/b": {"get": answers("200")}}}, None, "no effect", ""),
    ("document", "deprecated operation removed", {"paths": {"/b": {"get": {**answers("200"), "deprecated": True}}}},
     {"paths": {}}, CALLERS, "404", "oasdiff lets it go after its sunset date; a caller of it breaks all the same"),
    ("document", "path parameter renamed",
     {"paths": {"/b/{x}": {"get": {**parameter("x", "path", required=True), **answers("200")}}}},
     {"paths": {"/b/{y}": {"get": {**parameter("y", "path", required=True), **answers("200")}}}}, None,
     "requests do not hold the name", ""),
    ("document", "webhook removed", hook(), {"webhooks": {}}, READERS, "none come", ""),
    ("document", "webhook added", {"webhooks": {}}, hook(), None, "on request", ""),
    ("document", "webhook value added", hook(**sent(AB)), hook(**sent(ABC)), READERS, "c may come", ""),
    ("document", "webhook value removed", hook(**sent(ABC)), hook(**sent(AB)), None, "no new value can come", ""),
    ("document", "unused schema removed", {"components": {"schemas": {**COMPONENTS, "X": T}}}, {}, None, "no effect",
     "oasdiff has an optional check; only what messages hold counts here"),
    # Servers and security.
    ("document", "server removed", {"servers": [{"url": "https://a.test"}, {"url": "https://b.test"}]},
     {"servers": [{"url": "https://a.test"}]}, CALLERS, "b.test may be gone",
     "oasdiff lets any change of servers pass"),
    ("document", "server added", {"servers": [{"url": "https://a.test"}]},
     {"servers": [{"url": "https://a.test"}, {"url": "https://b.test"}]}, None, "a.test remains", ""),
    ("document", "server variable's value removed", served(default="eu", enum=["eu", "us"]),
     served(default="eu", enum=["eu"]), CALLERS, "us is gone", "oasdiff lets any change of servers pass"),
    ("document", "server variable's value added", served(default="eu", enum=["eu"]),
     served(default="eu", enum=["eu", "us"]), None, "eu remains", ""),
    ("document", "server variable restricted", served(default="eu"), served(default="eu", enum=["eu"]), CALLERS,
     "us is gone", "oasdiff lets any change of servers pass"),
    ("document", "server variable free", served(default="eu", enum=["eu"]), served(default="eu"), None, "eu stays", ""),
    ("document", "server variable's default changed", served(default="eu"), served(default="us"), None,
     "eu remains; the report names it", ""),
    ("document", "security added", secured([]), secured([{"key": []}]), CALLERS, "requests without a key are refused",
     "older oasdiff informs; a caller without a key gets 401"),
    ("document", "security removed", secured([{"key": []}]), secured([]), None, "a key does no harm", ""),
    ("document", "alternative security added", secured([{"key": []}]), secured([{"key": []}, {"token": []}]), None,
     "the key is still taken", ""),
    ("document", "alternative security removed", secured([{"key": []}, {"token": []}]), secured([{"key": []}]), CALLERS,
     "the token is refused", ""),
    ("document", "both schemes needed", secured([{"key": []}]), secured([{"key": [], "token": []}]), CALLERS,
     "the key alone is refused", ""),
    ("document", "scheme renamed", secured([{"key": []}]),
     secured([{"k": []}], k={"type": "apiKey", "in": "header", "name": "X-Key"}), None, "the header is the same",
     "peers compare names; a request holds none"),
    ("document", "key in another header", secured([{"key": []}]),
     secured([{"key": []}], key={"type": "apiKey", "in": "header", "name": "X-Other"}), CALLERS, "X-Key is ignored",
     ""),
    ("document", "scope needed", secured([{"key": []}]), secured([{"key": ["r"]}]), CALLERS, "keys without it", ""),
    ("document", "scope no longer needed", secured([{"key": ["r"]}]), secured([{"key": []}]), None,
     "more is enough", ""),
    ("document", "tokenUrl changed", oauth(), oauth(tokenUrl="/other"), CALLERS, "tokens come from elsewhere",
     "older oasdiff informs; openapi-diff calls it incompatible, as here"),
    ("document", "authorizationUrl changed", oauth(), oauth(authorizationUrl="/other"), CALLERS,
     "the login is elsewhere",
     "older oasdiff informs; openapi-diff calls it incompatible, as here"),
    ("document", "refreshUrl added", oauth(), oauth(refreshUrl="/more"), None, "tokens come as before", ""),
    ("document", "refreshUrl changed", oauth(refreshUrl="/a"), oauth(refreshUrl="/b"), CALLERS, "/a may be gone",
     "older oasdiff informs; openapi-diff calls it incompatible, as here"),
    ("document", "scope added to a flow", oauth(scopes={"r": ""}), oauth(), None, "no client has to ask for it", ""),
    ("document", "scope removed from a flow", oauth(), oauth(scopes={"r": ""}), CALLERS, "asking for w fails", ""),
]
# fmt: on


def document(place: str, content: Any) -> dict[str, Any]:
    """A document with content at a place."""
    body = {"content": {"application/json": {"schema": content}}}
    responses = {"200": {"description": "OK", **(body if place == "response" else {})}}
    if place == "response header":
        responses["200"]["headers"] = {"X": {"schema": content}}
    operation: dict[str, Any] = {"operationId": "a", "responses": responses}
    if place == "body":
        operation["requestBody"] = body
    if place in {"query", "path", "header", "cookie"}:
        operation["parameters"] = [{"in": place, "name": "p", "schema": content, "required": place == "path"}]
    if place == "operation":
        operation |= content
    found = {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://a.test"}],
        "paths": {"/things/{p}" if place == "path" else "/things": {"post": operation}},
        "components": {"schemas": COMPONENTS},
    }
    return copy.deepcopy({**found, **content} if place == "document" else found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}: {case[1]}")
def test_verdict__is_the_one_of_the_table(case: Case) -> None:
    """Each kind of change breaks whom the table says."""
    place, _, before, after, verdict, _, _ = case
    found = group_changes(DocumentComparison(document(place, before), document(place, after)).compare())
    assert {row.breaks for row in found} - {None} == ({verdict} if verdict else set())


def test_table__has_a_reason_for_each_verdict() -> None:
    """Each of at least 120 kinds stands in the table once, with a reason, and some differ from a peer's verdict."""
    assert len({case[:2] for case in CASES}) == len(CASES) >= 120
    assert all(case[5] for case in CASES) and sum(bool(case[6]) for case in CASES) >= 10
