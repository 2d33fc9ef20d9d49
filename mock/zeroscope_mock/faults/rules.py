"""The rule of a fault: the requests it applies to, when, and its effect."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from ..messages import Headers
from ..suggestions import did_you_mean
from .expectations import FaultError
from .settings import read_settings

DELIVERY = "receivePredictionEvent"
"""The operation of webhook deliveries, as the callback of the document names it."""

_RESPONSE = ("status", "body", "html", "headers", "content_type", "malformed", "truncate", "bytes_per_second")
_EFFECTS = (*_RESPONSE, "delay", "hang", "reset", "duplicate")
_WITHOUT_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaultRule:
    """The arguments of `Faults.add` after validation; `FaultSettings` describes each."""

    operation: tuple[str, ...] | None = None
    method: tuple[str, ...] | None = None
    path: str | None = None
    tenant: str | None = None
    nth: tuple[int, ...] | None = None
    skip: int = 0
    times: int | None = None
    per: str | None = None
    probability: float = 1.0
    status: int | None = None
    retry_after: int | None = None
    body: Any = None
    headers: Headers = ()
    content_type: str | None = None
    carried_out: bool = False
    delay: float = 0.0
    hang: float | None = None
    reset: str | None = None
    truncate: float | None = None
    malformed: bool = False
    html: bool = False
    bytes_per_second: float | None = None
    duplicate: bool = False

    @classmethod
    def read(cls, settings: Mapping[str, Any], operations: Collection[str]) -> FaultRule:
        """The rule that some arguments describe.

        Args:
            settings: The arguments, by name.
            operations: Every known `operationId`.

        Raises:
            FaultError: For an argument that is unknown or invalid, or that conflicts with another one.
        """
        values = read_settings(settings)
        for name in values.get("operation", ()):
            if name not in operations:
                raise FaultError("operation", f"there is no operation {name!r}{did_you_mean(name, operations)}")
        _refuse_conflicts(values)
        return cls(**values)

    @property
    def replaces(self) -> bool:
        """Whether it replaces the server's own response."""
        return self.status is not None or self.body is not None or self.html

    def matches(self, operation: str | None, method: str, paths: Iterable[str], tenant: str | None) -> bool:
        """Return whether the rule applies to a request.

        Args:
            operation: Its `operationId`.
            method: In upper case.
            paths: Its path with and without the prefix.
            tenant: The tenant of its token.
        """
        return (
            (operation in self.operation if self.operation else operation != DELIVERY)
            and (self.method is None or method in self.method)
            and (self.path is None or any(fnmatchcase(path, self.path) for path in paths))
            and (self.tenant is None or tenant == self.tenant)
        )

    def to_json(self) -> dict[str, Any]:
        """The settings that differ from the defaults, as JSON that `read` takes; `tenant` stands for the token."""
        settings: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value == field.default:
                continue
            if field.name == "headers":
                value = dict(value)
            elif isinstance(value, tuple):
                value = value[0] if len(value) == 1 else list(value)
            if isinstance(value, bytes):
                settings["body_base64"] = base64.b64encode(value).decode()
            else:
                settings[field.name] = value
        return settings

    def effect(self) -> str:
        """The effect in a few words, such as `delay 2, status 503`."""
        words: list[str] = []
        for name, value in self.to_json().items():
            if name not in _EFFECTS and name not in {"body_base64", "carried_out"}:
                continue
            words.append(name.removesuffix("_base64").replace("_", " "))
            if value is not True and name not in {"body", "body_base64", "headers"}:
                words[-1] += f" {value:g}" if isinstance(value, float) else f" {value}"
        return ", ".join(words)


_CONFLICTS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (_RESPONSE, ("hang", "reset"), "then there is no response"),
    (("hang",), ("reset",), "a connection that is reset cannot hang; delay goes before a reset"),
    (("carried_out",), ("reset",), "reset says it already, before or after"),
    (("html",), ("body",), "there is one body"),
    (("malformed",), ("html",), "a page of HTML is not JSON anyway"),
    (("malformed",), ("truncate",), "the body ends early in either case"),
    (("nth",), ("skip", "times"), "nth says already which requests the fault applies to"),
    (("duplicate",), ("status", "hang", "reset"), "then there is no delivery to duplicate"),
)


def _refuse_conflicts(values: Mapping[str, Any]) -> None:
    """Refuse arguments that make no sense together."""
    # A false value means that the argument is not used, except for these, where 0 or an empty value has a meaning.
    meaningful = {"body", "content_type", "probability", "retry_after", "truncate"}
    given = {name for name, value in values.items() if value or name in meaningful}
    if not given.intersection(_EFFECTS):
        raise FaultError("", f"a fault must do something; add one of {', '.join(_EFFECTS)}")
    for names, others, why in _CONFLICTS:
        for name in names:
            for other in others:
                if name in given and other in given:
                    raise FaultError(name, f"{name} does not go with {other}: {why}")
    if "carried_out" in given and not given & {"status", "body", "html", "hang"}:
        raise FaultError(
            "carried_out", "carried_out needs status, body, html or hang; other effects carry the request out anyway"
        )
    if "retry_after" in given and not given & {"status", "html"}:
        raise FaultError("retry_after", "retry_after needs a refusal to go with, such as status=429 or status=503")
    if "per" in given and not given & {"nth", "skip", "times", "probability"}:
        raise FaultError("per", "per needs something to count: nth, skip, times or probability")
    if "content_type" in given and any(name == "content-type" for name, _ in values.get("headers", ())):
        raise FaultError("content_type", "content_type does not go with a header of that name: there is one type")
    if (status := values.get("status", 200)) in _WITHOUT_BODY:
        for name in ("body", "html", "malformed", "truncate", "bytes_per_second"):
            if name in given:
                raise FaultError(name, f"{name} does not go with status {status}: such a response has no body")
    _refuse_delivery_conflicts(given, values.get("operation", ()))


def _refuse_delivery_conflicts(given: Collection[str], operations: Collection[str]) -> None:
    if DELIVERY not in operations:
        if "duplicate" in given:
            raise FaultError("duplicate", f"duplicate is for deliveries only: it needs operation={DELIVERY!r}")
        return
    if len(operations) > 1:
        raise FaultError(
            "operation", f"{DELIVERY} needs a fault of its own, because deliveries are not requests of clients"
        )
    for name in ("body", "html", "truncate", "bytes_per_second"):
        if name in given:
            raise FaultError(name, f"{name} is not for deliveries: only the status of a receiver's response counts")
