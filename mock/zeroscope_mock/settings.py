"""The settings of a server's core, with their defaults and bounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from .dialects import DIALECTS, DialectName

JSON_LIMIT = 2**20
FILE_LIMIT = 101 * 2**20
STORAGE_LIMIT = 2**30
PREDICTION_LIMIT = 1_000_000
JOURNAL_LIMIT = 1000
JOURNAL_BODY_LIMIT = 2**20

_HOST = re.compile(r"[A-Za-z0-9._-]+|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?")
_ACCOUNT = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?")
_ORIGIN = re.compile(r"\*|null|[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@,*]+")
_CHOICES = {
    "blocking": ("processing", "final", None),
    "expired_wait": ("starting", "processing"),
    "deployment_names": ("full", "short"),
}
_LIMITS = ("json_limit", "file_limit", "storage_limit", "prediction_limit", "journal_limit", "journal_body_limit")


class CoreOptions(TypedDict, total=False):
    """The options of `MockServer` that its core needs; `Settings` has their defaults."""

    seed: int
    """Decides ids, seeds, timings, pictures and faults: equal seeds and requests give equal responses. 0 by default."""

    dialect: DialectName
    """The dialect: `live`, as the service answers, which is the default; or `published`, as the published description
    says, with URLs that lack `/v1` and creates that are answered with 200 and an array."""

    account: str | None
    """The user name of the account, which owns models and deployments. By default each token has an account of its own,
    whose name `GET /account` returns."""

    token: str | None
    """The only bearer token to accept; any by default."""

    receiver: Callable[..., Any] | None
    """The receiver of all webhooks, whatever their URLs: a function of an `httpx.Request` that returns a status, an
    `httpx.Response` or None for 200, or an ASGI application. Without one, webhooks are sent over HTTP while the server
    listens on a socket, and not at all otherwise; see `MockServer.deliveries`."""

    insecure_webhooks: bool
    """Whether webhooks are also sent to `http` URLs of other machines."""

    streams: bool | None
    """Whether predictions have a stream of events. By default all have one, and in the dialect `published` those that
    ask for one."""

    blocking: Literal["processing", "final"] | None
    """What a create with `Prefer: wait` shows once the prediction has succeeded: `processing` with all outputs, as
    recorded, or `final` for its end. By default the seed decides, three times of four for `processing`."""

    expired_wait: Literal["starting", "processing"]
    """The status that a create shows whose wait ends before the prediction has; `starting` by default, since the
    official clients take any other for an end."""

    webhook_events: Collection[str] | None
    """The events that a webhook without a filter gets; those that the document names by default. What the service sends
    is not certain."""

    deployment_names: Literal["full", "short"]
    """How predictions name the deployment that ran them: `owner/name`, which is the default, or `name`. What the
    service does is not certain."""

    inline_outputs: bool
    """Whether output files are `data:` URIs instead of URLs."""

    any_model: bool
    """Whether the server admits models that it does not know, with any input; it guesses from their names what they
    return. False by default. The journal says so for each prediction."""

    control: bool
    """Whether `/_mock/` is served, through which programs in other languages control the server; True by default."""

    allow_hosts: Collection[str]
    """The names by which programs reach `/_mock/`, besides those of this machine and the address that the server
    listens on; a browser could otherwise be led here by a name of someone else's."""

    cors: Collection[str]
    """The origins of web pages that may send requests, such as `http://localhost:5173`; `*` for all. None by default,
    as on the service. Under `/_mock/`, pages of other origins are refused in any case."""

    trust_forwarded: bool
    """Whether the URLs in responses follow the headers `X-Forwarded-Proto`, `X-Forwarded-Host` and
    `X-Forwarded-Prefix`, as behind a proxy that sets them; False by default."""

    json_limit: int
    """The size of the largest JSON body, in bytes; a larger one is answered with 413."""

    file_limit: int
    """The size of the largest upload with its form, in bytes; the service takes files of 100 MiB."""

    storage_limit: int
    """The number of bytes of uploads kept; more drop the oldest."""

    prediction_limit: int
    """The number of predictions kept; more drop the oldest."""

    journal_limit: int
    """The number of exchanges that the journal keeps, and of attempts that `deliveries` keeps."""

    journal_body_limit: int
    """The length up to which the journal keeps a body, in bytes. If the bodies of all exchanges need more than 32 MiB,
    it keeps the first 2000 characters of the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of `CoreOptions`, validated.

    Raises:
        ValueError: For an unknown dialect or choice, a seed that is not an integer, an invalid name of an account, a
            token that cannot be sent, `any_model` that is not a bool, a limit that is not an integer above 0, and
            hosts, origins or events that are no list of names.
    """

    seed: int = 0
    dialect: str = "live"
    account: str | None = None
    token: str | None = None
    receiver: Callable[..., Any] | None = None
    insecure_webhooks: bool = False
    streams: bool | None = None
    blocking: str | None = None
    expired_wait: str = "starting"
    webhook_events: Collection[str] | None = None
    deployment_names: str = "full"
    inline_outputs: bool = False
    any_model: bool = False
    control: bool = True
    allow_hosts: Collection[str] = ()
    cors: Collection[str] = ()
    trust_forwarded: bool = False
    json_limit: int = JSON_LIMIT
    file_limit: int = FILE_LIMIT
    storage_limit: int = STORAGE_LIMIT
    prediction_limit: int = PREDICTION_LIMIT
    journal_limit: int = JOURNAL_LIMIT
    journal_body_limit: int = JOURNAL_BODY_LIMIT

    def __post_init__(self) -> None:
        if self.dialect not in DIALECTS:
            raise ValueError(f"the dialect must be {' or '.join(map(repr, DIALECTS))}, not {self.dialect!r}")
        for name, known in _CHOICES.items():
            if (value := getattr(self, name)) not in known:
                raise ValueError(f"{name} must be {' or '.join(map(repr, known))}, not {value!r}")
        if not _is_integer(self.seed):
            raise ValueError(f"the seed must be an integer, not {self.seed!r}")
        if self.token is not None and not _can_be_sent(self.token):
            # Even a wrong token must not be shown.
            raise ValueError(
                "the token must be a non-empty string without surrounding space; leave it out to accept any"
            )
        if self.account is not None and not (isinstance(self.account, str) and _ACCOUNT.fullmatch(self.account)):
            allowed = "lower-case letters, digits, and '-', '_' and '.' within"
            raise ValueError(f"an account's name has {allowed}; not {self.account!r}")
        if not isinstance(self.any_model, bool):
            raise ValueError(f"any_model must be True or False, not {self.any_model!r:.200}")
        if isinstance(self.allow_hosts, str) or not isinstance(self.allow_hosts, Collection):
            raise ValueError(f"allow_hosts must be a list of names of hosts, not {self.allow_hosts!r}")
        for host in self.allow_hosts:
            if not (isinstance(host, str) and _HOST.fullmatch(host)):
                raise ValueError(f"a host to allow is a name or an address without scheme and port, not {host!r}")
        if isinstance(self.webhook_events, str) or not isinstance(self.webhook_events, Collection | None):
            raise ValueError(f"webhook_events must be a list of events, not {self.webhook_events!r}")
        if isinstance(self.cors, str) or not isinstance(self.cors, Collection):
            raise ValueError(f"cors must be a list of origins, not {self.cors!r}")
        for origin in self.cors:
            if not (isinstance(origin, str) and _ORIGIN.fullmatch(origin)):
                raise ValueError(f"an origin is '*', or scheme, host and port of a page without a path, not {origin!r}")
        for name in _LIMITS:
            limit = getattr(self, name)
            if not _is_integer(limit):
                raise ValueError(f"{name} must be an integer, not {limit!r}")
            if limit < 1:
                raise ValueError(f"{name} must be at least 1, not {limit}")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _can_be_sent(token: object) -> bool:
    return isinstance(token, str) and token != "" and token == token.strip()
