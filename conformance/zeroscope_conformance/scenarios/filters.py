"""Filters of the list: by time, and by source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from ..checks import names_field
from ..exchange import Exchange
from ..target import Target
from ..timestamps import parse_timestamp

RULE = "list-filtered"

_INVALID_TIME = "yesterday"
_MAX_PAGES = 100
_PAUSE = 1.0


def filter_list(target: Target) -> None:
    """Filter the list by the time of one of its predictions, by source, and by invalid values."""
    filters = target.document.filters
    if RULE not in target.results:
        return
    for _ in range(2):
        # Filters need predictions of two moments.
        target.cancel(target.create(target.document.required_input)[0]["id"])
        target.clock.sleep(_PAUSE)
    pivot = _find_pivot(list(islice(_follow(target, target.call("listPredictions")), 2)))
    if pivot is not None:
        entry, older = pivot
        moment = parse_timestamp(entry["created_at"])
        _check_filtered(target, "created_after", entry, {entry["id"]}, lambda time: time >= moment)
        _check_filtered(target, "created_before", entry, {older["id"]}, lambda time: time < moment)
    for source in filters.get("source", {}).get("enum", []):
        page = target.call("listPredictions", query={"source": source})
        created = set(target.tracker.created)
        others = [one for one in page.page_entries if one.get("source", source) != source or one.get("id") in created]
        expected = f"only predictions whose source is {source}, and none that was created here"
        target.results.check(RULE, page.status == 200 and not others, expected, page.summary, page)
    for name, schema in filters.items():
        value = f"{schema['enum'][0]}-" if "enum" in schema else _INVALID_TIME
        refused = target.call("listPredictions", query={name: value})
        detail = refused.json.get("detail") if isinstance(refused.json, dict) else None
        passed = 400 <= refused.status < 500 and (names_field(refused, name) or name in str(detail))
        expected = f"4xx that names {name} for {name}={value}"
        target.results.check("filter-refused", passed, expected, refused.summary, refused)


def _follow(target: Target, page: Exchange) -> Iterator[Exchange]:
    """Yield a page and those after it."""
    for _ in range(_MAX_PAGES):
        yield page
        url = page.page_link("next")
        if url is None or not target.is_same_origin(url):
            break
        page = target.follow(url)


def _find_pivot(pages: list[Exchange]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return an entry, if possible of the second page, and the next one that was created at an earlier time."""
    for start in (1, 0):
        entries = [entry for page in pages[start:] for entry in page.page_entries]
        for index, entry in enumerate(entries):
            time = parse_timestamp(entry.get("created_at"))
            for older in entries[index + 1 :]:
                other = parse_timestamp(older.get("created_at"))
                if time is not None and other is not None and other < time:
                    return entry, older
    return None


def _check_filtered(
    target: Target,
    name: str,
    pivot: dict[str, Any],
    expected_ids: set[str],
    matches: Callable[[Any], bool],
) -> None:
    """Check that a filter lists predictions that match, and no others, on all pages."""
    if name not in target.document.filters:
        return
    first = target.call("listPredictions", query={name: pivot["created_at"]})
    # Of the later predictions, those on the next page show whether the link keeps the filter.
    for page in _follow(target, first) if name == "created_after" else [first]:
        times: list[tuple[datetime | None, dict[str, Any]]] = [
            (parse_timestamp(entry.get("created_at")), entry) for entry in page.page_entries
        ]
        others = [entry for time, entry in times if time is None or not matches(time)]
        expected = f"only predictions that match {name}={pivot['created_at']}"
        seen = f"{others[0].get('id')}, created at {others[0].get('created_at')}" if others else page.summary
        target.results.check(RULE, page.status == 200 and not others, expected, seen, page)
        expected_ids = expected_ids - {entry["id"] for _, entry in times}
    expected = f"{', '.join(expected_ids)} for {name}={pivot['created_at']}"
    target.results.check(RULE, not expected_ids, expected, first.summary, first)
