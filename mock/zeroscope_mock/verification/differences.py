"""Differences between expected values and those that were sent."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from ..journal.secrets import is_secret_mark, secret_mark
from ..suggestions import close_to

_SHOWN = 100
"""How many characters of a value are shown."""

_BEFORE = 30
"""How many of them are before the first difference of two texts."""

_COMPARED = 200
"""How many characters of two texts decide how much alike they are."""


class Matcher(ABC):
    """An expectation of a value that is no plain value. `str()` has it in words, such as `a text that contains 'x'`."""

    @abstractmethod
    def accepts(self, value: Any) -> bool:
        """Whether a value is as expected."""

    @abstractmethod
    def __str__(self) -> str: ...


class _Missing:
    """The value of a field that was not sent."""


MISSING: Any = _Missing()
"""In place of a value that was not sent."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not as expected.

    Args:
        field: Its path, such as `input.width`.
        expected: What was expected, in words.
        found: What there was, in words, such as `sent 1024` or `not sent`.
        texts: The expected and the sent text, if both are texts.
        missing: Whether nothing was sent.
    """

    field: str
    expected: str
    found: str
    texts: tuple[str, str] | None = None
    missing: bool = False

    @property
    def distance(self) -> float:
        """How far the field is from what was expected: from 0.5 for almost equal texts to 1; 1.5 if it is missing."""
        if self.texts is None:
            return 1.5 if self.missing else 1
        # Imported here because only failures need it.
        import difflib

        expected, sent = self.texts
        return 1 - difflib.SequenceMatcher(None, expected[:_COMPARED], sent[:_COMPARED]).ratio() / 2

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}, {self.found}"


def differences(expected: Any, sent: Any, field: str, *, verb: str = "sent") -> Iterator[Difference]:
    """Yield what differs between an expected and a sent value, field by field.

    A mapping expects its keys and admits others; a list expects as many items, each as it says.

    Args:
        expected: A plain value, a matcher, a type or a function that accepts values, or a mapping or list of such.
        sent: A JSON value, or `MISSING`.
        field: The path of the value.
        verb: What was done with the value.
    """
    if isinstance(expected, Mapping) and (sent is MISSING or isinstance(sent, Mapping)):
        yield from _of_mappings(expected, {} if sent is MISSING else sent, field)
    elif sent is MISSING:
        yield Difference(field, in_words(expected), f"not {verb}", missing=True)
    elif _is_list(expected) and isinstance(sent, list):
        yield from _of_lists(expected, sent, field)
    elif (problem := _problem(expected, sent)) is not None:
        yield _of_values(expected, sent, field, f"{verb}%s{problem}")


def in_words(expected: Any) -> str:
    """An expected value in words, such as `576` or `a text that contains 'horse'`."""
    if isinstance(expected, Matcher):
        return str(expected)
    if isinstance(expected, type):
        return f"a value of type {expected.__name__}"
    if callable(expected):
        return f"a value that {_name(expected)} accepts"
    if isinstance(expected, Mapping):
        return "an object" + (f" with {', '.join(map(str, expected))}" if expected else "")
    if _is_list(expected):
        return f"[{', '.join(in_words(one) for one in expected)}]"
    return shortened(expected)


def leaves(expected: Any, field: str) -> Iterator[tuple[str, str]]:
    """Yield the path of each expected field and what is expected of it, in words."""
    if isinstance(expected, Mapping) and expected:
        for key, inner in expected.items():
            yield from leaves(inner, _joined(field, key))
    else:
        yield field, in_words(expected)


def is_equal(expected: Any, sent: Any) -> bool:
    """Whether two JSON values are equal, where true is not 1; of a secret, the journal has a mark."""
    if isinstance(expected, bool) or isinstance(sent, bool):
        return expected is sent
    if isinstance(expected, Mapping) and isinstance(sent, Mapping):
        return expected.keys() == sent.keys() and all(is_equal(expected[key], sent[key]) for key in expected)
    if _is_list(expected) and isinstance(sent, list):
        return len(expected) == len(sent) and all(map(is_equal, expected, sent))
    if isinstance(expected, str) and isinstance(sent, str) and is_secret_mark(expected) != is_secret_mark(sent):
        return secret_mark(expected) == sent or expected == secret_mark(sent)
    return bool(expected == sent)


def shortened(value: Any, start: int = 0) -> str:
    """The representation of a value; of a long one, the part from `start` on."""
    if not isinstance(value, str):
        text = repr(value)
        return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    if len(value) <= _SHOWN:
        return repr(value)
    start = max(0, start)
    cut = value[start : start + _SHOWN]
    return repr(f"{'…' if start else ''}{cut}{'…' if start + _SHOWN < len(value) else ''}")


def _of_mappings(expected: Mapping[Any, Any], sent: Mapping[str, Any], field: str) -> Iterator[Difference]:
    for key, inner in expected.items():
        value = sent.get(key, MISSING)
        for difference in differences(inner, value, _joined(field, key)):
            similar = None if value is not MISSING else close_to(key, [name for name in sent if name not in expected])
            if similar is None:
                yield difference
            else:
                found = f"{difference.found}, but {similar!r} was: {shortened(sent[similar])}"
                yield Difference(difference.field, difference.expected, found)


def _of_lists(expected: Sequence[Any], sent: list[Any], field: str) -> Iterator[Difference]:
    if len(expected) != len(sent):
        count = f"{len(expected)} item{'' if len(expected) == 1 else 's'}"
        yield Difference(field, count, f"sent {len(sent)}: {shortened(sent)}")
        return
    for place, (inner, value) in enumerate(zip(expected, sent, strict=True)):
        yield from differences(inner, value, _joined(field, place))


def _of_values(expected: Any, sent: Any, field: str, found: str) -> Difference:
    if not isinstance(expected, str) or not isinstance(sent, str):
        return Difference(field, in_words(expected), found % f" {shortened(sent)}")
    if max(len(expected), len(sent)) <= _SHOWN:
        return Difference(field, repr(expected), found % f" {sent!r}", (expected, sent))
    differing = (at for at, (one, other) in enumerate(zip(expected, sent, strict=False)) if one != other)
    at = next(differing, min(len(expected), len(sent)))
    words = (shortened(text, at - _BEFORE) for text in (expected, sent))
    return Difference(
        field, next(words), found % f" {next(words)} (they differ from character {at + 1} on)", (expected, sent)
    )


def _problem(expected: Any, sent: Any) -> str | None:
    """Words to follow a sent value that is not as expected, which may be empty; None if it is."""
    if isinstance(expected, Matcher):
        return None if expected.accepts(sent) else ""
    if isinstance(expected, type):
        # JSON's true is no number.
        return None if isinstance(sent, expected) and (expected in (bool, object) or not isinstance(sent, bool)) else ""
    if callable(expected):
        return _problem_of_function(expected, sent)
    return None if is_equal(expected, sent) else ""


def _problem_of_function(function: Callable[[Any], Any], sent: Any) -> str | None:
    try:
        result = function(sent)
    except Exception as error:
        text = " ".join(str(error).split())
        return f", for which it raised {type(error).__name__}{f': {text}' if text else ''}"
    if result is None:
        return ", for which it returned None, not True or False"
    return None if result else ""


def _name(function: Callable[[Any], Any]) -> str:
    name = getattr(function, "__qualname__", None) or repr(function)
    name = name.rpartition("<locals>.")[2]
    if name != "<lambda>":
        return str(name)
    code = inspect.unwrap(function).__code__
    return f"the lambda in line {code.co_firstlineno} of {Path(code.co_filename).name}"


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, list | tuple)


def _joined(field: str, key: Any) -> str:
    return f"{field}.{key}" if field else str(key)
