"""Compares the security requirements of an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from .changes import NEITHER, RECEIVER, SENDER, Change

SchemeScope: TypeAlias = tuple[str, str]
"""The description of a security scheme, and one of its scopes or an empty string."""
Requirement: TypeAlias = frozenset[SchemeScope]
"""The schemes and scopes that a request needs, all of them together."""


def read_requirements(document: Mapping[str, Any], security: Iterable[Mapping[str, list[str]]]) -> list[Requirement]:
    """Return the alternative security requirements of an operation; an empty one stands for anonymous access.

    Args:
        security: The value of `security`.
    """
    schemes = document.get("components", {}).get("securitySchemes", {})
    found = [
        frozenset(
            (_description(schemes.get(name, {}), name), scope)
            for name, scopes in requirement.items()
            for scope in ("", *scopes)
        )
        for requirement in security
    ]
    return found or [frozenset()]


def compare_security(old: list[Requirement], new: list[Requirement]) -> Iterator[Change]:
    """Compare the alternative requirements of two versions."""
    if set(old) != set(new):
        stricter = not all(any(requirement <= known for requirement in new) for known in old)
        weaker = not all(any(known <= requirement for known in old) for requirement in new)
        breaks = (SENDER if stricter else NEITHER) | (RECEIVER if weaker else NEITHER)
        yield Change(f"{_format_requirements(old)} -> {_format_requirements(new)}", breaks)


def _description(scheme: Mapping[str, Any], name: str) -> str:
    """Describe a security scheme by its effect on requests; its name has none."""
    parts = [scheme.get(key, "") for key in ("type", "scheme", "in", "name", "openIdConnectUrl")]
    # The scheme of an Authorization header is case-insensitive.
    parts[1] = parts[1].lower()
    return " ".join(filter(None, parts)) or name


def _format_requirements(found: list[Requirement]) -> str:
    return " or ".join(" and ".join(_format_requirement(requirement)) or "none" for requirement in found)


def _format_requirement(requirement: Requirement) -> Iterator[str]:
    for scheme, scope in sorted(requirement):
        if scope or not _has_scope(scheme, requirement):
            yield f"{scheme} {scope}".strip()


def _has_scope(scheme: str, requirement: Requirement) -> bool:
    return any(other == scheme and scope for other, scope in requirement)
