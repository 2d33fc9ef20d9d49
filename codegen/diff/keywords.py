"""The rules of a schema, compared word by word."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from ..document.values import equal
from .alternatives import LOWER, UPPER
from .changes import NOBODY, RECEIVER, SENDER, Change, Kind, Role

# The extension in which this document says where it parts from the published one, and why.
_PROSE = "x-departure"


def requirement(was: bool, now: bool, silent: frozenset[Role] = NOBODY, *path: str) -> Iterator[Change]:
    """What changed where something became required, or no longer is.

    Args:
        was: Whether it was required.
        now: Whether it is.
        silent: Who has nothing to do with it.
        path: The field.
    """
    if now and not was:
        yield Change("now required", SENDER - silent, path=path)
    if was and not now:
        yield Change("no longer required", RECEIVER - silent, path=path)


def notes(old: Mapping[str, Any], new: Mapping[str, Any], binding: bool = False) -> Iterator[Change]:
    """What changed in what binds neither end of the wire: words, defaults, and what programs read beside them.

    Args:
        old: The older version.
        new: The newer version.
        binding: Whether they are read by programs, as extensions are.
    """
    for word in dict.fromkeys((*old, *new)):
        one, other = old.get(word), new.get(word)
        read = binding or (word.startswith("x-") and word != _PROSE)
        if (word in old) == (word in new) and equal(one, other):
            continue
        if isinstance(one, dict) and isinstance(other, dict) and word != "default":
            yield from (change.below(word) for change in notes(one, other, read))
        elif read or word == "default" or isinstance(new.get(word, one), bool):
            kind: Kind = "default" if word == "default" else "changed" if read else "words"
            yield Change(_turned(word, one, other, word in old, word in new), kind=kind)
        else:
            yield Change(f"{word} changed", kind="words")


def bound(word: str, old: tuple[Any, bool] | None, new: tuple[Any, bool] | None) -> Iterator[Change]:
    """What changed in a bound, of which there may be none."""
    if old is None and new is not None:
        yield Change(f"new {_limit(word, *new)}", SENDER)
    elif old is not None and new is None:
        yield Change(f"{_limit(word, *old)} removed", RECEIVER)
    elif old is not None and new is not None and old != new:
        before, after = _limit(word, *old), _limit(word, *new)
        what = f"{before} -> {new[0] if before.split()[0] == after.split()[0] else after}"
        yield Change(what, SENDER if (new > old) == (word in LOWER) else RECEIVER)


def demand(word: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Change]:
    """What changed in what all values must be like."""
    lost = [value for value in old if not _implied(word, value, new)]
    fresh = [value for value in new if not _implied(word, value, old)]
    if lost or fresh:
        one, other = (values[0] if len(values) == 1 else list(values) for values in (old, new))
        breaks = (SENDER if fresh else NOBODY) | (RECEIVER if lost else NOBODY)
        yield Change(_turned(word, one, other, bool(old), bool(new)), breaks)


def choice(old: list[Any] | None, new: list[Any] | None) -> Iterator[Change]:
    """What changed in a list of values, of which there may be none."""
    if old is None and new is not None:
        yield Change(f"from now on only {listed(new)}", SENDER)
    elif new is None and old is not None:
        yield Change(f"from now on any value, so far only {listed(old)}", RECEIVER)
    elif old is not None and new is not None:
        for value in _missing(old, new):
            yield Change(f"value {shown(value)} removed", SENDER, "removed")
        for value in _missing(new, old):
            yield Change(f"new value {shown(value)}", RECEIVER, "added")


def listed(values: list[Any]) -> str:
    """Values, any of which will do."""
    return " or ".join(map(shown, values))


def shown(value: Any) -> str:
    """A value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _turned(word: str, old: Any, new: Any, was: bool, now: bool) -> str:
    if was and now:
        return f"{word} {shown(old)} -> {shown(new)}"
    return f"new {word} {shown(new)}" if now else f"{word} {shown(old)} removed"


def _limit(word: str, value: Any, flag: bool) -> str:
    # The flag of an upper bound says the opposite of a lower one's.
    exclusive = flag != (word in UPPER)
    return f"{word.replace('m', 'exclusiveM', 1) if exclusive else word} {value}"


def _implied(word: str, value: Any, demands: Iterable[Any]) -> bool:
    if word == "multipleOf":
        return any(Fraction(str(other)) % Fraction(str(value)) == 0 for other in demands)
    return value in demands


def _missing(values: list[Any], others: list[Any]) -> list[Any]:
    return [value for value in values if not any(equal(value, other) for other in others)]
