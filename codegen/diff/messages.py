"""The parts of an operation: parameters, bodies and answers, of two versions of the document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from ..document.references import resolve
from ..document.values import equal
from .alternatives import component
from .changes import BOTH, NOBODY, RECEIVER, SENDER, Change, Finding, Place
from .keywords import notes, requirement
from .schemas import Schemas

Part: TypeAlias = Mapping[str, Any]
Comparison: TypeAlias = Callable[[Place, Part, Part], Iterator[Finding]]

_RULES = {"in", "name", "required", "schema", "content", "headers", "style", "explode", "allowReserved"}
_STYLES = {"query": "form", "cookie": "form"}


class Parts:
    """Compares parts of operations.

    Args:
        old: The older version of the document.
        new: The newer version.
    """

    def __init__(self, old: Part, new: Part) -> None:
        self._old = old
        self._new = new
        self._schemas = Schemas(old, new)

    def part(self, place: Place, old: Part | None, new: Part | None) -> Iterator[Finding]:
        """What changed in a parameter, a body or a header of an answer.

        Args:
            place: What it is called.
            old: The older version, None if there was none.
            new: The newer version, None if there is none.
        """
        if old is None and new is not None:
            required = resolved(self._new, new).get("required")
            what = "new and required" if required else "new, optional"
            yield from place.found(Change(what, SENDER if required else NOBODY, "added"))
        elif old is not None and new is None:
            yield from place.found(Change("removed", BOTH, "removed"))
        elif old is not None and new is not None:
            yield from self._shared(place, old, new, self._part)

    def answers(self, place: Place, old: Part, new: Part) -> Iterator[Finding]:
        """What changed in the answers of an operation.

        Args:
            place: The operation, as those see it who can be broken at their end of the answer.
            old: The older version, by status.
            new: The newer version, by status.
        """
        for status in dict.fromkeys((*old, *new)):
            answer = place.within(f"answer {status}")
            before, after = _covering(status, old), _covering(status, new)
            success = status.startswith("2")
            left = [known for known in new if status == f"{known[0]}XX"]
            if before is None:
                # A client takes no other success than the ones of its own document; for errors it must be ready.
                yield from answer.found(Change("new", RECEIVER if success else NOBODY, "added"))
            elif after is not None:
                found = self._shared(answer, old[before], new[after], self._answer)
                yield from (one for one in found if before == after or one.kind != "words")
            elif left:
                yield from answer.found(Change(f"now only {', '.join(left)}", SENDER))
            else:
                yield from answer.found(Change("removed", BOTH if success else NOBODY, "removed"))

    def _shared(self, place: Place, old: Part, new: Part, compare: Comparison) -> Iterator[Finding]:
        """What changed in something that may be a reference."""
        found = compare(place, resolved(self._old, old), resolved(self._new, new))
        names = [component(part["$ref"]) for part in (old, new) if "$ref" in part]
        return place.known_as(names[1], found) if len(names) == 2 else found

    def _part(self, place: Place, old: Part, new: Part) -> Iterator[Finding]:
        yield from place.found(*requirement(bool(old.get("required")), bool(new.get("required"))))
        yield from place.found(*self._schemas.compare(old.get("schema", True), new.get("schema", True), text=True))
        if (before := _writing(old)) != (after := _writing(new)):
            yield from place.found(Change(f"written {before} -> {after}", BOTH))
        yield from self._content(place, old.get("content", {}), new.get("content", {}))
        yield from place.found(*notes(_words(old), _words(new)))

    def _answer(self, place: Place, old: Part, new: Part) -> Iterator[Finding]:
        one, other = ({name.lower(): name for name in version.get("headers", {})} for version in (old, new))
        for key in dict.fromkeys((*one, *other)):
            before = old["headers"][one[key]] if key in one else None
            after = new["headers"][other[key]] if key in other else None
            yield from self.part(place.within(f"header {other.get(key) or one[key]}"), before, after)
        yield from self._content(place, old.get("content", {}), new.get("content", {}))
        yield from place.found(*notes(_words(old), _words(new)))

    def _content(self, place: Place, old: Part, new: Part) -> Iterator[Finding]:
        """What changed in the media types of a body."""
        before, after = ({_media(name): part for name, part in version.items()} for version in (old, new))
        for name in dict.fromkeys((*before, *after)):
            if name not in after:
                yield from place.found(Change(f"media type {name} removed", BOTH, "removed"))
            elif name not in before:
                yield from place.found(Change(f"new media type {name}", NOBODY, "added"))
            else:
                one, other = before[name], after[name]
                body = place if len(before) == len(after) == 1 else place.within(name)
                yield from body.found(*self._schemas.compare(one.get("schema", True), other.get("schema", True)))
                if not equal(one.get("encoding", {}), other.get("encoding", {})):
                    yield from body.found(Change("encoding changed, which cannot be weighed", BOTH))


def resolved(document: Part, part: Part) -> Part:
    """A part with the references followed that it may be."""
    while "$ref" in part:
        part = resolve(dict(document), part["$ref"])
    return part


def _covering(status: str, answers: Part) -> str | None:
    """The answer that a status comes under."""
    return next((key for key in (status, f"{status[0]}XX", "default") if key in answers), None)


def _writing(part: Part) -> str:
    """How a parameter's value is turned into text."""
    style = part.get("style", _STYLES.get(part.get("in", ""), "simple"))
    exploded = part.get("explode", style == "form")
    return " ".join([style, *["exploded"] * exploded, *["with reserved characters"] * bool(part.get("allowReserved"))])


def _words(part: Part) -> Part:
    return {word: value for word, value in part.items() if word not in _RULES}


def _media(name: str) -> str:
    return name.lower().replace(" ", "")
