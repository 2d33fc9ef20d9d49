"""The list of predictions and its pages."""

from __future__ import annotations

from itertools import pairwise

from ..checks import entries, link
from ..exchange import Exchange
from ..lifecycle import moment
from ..target import Target

# A page holds this many at most; so many more make a second one.
_FULL = 100
_BATCH = 10
_PAGES = 100


def walk(target: Target) -> None:
    """Fill more than one page, and walk all pages forward and one back."""
    document, results = target.document, target.results
    prediction, _ = target.create(document.required_input)
    first = target.call("listPredictions")
    newest = next((entry.get("id") for entry in entries(first)), None)
    expected = f"{prediction['id']}, which was just created, comes first"
    results.check("list-current", newest == prediction["id"], expected, f"{newest} comes first", first)
    target.cancel(prediction["id"])

    for _ in range(0, _FULL, _BATCH):
        if link(first, "next") is not None:
            break
        for _ in range(_BATCH):
            target.call("cancelPrediction", id=target.create(document.required_input)[0]["id"])
        first = target.call("listPredictions")
    pages = _pages(target, first)
    _check_order(target, pages)
    _check_complete(target, pages)


def _pages(target: Target, first: Exchange) -> list[Exchange]:
    """All pages, as their links lead from one to the next."""
    pages, seen = [first], {str(first.url)}
    while len(pages) < _PAGES:
        url = link(pages[-1], "next")
        if url is None:
            break
        if not _check_link(target, pages[-1], "next", url) or url in seen:
            break
        seen.add(url)
        page = target.follow(url)
        pages.append(page)
        back = link(page, "previous")
        expected = "previous leads to the page before"
        if back is None:
            target.results.check("list-links", False, expected, "previous is null", page)
        elif len(pages) == 2 and _check_link(target, page, "previous", back):
            before = target.follow(back)
            kept = _ids(before) == _ids(pages[0])
            target.results.check("list-links", kept, expected, before.seen, before)
    return pages


def _check_link(target: Target, page: Exchange, name: str, url: str) -> bool:
    expected = f"{name} is an absolute address on the origin of {target.base_url}"
    return target.results.check("list-links", target.same_origin(url), expected, f"{name} is {url}", page)


def _check_order(target: Target, pages: list[Exchange]) -> None:
    for page in pages:
        times = [moment(entry.get("created_at")) for entry in entries(page)]
        known = [time for time in times if time is not None]
        kept = len(known) == len(times) and known == sorted(known, reverse=True)
        seen = "created_at " + ", ".join(str(entry.get("created_at")) for entry in entries(page)[:5])
        target.results.check("list-newest-first", kept, "created_at falls from entry to entry", seen, page)
    numbers = {id: number for number, id in enumerate(target.ledger.created)}
    listed = [id for page in pages for id in _ids(page) if id in numbers]
    late = [(after, before) for after, before in pairwise(listed) if numbers[after] < numbers[before]]
    seen = f"{late[0][1]} after {late[0][0]}, which was created before it" if late else "the order of creation"
    target.results.check("list-newest-first", not late, "what was created later comes first", seen, pages[0])
    ends = [(entries(page)[0], entries(page)[-1], page) for page in pages if entries(page)]
    for (_, last, _), (head, _, page) in pairwise(ends):
        before, after = moment(last.get("created_at")), moment(head.get("created_at"))
        kept = before is not None and after is not None and before >= after
        seen = f"{head.get('created_at')} after {last.get('created_at')}"
        target.results.check("list-newest-first", kept, "created_at falls from page to page", seen, page)


def _check_complete(target: Target, pages: list[Exchange]) -> None:
    listed = [id for page in pages for id in _ids(page)]
    twice = sorted({id for id in listed if listed.count(id) > 1}) if len(set(listed)) < len(listed) else []
    seen = f"{', '.join(twice[:3])} more than once" if twice else f"{len(listed)} entries, each once"
    target.results.check("list-complete", not twice, "no prediction is listed twice", seen, pages[-1])
    if len(pages) < _PAGES:
        missing = sorted(set(target.ledger.created) - set(listed))
        seen = f"{', '.join(missing[:3])} on none of {len(pages)} pages" if missing else f"all on {len(pages)} pages"
        target.results.check("list-complete", not missing, "every prediction created is listed", seen, pages[-1])


def _ids(page: Exchange) -> list[str]:
    return [str(entry.get("id")) for entry in entries(page)]
