"""The sender, which signs a delivery and makes one attempt at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ..faults.fault import Fault
from ..faults.faults import Faults
from ..faults.rules import DELIVERY
from ..lifecycle.record import Record
from ..messages import Headers, Response
from ..protocols import Clock, Flow
from ..steps import ConnectionCutError
from .deliveries import Attempt
from .delivery import ALTERATIONS, Delivery
from .receivers import HttpReceiver, Post, make_receiver, refusal_reason

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
"""The statuses after which the event `completed` is sent again (the source of Cog, which runs the service's models)."""

USER_AGENT = "Webhooks/1.66.0 (sender-mock)"
"""The sender's name (published requests); what the service writes after `sender-` differs, and says nothing."""

ANSWER_LIMIT = 2000
"""How much of a receiver's answer is kept, in characters."""

LATE_SECONDS = 3600.0
"""How old a delivery is made that is sent late on purpose; receivers tolerate five minutes (the documentation)."""

# How many causes of an error are followed to find the first one.
_MAX_CAUSES = 20
_NO_RECEIVER = "not sent: there is no receiver; pass MockServer(receiver=...) or listen on a socket"


class DeliverySender:
    """Makes attempts at deliveries.

    Args:
        clock: The clock.
        body: Makes the body for the state of a prediction at a moment, in seconds since 1970.
        secret: Returns the key that signs a tenant's webhooks, `whsec_` and base64.
        faults: The faults that may apply to deliveries.
        receiver: A function of a request or an ASGI application that gets all deliveries, whatever their URL. A
            function returns a status, a response, or None for 200.
        allow_http: Whether `http` URLs may have hosts other than this machine.

    Attributes:
        online: Whether deliveries may leave the process if there is no receiver.
        save: Called before and after each attempt, to save what the receiver is shown; returns why that failed, in
            words, in which case nothing is sent.

    Raises:
        TypeError: For a receiver that is not callable.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        body: Callable[[Record, float], bytes],
        secret: Callable[[str], str],
        faults: Faults,
        receiver: Callable[..., Any] | None = None,
        allow_http: bool = False,
    ) -> None:
        self.online = False
        self.save: Callable[[], str | None] = _nothing
        self._clock = clock
        self._body = body
        self._secret = secret
        self._faults = faults
        self._receiver = None if receiver is None else make_receiver(receiver)
        self._http = HttpReceiver()
        self._allow_http = allow_http

    def attempt(self, delivery: Delivery) -> Flow[list[Attempt]]:
        """Send a delivery; never raises.

        Returns:
            The attempt, or two if a fault doubled it. The last one has the time of the next attempt.
        """
        time = self._clock.time()
        try:
            body = self._content(delivery)
            refused = self._refusal_reason(delivery.url)
        except Exception as error:
            body, refused = b"", f"not sent: {_error_text(error)}"
        if refused:
            return [_attempt(delivery, body, time, reason=refused)]
        fault = self._faults.take(operation=DELIVERY, method="POST", path=_path(delivery.url), tenant=delivery.tenant)
        causes = [ALTERATIONS[delivery.alteration]] if delivery.alteration else []
        name = "; ".join(causes if fault is None else [*causes, str(fault)]) or None
        attempts: list[Attempt] = []
        for _ in range(2 if (fault and fault.duplicate) or delivery.alteration == "doubled" else 1):
            attempt = _attempt(delivery, body, self._clock.time(), reason=None, fault=name)
            attempts.append((yield from self._send(attempt, delivery, body, fault)))
        last = attempts[-1]
        failed = all(attempt.reason for attempt in attempts) and (
            last.status is None or last.status in RETRIED_STATUSES
        )
        if failed and delivery.delays:
            attempts[-1] = replace(last, retry_at=self._clock.time() + delivery.delays[0])
        return attempts

    def canceled(self, delivery: Delivery) -> Attempt:
        """The attempt at a delivery that was canceled before it ended."""
        retry_at = self._clock.time() + delivery.delays[0] if delivery.delays else None
        reason = "canceled: the task that sent it was canceled"
        return replace(
            _attempt(delivery, self._content(delivery), self._clock.time(), reason=reason), retry_at=retry_at
        )

    def _content(self, delivery: Delivery) -> bytes:
        record = delivery.record
        if record is None:
            return delivery.body.encode()
        if record.canceled is not None and delivery.event != "completed":
            # A cancel at the very moment of the event, or while it is sent, is told by `completed` alone.
            record = replace(record, canceled=None)
        return self._body(record, delivery.time)

    def _refusal_reason(self, url: str) -> str | None:
        """The reason why nothing is sent to a URL; None if deliveries are sent."""
        if self._receiver is not None:
            return None
        return refusal_reason(url, allow_http=self._allow_http) if self.online else _NO_RECEIVER

    def _send(self, attempt: Attempt, delivery: Delivery, body: bytes, fault: Fault | None) -> Flow[Attempt]:
        """Send a delivery, and return the attempt with what was sent and what came of it."""
        if reason := self.save():
            return replace(attempt, reason=f"not sent: {reason}")
        try:
            headers = self._headers(delivery, body)
            if fault is not None:
                headers, body = fault.alter_delivery(headers, body)
            attempt = replace(attempt, headers=headers)
            post = _post(Post(self._receiver or self._http, delivery.url, headers, body))
            response = yield from (post if fault is None else fault.apply(post))
        except ConnectionCutError as error:
            return replace(attempt, reason=str(error))
        except Exception as error:
            return replace(attempt, reason=_error_text(error))
        status, reason = response.status, None
        if not 200 <= status < 300:
            reason = f"answered with {status}"
            if 300 <= status < 400:
                reason += ", and redirects are not followed"
        return replace(attempt, status=status, reason=reason, answer=_answer(response))

    def _headers(self, delivery: Delivery, body: bytes) -> Headers:
        from standardwebhooks import Webhook

        seconds, tenant = self._clock.signing_time(), delivery.tenant
        if delivery.alteration == "late":
            seconds -= LATE_SECONDS
        if delivery.alteration == "forged":
            # The key of a tenant that does not exist.
            tenant = f"{tenant}:forged"
        now = datetime.fromtimestamp(seconds, UTC)
        return (
            ("user-agent", USER_AGENT),
            ("content-type", "application/json"),
            ("webhook-id", delivery.id),
            ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", Webhook(self._secret(tenant)).sign(delivery.id, now, body.decode())),
        )


def _nothing() -> None:
    """Save nothing."""


def _post(step: Post) -> Flow[Response]:
    response: Response = yield step
    return response


def _attempt(
    delivery: Delivery,
    body: bytes,
    time: float,
    *,
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
        status=None,
        reason=reason,
        retry_at=None,
        fault=fault,
        tenant=delivery.tenant,
        body=body.decode(),
    )


def _answer(response: Response) -> str:
    """The start of the body of a receiver's response, as text."""
    body = response.body if isinstance(response.body, bytes) else b""
    return body[: 4 * ANSWER_LIMIT].decode("utf-8", "replace")[:ANSWER_LIMIT]


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _error_text(error: BaseException) -> str:
    """An error as text, with its first cause."""
    root = error
    for _ in range(_MAX_CAUSES):
        if isinstance(root, BaseExceptionGroup):
            root = root.exceptions[0]
        # Also for `from None`, with which httpcore hides the error of the operating system.
        elif cause := root.__cause__ or root.__context__:
            root = cause
        else:
            break
    text = _name_and_message(error)
    return text if root is error or str(root) == str(error) else f"{text} ({_name_and_message(root)})"


def _name_and_message(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
