"""Webhooks: whether a request came from the service, and the prediction that it tells of.

Webhooks are signed as Standard Webhooks lays down: an HMAC-SHA256 over ``id.timestamp.body``, whose key is the base64
after ``whsec_`` in the account's secret (the service's documentation).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeAlias, TypeVar, overload

from ._service import api as _api
from .client import AsyncZeroscope, Zeroscope
from .errors import WebhookVerificationError, excerpt
from .prediction import AsyncPrediction, Prediction
from .state import PredictionState

__all__ = ["VerifiedWebhook", "verify"]

P = TypeVar("P", bound=PredictionState)

ID, TIMESTAMP, SIGNATURE = HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
LONGEST_TOLERANCE = 86_400.0

# What stands for time is a number of seconds below this, so that milliseconds are found out.
_LATEST = 10.0**12
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]+)={0,2}")
_ID = re.compile(r"[!-~]+")
# Not what int() takes, which is signs, spaces, underscores and the digits of all scripts.
_SECONDS = re.compile(r"[0-9]{1,12}")
_RAW_BODY = (
    "pass the raw bytes as they came, which are what is signed: await request.body() in Starlette and FastAPI, "
    "request.get_data() in Flask, request.body in Django"
)


class _Items(Protocol):
    def items(self) -> Iterable[tuple[Any, Any]]: ...


Headers: TypeAlias = _Items | Iterable[Sequence[Any]]


class VerifiedWebhook(NamedTuple, Generic[P]):
    """A webhook that came from the service."""

    prediction: P
    """The prediction as it was when the webhook was sent."""
    id: str
    """The delivery's ID: a webhook that comes again has the same one."""


@overload
def verify(
    headers: Headers,
    body: bytes | bytearray | memoryview,
    secret: str | Sequence[str],
    tolerance: float = 300,
    *,
    now: float | None = None,
    client: Zeroscope | None = None,
) -> VerifiedWebhook[Prediction]: ...


@overload
def verify(
    headers: Headers,
    body: bytes | bytearray | memoryview,
    secret: str | Sequence[str],
    tolerance: float = 300,
    *,
    now: float | None = None,
    client: AsyncZeroscope,
) -> VerifiedWebhook[AsyncPrediction]: ...


def verify(
    headers: Headers,
    body: bytes | bytearray | memoryview,
    secret: str | Sequence[str],
    tolerance: float = 300,
    *,
    now: float | None = None,
    client: Zeroscope | AsyncZeroscope | None = None,
) -> VerifiedWebhook[Prediction] | VerifiedWebhook[AsyncPrediction]:
    """Check that a webhook came from the service, unchanged and just now, and return what it tells.

    Args:
        headers: The request's headers, as any framework has them: a mapping, pairs of texts or bytes, or a WSGI
            environment; how names are spelled does not matter.
        body: The request's body, not parsed and not decoded.
        secret: What `Zeroscope.webhook_secret` returned; while it is being replaced, the new and the old one.
        tolerance: How far the time of signing may be from now, in seconds, before or after; at most a day.
        now: The time of day, in seconds since 1970; by default that of this machine.
        client: The client that the prediction is to use; without one it only tells what was sent.

    Returns:
        The prediction, and the delivery's ID, by which a webhook that comes twice is known.

    Raises:
        WebhookVerificationError: If the webhook cannot be trusted or is not about a prediction, or an argument cannot
            be used. Nothing else is raised, whatever was sent.

    Example:
        >>> webhook = verify(request.headers, request.get_data(), secret)
        >>> webhook.prediction.status
        'succeeded'
    """
    keys = _keys(secret)
    _check_number("tolerance", tolerance, LONGEST_TOLERANCE, "seconds, 0 or more and at most a day")
    now = time.time() if now is None else now
    _check_number("now", now, _LATEST, "seconds since 1970")
    if not isinstance(client, Zeroscope | AsyncZeroscope | None):
        raise WebhookVerificationError(f"the client is of type {type(client).__name__}, not one of this package's")
    if not isinstance(body, bytes | bytearray | memoryview):
        raise WebhookVerificationError(f"the webhook's body is of type {type(body).__name__}: {_RAW_BODY}")
    raw = bytes(body)
    given = _read(headers)
    _check_signature(f"{given[ID]}.{given[TIMESTAMP]}.".encode() + raw, keys, given[SIGNATURE])
    _check_age(now - int(given[TIMESTAMP]), tolerance)
    model = _parse(raw)
    if isinstance(client, AsyncZeroscope):
        return VerifiedWebhook(AsyncPrediction(model, client), given[ID])
    return VerifiedWebhook(Prediction(model, client), given[ID])


def _keys(secret: str | Sequence[str]) -> list[bytes]:
    """The keys in one secret or several; an unusable one is refused even among others, and never shown."""
    several = isinstance(secret, Sequence) and not isinstance(secret, str | bytes | bytearray)
    secrets: list[Any] = list(secret) if several else [secret]
    if not secrets:
        raise WebhookVerificationError(
            "there is no webhook secret in the list that was given, so nothing can be trusted; "
            "client.webhook_secret() returns it"
        )
    if len(secrets) == 1:
        return [_key("the webhook secret", secrets[0])]
    return [_key(f"webhook secret {number} of {len(secrets)}", secret) for number, secret in enumerate(secrets, 1)]


def _key(name: str, secret: object) -> bytes:
    if not isinstance(secret, str):
        problem = f"is of type {type(secret).__name__}, not a text"
    elif not secret.strip():
        problem = "is empty"
    elif not (found := _SECRET.fullmatch(secret.strip())) or len(found[1]) % 4 == 1:
        problem = "is not whsec_ and base64 (A-Z, a-z, 0-9, + and /)"
    else:
        return base64.b64decode(found[1] + "=" * (-len(found[1]) % 4))
    raise WebhookVerificationError(f"{name} {problem}; client.webhook_secret() returns the right one")


def _check_number(name: str, value: object, most: float, meaning: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise WebhookVerificationError(f"{name} cannot be {value!r:.80}: it should be a number of {meaning}")


def _read(headers: Headers) -> dict[str, str]:
    """The three headers of a webhook, each there once and of the right form."""
    found: dict[str, set[str]] = {name: set() for name in HEADERS}
    try:
        for name, value in _pairs(headers):
            if (known := found.get(_plain_name(name))) is not None:
                known.update(_texts(value))
    # Headers come from frameworks of all kinds, and how theirs fail nobody knows.
    except Exception as error:
        raise WebhookVerificationError(
            f"the webhook's headers cannot be read ({error!r:.120}): "
            "pass the request's own, as a mapping or as pairs of name and value"
        ) from None
    if missing := [name for name, values in found.items() if not values - {""}]:
        raise WebhookVerificationError(
            f"the request has no {', '.join(missing)}: it is no webhook of the service, or a proxy has dropped headers"
        )
    for name, values in found.items():
        if len(values) > 1:
            raise WebhookVerificationError(
                f"the header {name} came {len(values)} times with different values; one of them is forged, or a proxy "
                "has added it"
            )
    given = {name: values.pop() for name, values in found.items()}
    if not _ID.fullmatch(given[ID]):
        raise WebhookVerificationError(f"the header {ID} is {given[ID]!r:.80}; an ID is ASCII without spaces")
    if not _SECONDS.fullmatch(given[TIMESTAMP]):
        raise WebhookVerificationError(
            f"the header {TIMESTAMP} is {given[TIMESTAMP]!r:.80}; it should be the seconds since 1970 in plain digits"
        )
    return given


def _pairs(headers: Any) -> Any:
    # The items() of httpx are one for each name, joined by commas, of which a forged one would be a part.
    for method in ("multi_items", "items"):
        if callable(pairs := getattr(headers, method, None)):
            return pairs()
    return headers


def _plain_name(name: object) -> str:
    """A header's name in lower case with hyphens, also of one that WSGI spelled."""
    text = name.decode("latin-1") if isinstance(name, bytes) else name
    if not isinstance(text, str):
        return ""
    return text[5:].replace("_", "-").lower() if text.startswith("HTTP_") else text.lower()


def _texts(value: object) -> Iterator[str]:
    """The values that a framework gives to one name."""
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, str):
            yield one
        elif isinstance(one, bytes):
            yield one.decode("latin-1")
        elif one is not None:
            raise TypeError(f"a value is of type {type(one).__name__}")


def _check_signature(content: bytes, keys: Sequence[bytes], header: str) -> None:
    parts = [part.partition(",") for part in header.split(" ")]
    signatures = [signature.encode("utf-8", "replace") for version, _, signature in parts if version == "v1"]
    if not signatures:
        raise WebhookVerificationError(
            f"the header {SIGNATURE} holds no signature of version v1, which looks like v1,BASE64; others are not known"
        )
    fits = False
    for key in keys:
        expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256))
        for signature in signatures:
            # Every one is compared, so that the time it takes does not tell which key or signature fits.
            fits |= hmac.compare_digest(expected, signature)
    if not fits:
        raise WebhookVerificationError(
            f"the webhook is not signed with {'any of the secrets' if len(keys) > 1 else 'the secret'}: it is forged, "
            "its body or headers were changed on the way, or the secret is another account's or an old one. Pass the "
            "body as it came, and the secret that client.webhook_secret() returns"
        )


def _check_age(age: float, tolerance: float) -> None:
    if abs(age) > tolerance:
        when = f"{round(abs(age), 3)} s {'ago' if age > 0 else 'from now'}"
        raise WebhookVerificationError(
            f"the webhook was signed {when}, which is beyond the tolerance of {tolerance} s: it is an old one sent "
            "again by somebody, or the clock of this machine is wrong"
        )


def _parse(raw: bytes) -> _api.PredictionModel:
    try:
        return _api.prediction_from_json(raw)
    except ValueError as error:
        raise WebhookVerificationError(
            f"the webhook is signed with the secret, but its body is not a prediction ({excerpt(str(error))}), so it "
            f"is meant for something else: {excerpt(raw.decode('utf-8', 'replace'))}"
        ) from None
