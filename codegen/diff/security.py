"""How a request may prove who sends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from .changes import NOBODY, RECEIVER, SENDER, Change

Proof: TypeAlias = tuple[str, str]
"""A security scheme by what it is, and one of its scopes, if any."""
Way: TypeAlias = frozenset[Proof]
"""What a request shows, all of it."""


def ways(document: Mapping[str, Any], requirements: Iterable[Mapping[str, list[str]]]) -> list[Way]:
    """The ways to be let in, of which one is enough; to show nothing is one as well.

    Args:
        document: The document.
        requirements: The value of `security`.
    """
    schemes = document.get("components", {}).get("securitySchemes", {})
    found = [
        frozenset(
            (_shape(schemes.get(name, {}), name), scope) for name, scopes in way.items() for scope in ("", *scopes)
        )
        for way in requirements
    ]
    return found or [frozenset()]


def security(old: list[Way], new: list[Way]) -> Iterator[Change]:
    """What changed from some ways to be let in to others."""
    if set(old) != set(new):
        shut = not all(any(way <= known for way in new) for known in old)
        weaker = not all(any(known <= way for known in old) for way in new)
        breaks = (SENDER if shut else NOBODY) | (RECEIVER if weaker else NOBODY)
        yield Change(f"{_spoken(old)} -> {_spoken(new)}", breaks)


def _shape(scheme: Mapping[str, Any], name: str) -> str:
    """What a scheme comes to on the wire, whatever it is called."""
    words = [scheme.get(word, "") for word in ("type", "scheme", "in", "name", "openIdConnectUrl")]
    # HTTP knows no difference between Bearer and bearer.
    words[1] = words[1].lower()
    return " ".join(filter(None, words)) or name


def _spoken(found: list[Way]) -> str:
    return " or ".join(
        " and ".join(f"{shape} {scope}".strip() for shape, scope in sorted(way) if scope or not _scoped(shape, way))
        or "none"
        for way in found
    )


def _scoped(shape: str, way: Way) -> bool:
    return any(other == shape and scope for other, scope in way)
