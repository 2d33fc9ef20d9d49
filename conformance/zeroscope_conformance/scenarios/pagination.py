"""The list of predictions and its pages."""

from __future__ import annotations

from itertools import pairwise

from ..exchange import Exchange
from ..parallel import run_at_once
from ..target import Target
from ..timestamps import parse_timestamp

# A page holds at most 100 predictions, so 100 more fill another one.
_PAGE_SIZE = 100
_BATCH = 10
_MAX_PAGES = 100


def follow_pages(target: Target) -> None:
    """Fill more than one page, and follow the links to every page and one back."""
    document, results = target.document, target.results
    prediction, _ = target.create(document.required_input)
    first = target.call("listPredictions")
    newest = next((entry.get("id") for entry in first.page_entries), None)
    expected = f"{prediction['id']}, which was just created, comes first"
    results.check("list-current", newest == prediction["id"], expected, f"{newest} comes first", first)
    target.cancel(prediction["id"])

    for _ in range(0, _PAGE_SIZE, _BATCH):
        if first.page_link("next") is not None:
            break
        for _ in range(_BATCH):
            target.call("cancelPrediction", id=target.create(document.required_input)[0]["id"])
        first = target.call("listPredictions")
    pages = _follow_links(target, first)
    _check_order(target, pages)
    _check_complete(target, pages)
    if len(pages) > 1:
        _check_steady(target, pages)


def _follow_links(target: Target, first: Exchange) -> list[Exchange]:
    """Return all pages, and check the links between them."""
    pages, seen = [first], {str(first.url)}
    while len(pages) < _MAX_PAGES:
        url = pages[-1].page_link("next")
        if url is None:
            break
        if not _check_link(target, pages[-1], "next", url) or url in seen:
            break
        seen.add(url)
        page = target.follow(url)
        pages.append(page)
        previous = page.page_link("previous")
        expected = "previous leads to the page before"
        if previous is None:
            target.results.check("list-links", False, expected, "previous is null", page)
        elif len(pages) == 2 and _check_link(target, page, "previous", previous):
            before = target.follow(previous)
            passed = _ids(before) == _ids(pages[0])
            target.results.check("list-links", passed, expected, before.summary, before)
    return pages


def _check_steady(target: Target, pages: list[Exchange]) -> None:
    """Follow the link to the second page again, during a create and after it."""
    url, created = pages[0].page_link("next"), list[str]()
    if url is None:
        return

    def create() -> Exchange:
        prediction, exchange = target.create(target.document.required_input)
        created.append(prediction["id"])
        return exchange

    _, page = run_at_once(target.tracker, [create, lambda: target.follow(url)])
    for again in (page, target.follow(url)):
        if again is not None:
            expected, seen = (", ".join(_ids(one)) for one in (pages[1], again))
            target.results.check("list-steady", _ids(again) == _ids(pages[1]), expected, seen, again)
    for id in created:
        target.call("cancelPrediction", id=id)


def _check_link(target: Target, page: Exchange, name: str, url: str) -> bool:
    expected = f"{name} is an absolute URL on the origin of {target.base_url}"
    return target.results.check("list-links", target.is_same_origin(url), expected, f"{name} is {url}", page)


def _check_order(target: Target, pages: list[Exchange]) -> None:
    """Check the order within each page, of the predictions of this run, and from page to page."""
    for page in pages:
        times = [parse_timestamp(entry.get("created_at")) for entry in page.page_entries]
        valid = [time for time in times if time is not None]
        passed = len(valid) == len(times) and valid == sorted(valid, reverse=True)
        seen = "created_at " + ", ".join(str(entry.get("created_at")) for entry in page.page_entries[:5])
        target.results.check("list-newest-first", passed, "created_at falls from entry to entry", seen, page)
    # Timestamps may be equal; the order of the creates is certain, unless they overlapped.
    numbers = target.tracker.created
    listed = [id for page in pages for id in _ids(page) if id in numbers]
    wrong = [(first, second) for first, second in pairwise(listed) if numbers[first] < numbers[second]]
    seen = f"{wrong[0][1]} after {wrong[0][0]}, which was created before it" if wrong else "the order of creation"
    target.results.check("list-newest-first", not wrong, "predictions created later come first", seen, pages[0])
    ends = [(page.page_entries[0], page.page_entries[-1], page) for page in pages if page.page_entries]
    for (_, last, _), (first, _, page) in pairwise(ends):
        before, after = parse_timestamp(last.get("created_at")), parse_timestamp(first.get("created_at"))
        passed = before is not None and after is not None and before >= after
        seen = f"{first.get('created_at')} after {last.get('created_at')}"
        target.results.check("list-newest-first", passed, "created_at falls from page to page", seen, page)


def _check_complete(target: Target, pages: list[Exchange]) -> None:
    """Check that every created prediction is listed, and none more than once."""
    listed = [id for page in pages for id in _ids(page)]
    repeated = sorted({id for id in listed if listed.count(id) > 1}) if len(set(listed)) < len(listed) else []
    seen = f"{', '.join(repeated[:3])} more than once" if repeated else f"{len(listed)} entries, each once"
    target.results.check("list-complete", not repeated, "no prediction is listed twice", seen, pages[-1])
    if len(pages) < _MAX_PAGES:
        missing = sorted(set(target.tracker.created) - set(listed))
        seen = f"{', '.join(missing[:3])} on none of {len(pages)} pages" if missing else f"all on {len(pages)} pages"
        target.results.check("list-complete", not missing, "every created prediction is listed", seen, pages[-1])


def _ids(page: Exchange) -> list[str]:
    return [str(entry.get("id")) for entry in page.page_entries]
