"""Checks which predictions were made between two looks at the list."""

from __future__ import annotations

from collections.abc import Iterable

from .exchange import Exchange
from .target import Target


def check_made(target: Target, before: Exchange, created: Iterable[str]) -> None:
    """Read the first page of the list, and check that no predictions were made but those that creates returned.

    Args:
        before: The first page as it was before the creates.
        created: The ids that were returned since.
    """
    known = {str(entry.get("id")) for entry in before.page_entries}
    page, returned = target.call("listPredictions"), list(created)
    listed = [str(entry.get("id")) for entry in page.page_entries]
    # What follows a known prediction is older still.
    new = listed[: next((number for number, id in enumerate(listed) if id in known), len(listed))]
    extra = [id for id in new if id not in returned]
    expected = f"no new predictions in the list but the {len(returned)} that creates returned"
    seen = f"{', '.join(extra[:3])}, which no create returned" if extra else f"{len(new)} new predictions"
    target.results.check("created-once", not extra, expected, seen, page)
