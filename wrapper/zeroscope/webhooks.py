"""Verification of webhooks, and the predictions in them.

Webhooks are signed according to Standard Webhooks: with an HMAC-SHA256 of ``id.timestamp.body``, whose key is the
base64 after ``whsec_`` in the account's secret (the service's documentation).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, overload

from ._constants import SECRET_VARIABLE
from ._numbers import conversion_hint, is_number, to_seconds
from ._service.api import prediction_from_json
from ._text import excerpt
from .errors import WebhookVerificationError
from .prediction import AsyncPrediction, Prediction
from .state import PredictionState

if TYPE_CHECKING:
    from .client import AsyncZeroscope, Zeroscope

__all__ = ["VerifiedWebhook", "verify"]

P = TypeVar("P", bound=PredictionState)

ID, TIMESTAMP, SIGNATURE = HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
MAX_TOLERANCE = 86_400.0

# A time beyond this is not in seconds but in milliseconds.
_MAX_TIME = 10.0**12
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]+)={0,2}")
_ID = re.compile(r"[!-~]+")
# Stricter than int(), which accepts signs, spaces, underscores and the digits of all scripts.
_SECONDS = re.compile(r"[0-9]{1,12}")
_RAW_BODY = (
    "pass the raw bytes as received, since these are signed: await request.body() in Starlette and FastAPI, "
    "request.get_data() in Flask, request.body in Django"
)


class _Mapping(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...


Headers: TypeAlias = _Mapping | Iterable[Sequence[Any]]
Body: TypeAlias = bytes | bytearray | memoryview
Secret: TypeAlias = str | Sequence[str]


class VerifiedWebhook(NamedTuple, Generic[P]):
    """A webhook that the service has sent."""

    prediction: P
    """The prediction as it was when the webhook was sent."""
    id: str
    """The delivery's ID, which stays the same when the webhook is sent again."""


@overload
def verify(
    headers: Headers,
    body: Body,
    secret: Secret | None = None,
    tolerance: float | timedelta = 300,
    *,
    now: float | None = None,
    client: AsyncZeroscope,
) -> VerifiedWebhook[AsyncPrediction]: ...
@overload
def verify(
    headers: Headers,
    body: Body,
    secret: Secret | None = None,
    tolerance: float | timedelta = 300,
    *,
    now: float | None = None,
    client: Zeroscope | None = None,
) -> VerifiedWebhook[Prediction]: ...
def verify(
    headers: Headers,
    body: Body,
    secret: Secret | None = None,
    tolerance: float | timedelta = 300,
    *,
    now: float | None = None,
    client: Any = None,
) -> VerifiedWebhook[Any]:
    """Verify that the service has sent a webhook, unchanged and recently, and return its prediction and ID.

    Args:
        headers: The request's headers in the form of any framework: a mapping, pairs of strings or bytes, or a WSGI
            environment; the case of names does not matter.
        body: The request's body, neither parsed nor decoded.
        secret: The result of `Zeroscope.webhook_secret`; during a rotation, the new and the old secret. By default the
            environment variable ``REPLICATE_WEBHOOK_SIGNING_SECRET``, which may hold several, separated by spaces.
        tolerance: The largest difference between the time of signing and now, in seconds or as a `timedelta`; at most a
            day.
        now: The current time, in seconds since 1970; by default this machine's.
        client: The client that the prediction uses; without one, the prediction cannot send requests.

    Raises:
        WebhookVerificationError: If the webhook cannot be trusted, has no prediction in it, or an argument is invalid.
            Nothing else is raised, whatever the request contains.

    Example:
        >>> webhook = verify(request.headers, request.get_data(), secret)
        >>> webhook.prediction.status
        'succeeded'
    """
    keys = _keys(_secret_of_environment() if secret is None else secret)
    tolerance = to_seconds(tolerance)
    _check_number("tolerance", tolerance, MAX_TOLERANCE, "seconds, 0 or more and at most a day")
    now = time.time() if now is None else now
    _check_number("now", now, _MAX_TIME, "seconds since 1970")
    # The module of the clients is not imported for this: without it, there is no client.
    clients: Any = sys.modules.get(f"{__package__}.client")
    if client is not None and not (clients and isinstance(client, clients.Zeroscope | clients.AsyncZeroscope)):
        raise WebhookVerificationError(f"client is of type {type(client).__name__}, not Zeroscope or AsyncZeroscope")
    if not isinstance(body, bytes | bytearray | memoryview):
        raise WebhookVerificationError(f"the webhook's body is of type {type(body).__name__}: {_RAW_BODY}")
    raw = bytes(body)
    values = _parse_headers(headers)
    _verify_signature(f"{values[ID]}.{values[TIMESTAMP]}.".encode() + raw, keys, values[SIGNATURE])
    age = now - int(values[TIMESTAMP])
    if abs(age) > tolerance:
        when = f"{round(abs(age), 3)} s {'ago' if age > 0 else 'from now'}"
        raise WebhookVerificationError(
            f"the webhook was signed {when}, which is beyond the tolerance of {tolerance} s: it is an old webhook "
            "sent again, or the clock of this machine is wrong"
        )
    try:
        model = prediction_from_json(raw)
    except ValueError as error:
        raise WebhookVerificationError(
            f"the webhook is signed with the secret, but its body is not a prediction ({excerpt(str(error))}), so it "
            f"is not a prediction webhook: {excerpt(raw.decode('utf-8', 'replace'))}"
        ) from None
    prediction: Any = Prediction(model) if client is None else client.predictions._new(model)
    return VerifiedWebhook(prediction, values[ID])


def _secret_of_environment() -> Sequence[str]:
    secrets = os.environ.get(SECRET_VARIABLE, "").split()
    if not secrets:
        raise WebhookVerificationError(
            f"there is no webhook secret: set {SECRET_VARIABLE} or pass secret=; client.webhook_secret() returns it"
        )
    return secrets


def _keys(secret: str | Sequence[str]) -> list[bytes]:
    """The keys of one or more secrets; if one of them is invalid, all are refused. No message contains a secret."""
    several = isinstance(secret, Sequence) and not isinstance(secret, str | bytes | bytearray)
    secrets: list[Any] = list(secret) if several else [secret]
    if not secrets:
        raise WebhookVerificationError(
            "there is no webhook secret in the list, so no webhook can be trusted; client.webhook_secret() returns it"
        )
    if len(secrets) == 1:
        return [_key("the webhook secret", secrets[0])]
    return [_key(f"webhook secret {number} of {len(secrets)}", secret) for number, secret in enumerate(secrets, 1)]


def _key(name: str, secret: object) -> bytes:
    if not isinstance(secret, str):
        problem = f"is of type {type(secret).__name__}, not a string"
    elif not secret.strip():
        problem = "is empty"
    elif not (found := _SECRET.fullmatch(secret.strip())) or len(found[1]) % 4 == 1:
        problem = "is not whsec_ and base64 (A-Z, a-z, 0-9, + and /)"
    else:
        return base64.b64decode(found[1] + "=" * (-len(found[1]) % 4))
    raise WebhookVerificationError(f"{name} {problem}; client.webhook_secret() returns the right one")


def _check_number(name: str, value: object, maximum: float, meaning: str) -> None:
    if not is_number(value, 0, maximum):
        raise WebhookVerificationError(
            f"{name} cannot be {value!r:.80}; it should be a number of {meaning}{conversion_hint(value)}"
        )


def _parse_headers(headers: Headers) -> dict[str, str]:
    """The values of the three headers, each of which must occur once and be well-formed."""
    found: dict[str, set[str]] = {name: set() for name in HEADERS}
    try:
        for name, value in _pairs(headers):
            if (known := found.get(_normalized(name))) is not None:
                known.update(_strings(value))
    # Headers are objects of any framework, whose errors are not known.
    except Exception as error:
        raise WebhookVerificationError(
            f"the webhook's headers cannot be read ({error!r:.120}): "
            "pass the request's own, as a mapping or as pairs of name and value"
        ) from None
    if missing := [name for name, values in found.items() if not values - {""}]:
        raise WebhookVerificationError(
            f"the request has no {', '.join(missing)}: it is not a webhook of the service, or a proxy removed headers"
        )
    for name, values in found.items():
        if len(values) > 1:
            raise WebhookVerificationError(
                f"the header {name} occurs {len(values)} times with different values; one of them is forged, or a "
                "proxy has added it"
            )
    header = {name: values.pop() for name, values in found.items()}
    if not _ID.fullmatch(header[ID]):
        raise WebhookVerificationError(f"the header {ID} is {header[ID]!r:.80}; an ID is ASCII without spaces")
    if not _SECONDS.fullmatch(header[TIMESTAMP]):
        raise WebhookVerificationError(
            f"the header {TIMESTAMP} is {header[TIMESTAMP]!r:.80}; it should be the seconds since 1970 in plain digits"
        )
    return header


def _pairs(headers: Any) -> Any:
    # The items() of httpx join the values of a name with commas, which would hide a forged value.
    for method in ("multi_items", "items"):
        if callable(pairs := getattr(headers, method, None)):
            return pairs()
    return headers


def _normalized(name: object) -> str:
    """A header's name in lower case with hyphens, as WSGI spells it differently."""
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    if not isinstance(text, str):
        return ""
    return text[5:].replace("_", "-").lower() if text.startswith("HTTP_") else text.lower()


def _strings(value: object) -> Iterator[str]:
    """The values that a framework has for one name."""
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, str):
            yield one
        elif isinstance(one, bytes):
            yield one.decode("latin-1")
        elif one is not None:
            raise TypeError(f"a value is of type {type(one).__name__}")


def _verify_signature(content: bytes, keys: Sequence[bytes], header: str) -> None:
    parts = [part.partition(",") for part in header.split(" ")]
    signatures = [signature.encode("utf-8", "replace") for version, _, signature in parts if version == "v1"]
    if not signatures:
        raise WebhookVerificationError(
            f"the header {SIGNATURE} contains no signature of version v1, such as v1,BASE64; others are not supported"
        )
    expected = [base64.b64encode(hmac.digest(key, content, hashlib.sha256)) for key in keys]
    # All are compared, so that the time taken does not reveal which key or signature matches.
    matches = [hmac.compare_digest(right, signature) for right in expected for signature in signatures]
    if not any(matches):
        raise WebhookVerificationError(
            f"the webhook is not signed with {'any of the secrets' if len(keys) > 1 else 'the secret'}: it is forged, "
            "its body or headers were changed in transit, or the secret is another account's or an old one. Pass the "
            "body as received, and the secret that client.webhook_secret() returns"
        )
