"""One attempt to deliver one event: signed, sent and judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from ..faults.rules import DELIVERY
from ..lifecycle.timeline import Record
from ..messages import Headers, Response
from ..protocols import Clock
from ..steps import ConnectionCutError, Flow
from .deliveries import Attempt
from .receivers import HttpReceiver, Post, receiver_of, refusal

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
"""After which statuses the end of a prediction is told again (the source of Cog, which runs the service's models)."""

# So far back the cause of an error is looked for.
_CAUSES = 20
_NOBODY = "not sent: there is no receiver; pass MockServer(receiver=...) or listen on a socket"


class Fault(Protocol):
    """What goes wrong with a delivery."""

    @property
    def duplicate(self) -> bool:
        """Whether it is sent twice."""
        ...

    def around(self, answer: Flow[Response]) -> Flow[Response]:
        """Send it with this fault."""
        ...

    def spoil(self, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
        """What is sent in its place."""
        ...


class Faults(Protocol):
    """Decides which deliveries go wrong."""

    def take(self, *, operation: str | None, method: str, path: str, tenant: str | None) -> Fault | None:
        """The fault that strikes a delivery, if any."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """An event on its way to the webhook of a prediction.

    Args:
        id: what the receiver sees as `webhook-id`.
        prediction_id: the prediction.
        tenant: whose prediction it is.
        event: which event.
        url: where it goes.
        record: the prediction; None if only the body is left of it.
        time: the moment that the body tells of, in seconds since 1970.
        body: the body, for a delivery without a record.
        number: which attempt is next, counted from 1.
        delays: after how many seconds each it is tried again.
    """

    id: str
    prediction_id: str
    tenant: str
    event: str
    url: str
    record: Record | None = None
    time: float = 0.0
    body: str = ""
    number: int = 1
    delays: tuple[float, ...] = ()


class Sender:
    """Makes attempts.

    Args:
        clock: tells the time.
        body: makes the body that tells where a prediction stood at a moment, in seconds since 1970.
        secret: the key that signs a tenant's webhooks, `whsec_` and base64.
        faults: decides which deliveries go wrong.
        receiver: a function of a request or an ASGI application that is sent all deliveries.
        allow_http: whether `http` may lead to hosts other than this machine.

    Attributes:
        online: whether deliveries may leave the process if there is no receiver.

    Raises:
        TypeError: for a receiver that cannot be called.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        body: Callable[[Record, float], bytes],
        secret: Callable[[str], str],
        faults: Faults,
        receiver: Callable[..., Any] | None,
        allow_http: bool,
    ) -> None:
        self.online = False
        self._clock = clock
        self._body = body
        self._secret = secret
        self._faults = faults
        self._inside = None if receiver is None else receiver_of(receiver)
        self._outside = HttpReceiver()
        self._allow_http = allow_http

    def attempt(self, delivery: Delivery) -> Flow[list[Attempt]]:
        """Send a delivery and say what came of it; never raises.

        Returns:
            The attempt; two if a fault doubled it. The last one says when it is to be tried again.
        """
        time = self._clock.time()
        try:
            body = self._content(delivery)
            refused = self._obstacle(delivery.url)
        except Exception as error:
            body, refused = b"", f"not sent: {_describe(error)}"
        if refused:
            return [_attempt(delivery, body, time, reason=refused)]
        fault = self._faults.take(operation=DELIVERY, method="POST", path=_path(delivery.url), tenant=delivery.tenant)
        name = None if fault is None else str(fault)
        attempts: list[Attempt] = []
        for _ in range(2 if fault and fault.duplicate else 1):
            time = self._clock.time()
            status, reason = yield from self._send(delivery, body, fault)
            attempts.append(_attempt(delivery, body, time, status=status, reason=reason, fault=name))
        last = attempts[-1]
        failed = all(attempt.reason for attempt in attempts) and (
            last.status is None or last.status in RETRIED_STATUSES
        )
        if failed and delivery.delays:
            attempts[-1] = replace(last, retry_at=self._clock.time() + delivery.delays[0])
        return attempts

    def broken_off(self, delivery: Delivery) -> Attempt:
        """What is to be said of an attempt that was canceled before it ended."""
        retry_at = self._clock.time() + delivery.delays[0] if delivery.delays else None
        reason = "broken off: whoever let it happen was canceled"
        return replace(
            _attempt(delivery, self._content(delivery), self._clock.time(), reason=reason), retry_at=retry_at
        )

    def _content(self, delivery: Delivery) -> bytes:
        return self._body(delivery.record, delivery.time) if delivery.record else delivery.body.encode()

    def _obstacle(self, url: str) -> str | None:
        """Why a delivery cannot even be tried."""
        if self._inside is not None:
            return None
        return refusal(url, allow_http=self._allow_http) if self.online else _NOBODY

    def _send(self, delivery: Delivery, body: bytes, fault: Fault | None) -> Flow[tuple[int | None, str | None]]:
        """The status that was answered, and why it was not received."""
        try:
            headers = self._headers(delivery, body)
            if fault is not None:
                headers, body = fault.spoil(headers, body)
            post = _post(Post(self._inside or self._outside, delivery.url, headers, body))
            response = yield from (post if fault is None else fault.around(post))
        except ConnectionCutError as error:
            return None, str(error)
        except Exception as error:
            return None, _describe(error)
        status = response.status
        if 200 <= status < 300:
            return status, None
        return status, f"answered with {status}" + (", and redirects are not followed" if 300 <= status < 400 else "")

    def _headers(self, delivery: Delivery, body: bytes) -> Headers:
        from standardwebhooks import Webhook

        now = datetime.fromtimestamp(self._clock.time(), UTC)
        return (
            ("content-type", "application/json"),
            ("webhook-id", delivery.id),
            ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", Webhook(self._secret(delivery.tenant)).sign(delivery.id, now, body.decode())),
        )


def _post(step: Post) -> Flow[Response]:
    response: Response = yield step
    return response


def _attempt(
    delivery: Delivery,
    body: bytes,
    time: float,
    *,
    status: int | None = None,
    reason: str | None,
    fault: str | None = None,
) -> Attempt:
    return Attempt(
        id=delivery.id,
        prediction_id=delivery.prediction_id,
        event=delivery.event,
        number=delivery.number,
        time=time,
        url=delivery.url,
        status=status,
        reason=reason,
        retry_at=None,
        fault=fault,
        tenant=delivery.tenant,
        body=body.decode(),
    )


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _describe(error: BaseException) -> str:
    """An error in words, with what caused it in the first place."""
    root = error
    for _ in range(_CAUSES):
        if isinstance(root, BaseExceptionGroup):
            root = root.exceptions[0]
        # Also `from None`, by which httpcore hides what the operating system said.
        elif cause := root.__cause__ or root.__context__:
            root = cause
        else:
            break
    text = _words(error)
    return text if root is error or str(root) == str(error) else f"{text} ({_words(root)})"


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
