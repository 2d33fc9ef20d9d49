"""Resolves the references and unions of a model's schemas to plain ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from ..documents.reading import unescape

Report = Callable[[str], None]
"""Takes what is wrong with a schema, as the end of a sentence whose subject is the field."""

_ANNOTATIONS = frozenset(
    {"title", "description", "default", "x-order", "example", "examples", "deprecated", "nullable"}
)
_MAX_DEPTH = 50
# What the values of keywords must be, for those who read a resolved schema.
_VALUES: Mapping[str, tuple[type, ...]] = {
    "title": (str,),
    "description": (str,),
    "type": (str, list),
    "enum": (list,),
    "examples": (list,),
    "format": (str,),
    "pattern": (str,),
    "minimum": (int, float),
    "exclusiveMinimum": (int, float),
    "maximum": (int, float),
    "exclusiveMaximum": (int, float),
    "multipleOf": (int, float),
    "minLength": (int, float),
    "maxLength": (int, float),
    "minItems": (int, float),
    "maxItems": (int, float),
    "minProperties": (int, float),
    "maxProperties": (int, float),
    "uniqueItems": (bool,),
    "required": (list,),
    "properties": (dict,),
    "patternProperties": (dict,),
    "items": (dict, list, bool),
    "prefixItems": (list,),
    "additionalProperties": (dict, bool),
    "propertyNames": (dict, bool),
    "contains": (dict, bool),
    "not": (dict, bool),
}
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def ignore(_: str) -> None:
    """Ignore what is wrong with a schema."""


class Resolver:
    """Resolves the schemas of one document.

    A resolved schema has no `$ref`, no `allOf`, no `const` and no union with null. `nullable` says whether null is
    allowed, and exclusive bounds are numbers; OpenAPI 3.0 and 3.1 differ in both, and Cog has written both. Its
    keywords have values of the kinds that they must have. Schemas within it are not resolved.

    Args:
        document: The model's `openapi_schema`.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def resolve(self, schema: Any, report: Report = ignore) -> dict[str, Any]:
        """A schema, resolved; empty for something that is no schema.

        Args:
            report: Is told what cannot be followed, which then counts as allowing anything.
        """
        return self._resolved(schema, report, {}, 0)

    def _resolved(self, schema: Any, report: Report, followed: dict[str, bool], depth: int) -> dict[str, Any]:
        """A schema, resolved.

        Args:
            followed: The references that were followed, and whether each leads to this schema.
            depth: How many schemas this one is part of.
        """
        if depth > _MAX_DEPTH:
            report("is nested too deeply to be followed")
            return {}
        if schema is True:
            return {}
        if schema is False:
            return {"enum": []}
        if not isinstance(schema, Mapping):
            report(f"has {schema!r:.40} where a schema belongs")
            return {}
        own = dict(schema)
        parts: list[dict[str, Any]] = []
        if "$ref" in own:
            parts.append(self._target(own.pop("$ref"), report, followed, depth + 1))
        if "allOf" in own:
            inner = _schemas(own.pop("allOf"), "allOf", report)
            parts += [self._resolved(part, report, followed, depth + 1) for part in inner]
        for union in ("anyOf", "oneOf"):
            if union not in own:
                continue
            options = _schemas(own.pop(union), union, report)
            real = [option for option in options if not is_null(option)]
            if len(real) < len(options):
                own["nullable"] = True
            if len(real) == 1:
                parts.append(self._resolved(real[0], report, followed, depth + 1))
            elif real:
                own[union] = real
        return _merged([*parts, _normalized(own, report)], report)

    def _target(self, reference: Any, report: Report, followed: dict[str, bool], depth: int) -> dict[str, Any]:
        """The schema that a reference leads to, resolved; empty if there is none."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            report(f"refers to {reference!r:.80}, outside the schema")
            return {}
        if reference in followed:
            # What was merged already adds nothing.
            if followed[reference]:
                report(f"refers to itself through {reference!r:.80}")
            return {}
        target: Any = self.document
        for part in map(unescape, unquote(reference[1:]).split("/")[1:]):
            if isinstance(target, Mapping) and part in target:
                target = target[part]
            elif isinstance(target, list) and part.isdecimal() and part.isascii() and len(part) < 10:
                target = target[int(part)] if int(part) < len(target) else None
            else:
                target = None
        if not isinstance(target, Mapping | bool):
            report(f"refers to {reference!r:.80}, which the schema does not have")
            return {}
        followed[reference] = True
        resolved = self._resolved(target, report, followed, depth)
        followed[reference] = False
        return resolved


def _schemas(found: Any, keyword: str, report: Report) -> Sequence[Any]:
    if isinstance(found, list) and found:
        return found
    report(f"has {found!r:.40} as {keyword}, where a list of schemas belongs")
    return []


def is_null(schema: Any) -> bool:
    """Return whether a schema allows nothing but null."""
    return isinstance(schema, Mapping) and (schema.get("type") == "null" or schema.get("enum") == [None])


def _normalized(schema: dict[str, Any], report: Report) -> dict[str, Any]:
    """A schema in the one form of `nullable`, `enum` and exclusive bounds; changes the schema."""
    if "const" in schema:
        schema.setdefault("enum", [schema.pop("const")])
    for bound, exclusive in _BOUNDS:
        if schema.get(exclusive) is True and bound in schema:
            schema[exclusive] = schema.pop(bound)
        elif isinstance(schema.get(exclusive), bool):
            del schema[exclusive]
    for key in [key for key, value in schema.items() if not _is_possible(key, value)]:
        report(f"has {schema.pop(key)!r:.40} as {key}, which is ignored")
    kinds, enum = schema.get("type"), schema.get("enum")
    if isinstance(kinds, list) and kinds:
        real = [kind for kind in kinds if kind != "null"]
        if len(real) < len(kinds):
            schema["nullable"] = True
        if real:
            schema["type"] = real[0] if len(real) == 1 else real
        else:
            schema["type"] = "null"
    if enum is not None and None in enum and len(enum) > 1:
        schema["nullable"] = True
        schema["enum"] = [value for value in enum if value is not None]
    return schema


def _is_possible(key: str, value: Any) -> bool:
    """Return whether a keyword may have a value."""
    kinds = _VALUES.get(key)
    if kinds is None:
        return True
    if isinstance(value, list) and key in ("type", "required") and not all(isinstance(name, str) for name in value):
        return False
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _merged(parts: list[dict[str, Any]], report: Report) -> dict[str, Any]:
    """The schemas as one; where they disagree, the last one counts, because Cog writes a field's own keywords last."""
    merged: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            before = merged.get(key)
            if key == "properties" and before is not None:
                value = {**before, **value}
            elif key == "required" and before is not None:
                value = [*before, *(name for name in value if name not in before)]
            elif key in merged and before != value and key not in _ANNOTATIONS:
                report(f"has {key} more than once, of which only the last one counts")
            merged[key] = value
    return merged
