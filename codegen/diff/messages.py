"""Compares the parameters, request bodies and responses of an operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ..document.references import component_name, dereference
from ..document.values import equal
from .changes import BOTH, NEITHER, RECEIVER, SENDER, Change, LocatedChange, Location
from .keywords import compare_annotations, compare_required
from .repetition import array_of, is_scalar
from .schemas import SchemaComparison

Object: TypeAlias = Mapping[str, Any]
Comparison: TypeAlias = Callable[[Location, Object, Object], Iterator[LocatedChange]]

_NOT_ANNOTATIONS = {
    *("in", "name", "required", "schema", "content", "headers"),
    *("style", "explode", "allowReserved", "allowEmptyValue"),
}
_DEFAULT_STYLES = {"query": "form", "cookie": "form"}


class MessageComparison:
    """Compares parts of an operation in two versions of the document.

    Args:
        old: The older version.
        new: The newer version.
    """

    def __init__(self, old: Object, new: Object) -> None:
        self._old = old
        self._new = new
        self._schemas = SchemaComparison(old, new)

    def compare_part(self, location: Location, old: Object | None, new: Object | None) -> Iterator[LocatedChange]:
        """Compare a parameter, a request body or a response header; None stands for an absent one."""
        if old is None and new is not None:
            required = dereference(self._new, new).get("required")
            message = "new and required" if required else "new, optional"
            yield from location.locate(Change(message, SENDER if required else NEITHER, "added"))
        elif old is not None and new is None:
            yield from location.locate(Change("removed", BOTH, "removed"))
        elif old is not None and new is not None:
            yield from self._compare_dereferenced(location, old, new, self._parameter)

    def compare_responses(self, location: Location, old: Object, new: Object) -> Iterator[LocatedChange]:
        """Compare the responses of an operation.

        Args:
            location: The operation, with the role and party at the end of its responses.
            old: The older version, by status code.
            new: The newer version, by status code.
        """
        for status in dict.fromkeys((*old, *new)):
            response = location.part(f"response {status}")
            before, after = _matching_status(status, old), _matching_status(status, new)
            success = status.startswith("2")
            narrower = [known for known in new if status == f"{known[0]}XX"]
            if before is None:
                # A client accepts only the successes that its document lists, but must expect any error.
                yield from response.locate(Change("new", RECEIVER if success else NEITHER, "added"))
            elif after is not None:
                found = self._compare_dereferenced(response, old[before], new[after], self._response)
                yield from (change for change in found if before == after or change.kind != "words")
            elif narrower:
                yield from response.locate(Change(f"now only {', '.join(narrower)}", SENDER))
            else:
                yield from response.locate(Change("removed", BOTH if success else NEITHER, "removed"))

    def _compare_dereferenced(
        self, location: Location, old: Object, new: Object, compare: Comparison
    ) -> Iterator[LocatedChange]:
        """Compare two objects, each of which may be a reference."""
        found = compare(location, dereference(self._old, old), dereference(self._new, new))
        names = [component_name(part["$ref"]) for part in (old, new) if "$ref" in part]
        return location.in_component(names[1], found) if len(names) == 2 else found

    def _parameter(self, location: Location, old: Object, new: Object) -> Iterator[LocatedChange]:
        yield from location.locate(*compare_required(bool(old.get("required")), bool(new.get("required"))))
        if ("schema" in old and "content" in new) or ("content" in old and "schema" in new):
            # In JSON, the text abc is "abc", so that neither end understands the other's form.
            one, other = (next(iter(version.get("content", {})), "plain text") for version in (old, new))
            yield from location.locate(Change(f"written {one} -> {other}", BOTH))
            yield from location.locate(*compare_annotations(_annotations(old), _annotations(new)))
            return
        yield from location.locate(*self._parameter_schema(old, new))
        was_empty, is_empty = (version.get("allowEmptyValue", False) for version in (old, new))
        if was_empty != is_empty:
            change = Change("an empty value is now allowed", RECEIVER)
            yield from location.locate(change if is_empty else Change("an empty value is no longer allowed", SENDER))
        if (before := _serialization(old)) != (after := _serialization(new)):
            yield from location.locate(Change(f"written {before} -> {after}", BOTH))
        yield from self._content(location, old.get("content", {}), new.get("content", {}))
        yield from location.locate(*compare_annotations(_annotations(old), _annotations(new)))

    def _parameter_schema(self, old: Object, new: Object) -> Iterator[Change]:
        """Compare the schemas of a parameter, of which an array may be the other's values repeated: `q=1&q=2`."""
        before, after = old.get("schema", True), new.get("schema", True)
        if all(_serialization(version) == "form exploded" for version in (old, new)):
            was_array, is_array = array_of(self._old, before), array_of(self._new, after)
            was_single, is_single = is_scalar(self._old, before), is_scalar(self._new, after)
            if was_single and is_array:
                yield Change("may now be repeated; one value is an array of one", RECEIVER)
                if is_array.min_items > 1:
                    yield Change(f"new minItems {is_array.min_items}", SENDER)
                after = is_array.items
            elif was_array and is_single:
                yield Change("may no longer be repeated", SENDER)
                before = was_array.items
        yield from self._schemas.compare(before, after, plain_text=True)

    def _response(self, location: Location, old: Object, new: Object) -> Iterator[LocatedChange]:
        one, other = ({name.lower(): name for name in version.get("headers", {})} for version in (old, new))
        for key in dict.fromkeys((*one, *other)):
            before = old["headers"][one[key]] if key in one else None
            after = new["headers"][other[key]] if key in other else None
            yield from self.compare_part(location.part(f"header {other.get(key) or one[key]}"), before, after)
        yield from self._content(location, old.get("content", {}), new.get("content", {}))
        yield from location.locate(*compare_annotations(_annotations(old), _annotations(new)))

    def _content(self, location: Location, old: Object, new: Object) -> Iterator[LocatedChange]:
        """Compare the media types of a body."""
        before, after = ({_media_type(name): part for name, part in version.items()} for version in (old, new))
        renamed = _renamed_media_types([*before], [*after])
        for name in dict.fromkeys((*before, *after)):
            if name in renamed.values() and name not in before:
                continue
            new_name = renamed.get(name, name)
            if new_name not in after:
                yield from location.locate(Change(f"media type {name} removed", BOTH, "removed"))
            elif name not in before:
                yield from location.locate(Change(f"new media type {name}", NEITHER, "added"))
            else:
                one, other = before[name], after[new_name]
                body = location if len(before) == len(after) == 1 else location.part(new_name)
                if name != new_name:
                    breaks = NEITHER if _includes(new_name, name) else SENDER
                    breaks |= NEITHER if _includes(name, new_name) else RECEIVER
                    yield from body.locate(Change(f"media type {name} -> {new_name}", breaks))
                yield from body.locate(*self._schemas.compare(one.get("schema", True), other.get("schema", True)))
                if not equal(one.get("encoding", {}), other.get("encoding", {})):
                    yield from body.locate(Change("encoding changed, which cannot be classified", BOTH))


def _matching_status(status: str, responses: Object) -> str | None:
    """Return the key of the response that describes a status code."""
    return next((key for key in (status, f"{status[0]}XX", "default") if key in responses), None)


def _serialization(part: Object) -> str:
    """Describe how the value of a parameter is serialized."""
    style = part.get("style", _DEFAULT_STYLES.get(part.get("in", ""), "simple"))
    exploded = part.get("explode", style == "form")
    return " ".join([style, *["exploded"] * exploded, *["with reserved characters"] * bool(part.get("allowReserved"))])


def _annotations(part: Object) -> Object:
    return {key: value for key, value in part.items() if key not in _NOT_ANNOTATIONS}


def _media_type(name: str) -> str:
    return name.lower().replace(" ", "")


def _renamed_media_types(old: list[str], new: list[str]) -> dict[str, str]:
    """Return the media types that are gone with a new one in place of each: a wider or narrower range of the same."""
    renamed: dict[str, str] = {}
    for name in old:
        if name not in new:
            known = {*old, *renamed.values()}
            found = (one for one in new if one not in known and (_includes(one, name) or _includes(name, one)))
            if (match := next(found, None)) is not None:
                renamed[name] = match
    return renamed


def _includes(media_range: str, name: str) -> bool:
    """Return whether a range such as `text/*` includes a media type; parameters such as the charset do not count."""
    one, other = (part.partition(";")[0].split("/") for part in (media_range, name))
    return all(mine in ("*", theirs) for mine, theirs in zip(one, other, strict=False))
