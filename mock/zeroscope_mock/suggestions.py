"""Suggestions for misspelled names in error messages."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown name: the closest known one, or all of them."""
    known = list(known)
    close = close_to(name, known)
    return f"; did you mean {close!r}?" if close else f"; there are {', '.join(sorted(known))}"


def close_to(name: object, known: Iterable[str]) -> str | None:
    """The known name that is closest to another one; None if none is close."""
    # Imported here because only errors need it.
    import difflib

    return next(iter(difflib.get_close_matches(str(name), known, n=1)), None)
