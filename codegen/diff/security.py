"""Compares the security requirements of an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from .changes import NEITHER, RECEIVER, SENDER, Change

SchemeScope: TypeAlias = tuple[str, str]
"""The description of a security scheme, and one of its scopes or an empty string."""
Scheme: TypeAlias = Mapping[str, Any]
"""A Security Scheme Object."""
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


def read_schemes(document: Mapping[str, Any], security: Iterable[Mapping[str, list[str]]]) -> dict[str, Scheme]:
    """Return the security schemes that requirements name.

    Args:
        security: The value of `security`.
    """
    schemes = document.get("components", {}).get("securitySchemes", {})
    return {name: schemes[name] for requirement in security for name in requirement if name in schemes}


def compare_flows(old: Mapping[str, Scheme], new: Mapping[str, Scheme]) -> Iterator[Change]:
    """Compare the OAuth flows of schemes, by which callers get their tokens."""
    left = dict(new)
    for name, scheme in old.items():
        # The name of a scheme has no effect on requests.
        same = (other for other in left if _description(left[other], other) == _description(scheme, name))
        match = name if name in left else next(same, None)
        if match is not None:
            yield from _compare_flows(scheme.get("flows", {}), left.pop(match).get("flows", {}))


def _compare_flows(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            yield Change(f"flow {name} removed", SENDER, "removed")
        elif name not in old:
            yield Change(f"new flow {name}", NEITHER, "added")
        else:
            for key in ("authorizationUrl", "tokenUrl", "refreshUrl"):
                one, other = old[name].get(key), new[name].get(key)
                # A caller that knows no refreshUrl gets its tokens as it did before.
                if one != other:
                    breaks = SENDER if one is not None else NEITHER
                    yield Change(f"{key} of flow {name} {one or 'none'} -> {other or 'none'}", breaks)
            before, after = old[name].get("scopes", {}), new[name].get("scopes", {})
            for scope in dict.fromkeys((*before, *after)):
                if scope not in after:
                    yield Change(f"scope {scope} of flow {name} removed", SENDER, "removed")
                elif scope not in before:
                    yield Change(f"new scope {scope} of flow {name}", NEITHER, "added")


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
