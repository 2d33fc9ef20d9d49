"""Compares the keywords of two schemas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from ..document.values import equal
from .changes import NEITHER, RECEIVER, SENDER, Change, Kind, Role
from .enumerations import LOWER_BOUNDS, UPPER_BOUNDS

# The extension that explains where the spec departs from the published description.
_DEPARTURE = "x-departure"
# The formats that all values of another one have.
_WIDER_FORMATS = {
    "int32": ("int64", "double"),
    "float": ("double",),
    "uri": ("uri-reference", "iri", "iri-reference"),
    "uri-reference": ("iri-reference",),
    "iri": ("iri-reference",),
    "hostname": ("idn-hostname",),
    "email": ("idn-email",),
}


def compare_required(was: bool, now: bool, exempt: frozenset[Role] = NEITHER, *path: str) -> Iterator[Change]:
    """Compare whether a field or parameter is required.

    Args:
        was: Whether it was required.
        now: Whether it is.
        exempt: The ends that never send or receive it.
        path: The field, if it is one.
    """
    if now and not was:
        yield Change("now required", SENDER - exempt, path=path)
    if was and not now:
        yield Change("no longer required", RECEIVER - exempt, path=path)


def compare_use(
    old: Mapping[str, Any], new: Mapping[str, Any], was_required: bool, is_required: bool, name: str
) -> Iterator[Change]:
    """Compare whether a field is required, read-only or write-only.

    Args:
        old: The annotations of the field in the older version.
        new: The annotations of the field in the newer version.
        was_required: Whether it was required.
        is_required: Whether it is.
        name: Its name.
    """
    yield from compare_required(was_required, is_required, exempt_roles(new) | (exempt_roles(old) & RECEIVER), name)
    for keyword, role in (("readOnly", SENDER), ("writeOnly", RECEIVER)):
        was, now = old.get(keyword) is True, new.get(keyword) is True
        if now and not was:
            yield Change(f"new {keyword} true", role, path=(name,))
        elif was and not now:
            # A required field that no request held before must be in each of them now.
            breaks = SENDER if role == SENDER and was_required and is_required else NEITHER
            yield Change(f"{keyword} true removed", breaks, path=(name,))


def exempt_roles(annotations: Mapping[str, Any]) -> frozenset[Role]:
    """Return the ends that never have a field: no request has a read-only one, and no response a write-only one."""
    exempt: frozenset[Role] = SENDER if annotations.get("readOnly") is True else NEITHER
    return exempt | (RECEIVER if annotations.get("writeOnly") is True else NEITHER)


def compare_annotations(old: Mapping[str, Any], new: Mapping[str, Any], extension: bool = False) -> Iterator[Change]:
    """Compare annotations: descriptions, defaults and extensions, which break neither end.

    Args:
        old: The older version.
        new: The newer version.
        extension: Whether they are parts of an extension, which programs read.
    """
    for keyword in dict.fromkeys((*old, *new)):
        one, other = old.get(keyword), new.get(keyword)
        read = extension or (keyword.startswith("x-") and keyword != _DEPARTURE)
        if (keyword in old) == (keyword in new) and equal(one, other):
            continue
        if isinstance(one, dict) and isinstance(other, dict) and keyword != "default":
            yield from (change.under(keyword) for change in compare_annotations(one, other, read))
        elif read or keyword == "default" or isinstance(new.get(keyword, one), bool):
            kind: Kind = "default" if keyword == "default" else "changed" if read else "words"
            yield Change(_format_change(keyword, one, other, keyword in old, keyword in new), kind=kind)
        else:
            yield Change(f"{keyword} changed", kind="words")


def compare_bound(keyword: str, old: tuple[Any, bool] | None, new: tuple[Any, bool] | None) -> Iterator[Change]:
    """Compare a bound; None stands for an absent one."""
    if old is None and new is not None:
        yield Change(f"new {_format_bound(keyword, *new)}", SENDER)
    elif old is not None and new is None:
        yield Change(f"{_format_bound(keyword, *old)} removed", RECEIVER)
    elif old is not None and new is not None and old != new:
        before, after = _format_bound(keyword, *old), _format_bound(keyword, *new)
        message = f"{before} -> {new[0] if before.split()[0] == after.split()[0] else after}"
        yield Change(message, SENDER if (new > old) == (keyword in (*LOWER_BOUNDS, "minContains")) else RECEIVER)


def compare_assertion(keyword: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Change]:
    """Compare the values of an assertion such as `pattern`, all of which must hold."""
    lost = [value for value in old if not _is_implied(keyword, value, new)]
    fresh = [value for value in new if not _is_implied(keyword, value, old)]
    if lost or fresh:
        one, other = (values[0] if len(values) == 1 else list(values) for values in (old, new))
        breaks = (SENDER if fresh else NEITHER) | (RECEIVER if lost else NEITHER)
        yield Change(_format_change(keyword, one, other, bool(old), bool(new)), breaks)


def compare_enum(old: list[Any] | None, new: list[Any] | None) -> Iterator[Change]:
    """Compare two enumerations; None stands for an absent one."""
    if old is None and new is not None:
        yield Change(f"from now on only {join_values(new)}", SENDER)
    elif new is None and old is not None:
        yield Change(f"from now on any value, so far only {join_values(old)}", RECEIVER)
    elif old is not None and new is not None:
        for value in _values_without(old, new):
            yield Change(f"value {format_value(value)} removed", SENDER, "removed")
        for value in _values_without(new, old):
            yield Change(f"new value {format_value(value)}", RECEIVER, "added")


def join_values(values: list[Any]) -> str:
    """Format alternative values."""
    return " or ".join(map(format_value, values))


def format_value(value: Any) -> str:
    """Format a value as JSON of at most 80 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _format_change(keyword: str, old: Any, new: Any, was: bool, now: bool) -> str:
    if was and now:
        return f"{keyword} {format_value(old)} -> {format_value(new)}"
    return f"new {keyword} {format_value(new)}" if now else f"{keyword} {format_value(old)} removed"


def _format_bound(keyword: str, value: Any, flag: bool) -> str:
    # The flag of a lower bound means exclusive, that of an upper bound inclusive.
    exclusive = flag != (keyword in (*UPPER_BOUNDS, "maxContains"))
    return f"{keyword.replace('m', 'exclusiveM', 1) if exclusive else keyword} {value}"


def _is_implied(keyword: str, value: Any, values: Iterable[Any]) -> bool:
    if keyword == "multipleOf":
        return any(Fraction(str(other)) % Fraction(str(value)) == 0 for other in values)
    if keyword == "format":
        return value in values or any(value in _WIDER_FORMATS.get(other, ()) for other in values)
    return value in values


def _values_without(values: list[Any], others: list[Any]) -> list[Any]:
    return [value for value in values if not any(equal(value, other) for other in others)]
