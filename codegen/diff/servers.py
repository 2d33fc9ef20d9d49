"""Compares the servers of the document or of an operation, and their variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .changes import NEITHER, SENDER, Change
from .keywords import format_value

Object: TypeAlias = Mapping[str, Any]


def compare_servers(old: Sequence[Object], new: Sequence[Object]) -> Iterator[Change]:
    """Compare two lists of servers."""
    before, after = ({server["url"]: server for server in version} for version in (old, new))
    for url, server in before.items():
        if url not in after:
            yield Change(f"server {url} removed", SENDER, "removed")
        else:
            yield from _compare_variables(url, server.get("variables", {}), after[url].get("variables", {}))
    for url in after:
        if url not in before:
            yield Change(f"new server {url}", NEITHER, "added")
    if old and new and old[0]["url"] != new[0]["url"]:
        yield Change(f"first server {old[0]['url']} -> {new[0]['url']}; clients use it by default")


def _compare_variables(url: str, old: Object, new: Object) -> Iterator[Change]:
    """Compare the variables of one URL; both versions have the same ones, since they are written in it."""
    for name in (name for name in old if name in new):
        one, other = old[name], new[name]
        where = f"variable {name} of server {url}"
        if one["default"] != other["default"]:
            values = f"{format_value(one['default'])} -> {format_value(other['default'])}"
            yield Change(f"{where}: default {values}; clients use it by default")
        before, after = one.get("enum"), other.get("enum")
        if before is None and after is not None:
            yield Change(f"{where}: from now on only {' or '.join(map(format_value, after))}", SENDER)
        elif before is not None and after is None:
            yield Change(f"{where}: from now on any value")
        elif before is not None and after is not None:
            for value in before:
                if value not in after:
                    yield Change(f"{where}: value {format_value(value)} removed", SENDER, "removed")
            for value in after:
                if value not in before:
                    yield Change(f"{where}: new value {format_value(value)}", NEITHER, "added")
