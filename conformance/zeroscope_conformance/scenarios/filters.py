"""Filters of the list: by time, and by source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice, zip_longest
from typing import Any

from ..checks import names_field
from ..exchange import Exchange
from ..target import Target
from ..timestamps import parse_timestamp

RULE = "list-filtered"

_INVALID_TIME = "yesterday"
_MAX_PAGES = 100
_PAUSE = 1.0
_OFFSET = timedelta(hours=2)


def filter_list(target: Target) -> None:
    """Filter the list by the times of its predictions, by source, and by invalid values."""
    filters = target.document.filters
    if RULE not in target.results:
        return
    for _ in range(2):
        # Filters need predictions of two moments.
        target.cancel(target.create(target.document.required_input)[0]["id"])
        target.clock.sleep(_PAUSE)
    first = target.call("listPredictions")
    pages = list(islice(_follow(target, first), 2))
    pivot = _find_pivot([entry for page in pages for entry in page.page_entries], len(first.page_entries) + 1)
    if pivot is not None:
        _filter_by_time(target, first.page_entries[0], *pivot)
    for source in filters.get("source", {}).get("enum", []):
        created = set(target.tracker.created)
        expected = f"only predictions whose source is {source}, and none that was created here"
        for page in _follow(target, target.call("listPredictions", query={"source": source})):
            entries = page.page_entries
            others = [one for one in entries if one.get("source", source) != source or one.get("id") in created]
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


def _find_pivot(entries: list[dict[str, Any]], start: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return an entry, if possible one from `start` on, and the next one that was created at an earlier time."""
    for index in (*range(start, len(entries)), *range(1, len(entries))):
        time = parse_timestamp(entries[index].get("created_at"))
        for older in entries[index + 1 :]:
            other = parse_timestamp(older.get("created_at"))
            if time is not None and other is not None and other < time:
                return entries[index], older
    return None


def _filter_by_time(target: Target, newest: dict[str, Any], entry: dict[str, Any], older: dict[str, Any]) -> None:
    """Filter the list by the times of three of its predictions, by one time and by two."""
    after, before = entry["created_at"], newest["created_at"]
    start, end = parse_timestamp(after), parse_timestamp(before)
    if start is None or end is None:
        return
    # Of the later predictions, those on the next page show whether the link keeps the filter.
    _check_filtered(target, {"created_after": after}, entry["id"], lambda time: time >= start)
    _check_filtered(target, {"created_before": after}, older["id"], lambda time: time < start, max_pages=1)
    if start < end:
        # The same moments, in other time zones.
        window = {
            "created_after": start.astimezone(timezone(_OFFSET)).isoformat(),
            "created_before": end.astimezone(timezone(-_OFFSET)).isoformat(),
        }
        _check_filtered(target, window, entry["id"], lambda time: start <= time < end)
        _check_way_back(target, window)


def _check_filtered(
    target: Target,
    query: dict[str, str],
    expected_id: str,
    matches: Callable[[Any], bool],
    max_pages: int = _MAX_PAGES,
) -> None:
    """Check that filters list predictions that match, one of them a certain one, and no others, on all pages."""
    if not query.keys() <= target.document.filters.keys():
        return
    filters = " and ".join(f"{name}={value}" for name, value in query.items())
    first = target.call("listPredictions", query=query)
    listed: set[str] = set()
    for page in islice(_follow(target, first), max_pages):
        times: list[tuple[datetime | None, dict[str, Any]]] = [
            (parse_timestamp(entry.get("created_at")), entry) for entry in page.page_entries
        ]
        others = [entry for time, entry in times if time is None or not matches(time)]
        expected = f"only predictions that match {filters}"
        seen = f"{others[0].get('id')}, created at {others[0].get('created_at')}" if others else page.summary
        target.results.check(RULE, page.status == 200 and not others, expected, seen, page)
        listed.update(str(entry.get("id")) for entry in page.page_entries)
    target.results.check(RULE, expected_id in listed, f"{expected_id} for {filters}", first.summary, first)


def _check_way_back(target: Target, query: dict[str, str]) -> None:
    """Check that the pages of a filtered list are the same on the way there, back, and there again."""
    pages = list(islice(_follow(target, target.call("listPredictions", query=query)), 2))
    back = pages[-1].page_link("previous")
    if len(pages) < 2 or back is None or not target.is_same_origin(back):
        return
    again = list(islice(_follow(target, target.follow(back)), 2))
    # A link that has lost a filter shows other predictions, or leads on to them.
    for page, same in zip_longest(pages, again, fillvalue=again[-1]):
        expected, seen = _format_page(page), _format_page(same)
        target.results.check(RULE, seen == expected, expected, seen, same)


def _format_page(page: Exchange) -> str:
    """Return what a page shows of itself, in words."""
    ids = [str(entry.get("id")) for entry in page.page_entries]
    links = [name for name in ("previous", "next") if page.page_link(name) is not None]
    return f"{', '.join(ids)}, with links to the pages {' and '.join(links) or 'none'}"
