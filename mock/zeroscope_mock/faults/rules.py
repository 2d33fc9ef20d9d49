"""What a fault can be told: which requests it strikes, when, and what it does to them."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, TypedDict

from ..messages import Headers
from ..store import tenant_of
from .settings import READERS, FaultError, meant

DELIVERY = "receivePredictionEvent"
"""The operation that a delivery of a webhook is, named by the callback of the document."""

_ANSWER = ("status", "body", "html", "headers", "content_type", "malformed", "truncate", "bytes_per_second")
_EFFECTS = (*_ANSWER, "delay", "hang", "reset", "duplicate")
_WITHOUT_BODY = frozenset({204, 304})


class FaultSettings(TypedDict, total=False):
    """The arguments of `Faults.add`, in Python or as JSON; None is as good as left out."""

    operation: str | Collection[str] | None
    """The `operationId` of the requests to strike, or several; whatever clients ask for if left out. Deliveries of
    webhooks are `receivePredictionEvent`, and only a fault that names them strikes them."""

    method: str | Collection[str] | None
    """The method of the requests to strike, or several."""

    path: str | None
    """A pattern for the path, with or without `/v1`, such as `/predictions/*`; `*` stands for slashes, too."""

    token: str | None
    """The bearer token of the requests to strike; only a name made from it is kept."""

    nth: int | Collection[int] | None
    """Which of the matching requests to strike, counted from 1: one number or several."""

    skip: int | None
    """How many of the matching requests to leave alone first."""

    times: int | None
    """How many requests to strike; after that all goes well."""

    per: Literal["resource"] | None
    """`resource` to count for each path by itself."""

    probability: float | None
    """How likely a request is struck that is otherwise due, from 0 to 1; decided by the server's seed."""

    status: int | None
    """The status to answer with in place of carrying the request out, 200 to 599. The body is the service's own for
    that status, as far as it is known."""

    retry_after: int | None
    """Seconds after which the answer tells the client to come again; 1 if nothing is said with a status of 429."""

    body: Any
    """The body to answer with in place of carrying the request out: text, bytes, or a value to send as JSON. The status
    is 200 unless it is given."""

    body_base64: str | None
    """The same for bytes, in base64, which JSON cannot hold otherwise."""

    html: bool | None
    """Answer with a page of HTML in place of carrying the request out, as the edge before the service does. The status
    is 502 unless it is given."""

    headers: Mapping[str, str | int] | None
    """Headers of the answer, in place of its own of these names."""

    content_type: str | None
    """The content type that the answer claims to have."""

    carried_out: bool | None
    """Carry the request out all the same before `status`, `body`, `html` or `hang` hides it: that is how a create is
    lost."""

    delay: float | None
    """Seconds before the request is handled, at most 3600."""

    hang: float | bool | None
    """Seconds without an answer, at most 3600, after which the connection is cut; True for 60."""

    reset: Literal["before", "after"] | None
    """Reset the connection in place of an answer, `before` or `after` the request is carried out."""

    truncate: float | None
    """How much of the body is sent, though all of it is announced: bytes as an integer, or a share between 0 and 1. At
    least the last byte is missing. A stream, whose length nobody knows, is reset at that point; a share is one of its
    first event."""

    malformed: bool | None
    """Break the body off in the middle and announce no more than that, so that its JSON cannot be parsed. Of a delivery
    that is the body that is posted."""

    bytes_per_second: float | None
    """How fast the body is sent, from 0.001 up."""

    duplicate: bool | None
    """Deliver a webhook twice."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """The arguments of `Faults.add` once they are checked; `FaultSettings` says what each is."""

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
    def read(cls, settings: Mapping[str, Any], operations: Collection[str]) -> Rule:
        """Check the arguments of a fault.

        Args:
            settings: the arguments by name.
            operations: every `operationId` there is.

        Raises:
            FaultError: for an argument that is unknown or wrong, or does not go with another one.
        """
        values: dict[str, Any] = {}
        for name, value in settings.items():
            if name not in READERS:
                raise FaultError(str(name), f"a fault has no argument {name!r}{meant(name, READERS)}")
            if value is not None:
                values[name] = READERS[name](name, value)
        if "body_base64" in values:
            if "body" in values:
                raise FaultError("body_base64", "body_base64 does not go with body: there is one body")
            values["body"] = values.pop("body_base64")
        if "token" in values:
            values["tenant"] = tenant_of(values.pop("token"))
        for name in values.get("operation", ()):
            if name not in operations:
                raise FaultError("operation", f"there is no operation {name!r}{meant(name, operations)}")
        _check_together(values)
        return cls(**values)

    @property
    def replaces(self) -> bool:
        """Whether the answer is another one than the server's own."""
        return self.status is not None or self.body is not None or self.html

    def matches(self, operation: str | None, method: str, paths: Iterable[str], tenant: str | None) -> bool:
        """Whether a request is one to strike.

        Args:
            operation: its `operationId`.
            method: in capitals.
            paths: its path as it is and as the document has it.
            tenant: whose token it bears.
        """
        return (
            (operation in self.operation if self.operation else operation != DELIVERY)
            and (self.method is None or method in self.method)
            and (self.path is None or any(fnmatchcase(path, self.path) for path in paths))
            and (self.tenant is None or tenant == self.tenant)
        )

    def describe(self) -> dict[str, Any]:
        """What differs from the defaults, as JSON and as `read` takes it, save for the token's name as `tenant`."""
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
        """What it does, in a few words such as `delay 2, status 503`."""
        words: list[str] = []
        for name, value in self.describe().items():
            if name not in _EFFECTS and name not in {"body_base64", "carried_out"}:
                continue
            words.append(name.removesuffix("_base64").replace("_", " "))
            if value is not True and name not in {"body", "body_base64", "headers"}:
                words[-1] += f" {value:g}" if isinstance(value, float) else f" {value}"
        return ", ".join(words)


_CONFLICTS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (_ANSWER, ("hang", "reset"), "then there is no answer"),
    (("hang",), ("reset",), "a connection that is reset cannot hang; delay goes before a reset"),
    (("carried_out",), ("reset",), "reset says it already, before or after"),
    (("html",), ("body",), "there is one body"),
    (("malformed",), ("html",), "a page of HTML is no JSON as it is"),
    (("malformed",), ("truncate",), "the body ends early in either case"),
    (("nth",), ("skip", "times"), "nth says already which requests are struck"),
    (("duplicate",), ("status", "hang", "reset"), "then there is no delivery that could be doubled"),
)


def _check_together(values: Mapping[str, Any]) -> None:
    """Refuse arguments that make no sense together."""
    # What is false says nothing, but for these, which mean something at 0 or empty as well.
    meaningful = {"body", "content_type", "probability", "retry_after", "truncate"}
    given = {name for name, value in values.items() if value or name in meaningful}
    if not given.intersection(_EFFECTS):
        raise FaultError("", f"a fault must do something; say what with one of {', '.join(_EFFECTS)}")
    for names, others, why in _CONFLICTS:
        for name in names:
            for other in others:
                if name in given and other in given:
                    raise FaultError(name, f"{name} does not go with {other}: {why}")
    if "carried_out" in given and not given & {"status", "body", "html", "hang"}:
        raise FaultError("carried_out", "carried_out needs status, body, html or hang; all else is carried out anyway")
    if "retry_after" in given and not given & {"status", "html"}:
        raise FaultError("retry_after", "retry_after needs a refusal to go with, such as status=429 or status=503")
    if "per" in given and not given & {"nth", "skip", "times", "probability"}:
        raise FaultError("per", "per needs something to count: nth, skip, times or probability")
    if "content_type" in given and any(name == "content-type" for name, _ in values.get("headers", ())):
        raise FaultError("content_type", "content_type does not go with a header of that name: there is one type")
    if (status := values.get("status", 200)) in _WITHOUT_BODY:
        for name in ("body", "html", "malformed", "truncate", "bytes_per_second"):
            if name in given:
                raise FaultError(name, f"{name} does not go with status {status}: such an answer has no body")
    _check_delivery(given, values.get("operation", ()))


def _check_delivery(given: Collection[str], operations: Collection[str]) -> None:
    if DELIVERY not in operations:
        if "duplicate" in given:
            raise FaultError("duplicate", f"duplicate is for deliveries alone: it needs operation={DELIVERY!r}")
        return
    if len(operations) > 1:
        raise FaultError("operation", f"{DELIVERY} needs a fault of its own, for deliveries are no requests of clients")
    for name in ("body", "html", "truncate", "bytes_per_second"):
        if name in given:
            raise FaultError(name, f"{name} is not for deliveries: of a receiver's answer only the status counts")
