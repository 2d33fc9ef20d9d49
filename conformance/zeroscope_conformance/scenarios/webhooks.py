"""Webhook deliveries: their number, their content and their signature."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from ..exchange import Exchange, excerpt
from ..receiver import Delivery, Receiver
from ..target import ScenarioAbandonedError, Target

# How much the time of a signature may differ from the time of arrival, in seconds.
_TIMESTAMP_TOLERANCE = 300
# How long after the last end to wait for deliveries that should not arrive, in seconds.
_QUIET_PERIOD = 5


@dataclass
class Subscription:
    """A prediction with a webhook.

    Args:
        path: The path of the webhook.
        events: The requested events; None for all.
        fails_once: Whether the receiver responds with 503 to the first delivery of the end.
        is_canceled: Whether the prediction is canceled.
        id: The id of the prediction.
        end: The prediction as GET returns it after its end.
        exchange: The exchange that showed the end.
    """

    path: str
    events: list[str] | None
    fails_once: bool = False
    is_canceled: bool = False
    id: str = ""
    end: dict[str, Any] | None = None
    exchange: Exchange | None = None


def receive_webhooks(target: Target, receiver: Receiver) -> None:
    """Run predictions whose webhooks have different filters, and one whose receiver fails once."""
    document = target.document
    started, *_, completed = document.events
    subscriptions = [
        # First, as it is the one that is watched while it runs.
        Subscription("/every", list(document.events)),
        Subscription("/all", None),
        Subscription("/end", [completed]),
        Subscription("/start", [started]),
        Subscription("/again", [completed], fails_once=True),
        Subscription("/canceled", [completed], is_canceled=True),
    ]
    for subscription in subscriptions:
        if subscription.fails_once:
            receiver.fail_once(subscription.path)
        properties: dict[str, Any] = {}
        if subscription.events is not None:
            properties["webhook_events_filter"] = subscription.events
        url = receiver.url + subscription.path
        prediction, exchange = target.create(document.required_input, webhook=url, **properties)
        subscription.id = prediction["id"]
        sent = {"webhook": url, **properties}
        for shown, source in ((prediction, exchange), target.get(subscription.id)):
            _check_echo(target, sent, shown, source)
        if subscription.is_canceled:
            target.cancel(subscription.id)
    watched, *_ = subscriptions
    target.wait_until(lambda: _read(target, receiver, watched) in document.final, target.patience)
    for subscription in subscriptions:
        subscription.end, subscription.exchange = target.wait(subscription.id)
    secret = _read_secret(target)
    for subscription in subscriptions:
        _wait_for_end(target, receiver, subscription)
    _read(target, receiver, watched)
    target.clock.sleep(_QUIET_PERIOD)
    for subscription in subscriptions:
        _check_deliveries(target, receiver, subscription, secret)


def _read(target: Target, receiver: Receiver, subscription: Subscription) -> str:
    """Read a prediction, compare it with what was delivered before, and return its status."""
    rank = target.document.rank
    delivered = [str(one.prediction.get("status")) for one in receiver.deliveries(subscription.path)]
    prediction, exchange = target.get(subscription.id)
    for status in delivered[-1:]:
        shown, least = rank(prediction["status"]), rank(status)
        expected = f"{subscription.id} is {status}, as was delivered, or in a later state"
        passed = shown is None or least is None or shown >= least
        target.results.check("webhook-visible", passed, expected, exchange.summary, exchange)
    return str(prediction["status"])


def _check_echo(target: Target, sent: dict[str, Any], prediction: dict[str, Any], exchange: Exchange) -> None:
    """Check that a prediction that shows its webhook shows it, and the filter, as they were sent."""
    if prediction.get("webhook") is None:
        target.results.exempt("webhook-echoed", "predictions do not show their webhook")
        return
    shown = {name: prediction.get(name) for name in sent}
    expected, seen = json.dumps(sent), json.dumps(shown)
    target.results.check("webhook-echoed", shown == sent, expected, seen, exchange)


def _read_secret(target: Target) -> str | None:
    """Return the webhook secret; None if the document has no operation that reads it."""
    if "webhook-signed" not in target.results:
        return None
    exchange = target.call("getDefaultWebhookSecret")
    body = exchange.json
    key = body.get("key") if isinstance(body, dict) else None
    expected = "whsec_ and a key in base64"
    if not target.results.check("webhook-signed", _is_secret(key), expected, exchange.summary, exchange):
        raise ScenarioAbandonedError
    return str(key)


def _is_secret(key: Any) -> bool:
    try:
        return isinstance(key, str) and key.startswith("whsec_") and bool(base64.b64decode(key[6:], validate=True))
    except ValueError:
        return False


def _wait_for_end(target: Target, receiver: Receiver, subscription: Subscription) -> None:
    """Wait for the delivery of the end and, if the receiver failed, for its repetition."""

    def ends() -> list[Delivery]:
        return _final_deliveries(target, receiver.deliveries(subscription.path))

    if subscription.events is None or target.document.events[-1] in subscription.events:
        arrived = target.wait_until(lambda: bool(ends()), target.patience)
        seen = _format_deliveries(receiver.deliveries(subscription.path))
        expected = f"the end of {subscription.id} is delivered to its webhook"
        target.results.check("webhook-arrives", arrived, expected, seen, subscription.exchange)
    if subscription.fails_once and ends():
        repeated = target.wait_until(lambda: len(ends()) > 1, target.patience)
        passed = repeated and len({(end.headers.get("webhook-id"), end.body) for end in ends()}) == 1
        expected = "the delivery that got a 503 arrives again, with the same webhook-id and body"
        target.results.check("webhook-retried", passed, expected, _format_deliveries(ends()), subscription.exchange)


def _check_deliveries(target: Target, receiver: Receiver, subscription: Subscription, secret: str | None) -> None:
    results = target.results
    deliveries = receiver.deliveries(subscription.path)
    if deliveries or subscription.events == target.document.events[:1]:
        passed = not _unexpected_deliveries(target, subscription, deliveries)
        events = " and ".join(subscription.events) if subscription.events else "its own events"
        expected = f"of {subscription.id} only {events}"
        results.check("webhook-filtered", passed, expected, _format_deliveries(deliveries), subscription.exchange)
    _check_forward(target, subscription, deliveries)
    ends = _final_deliveries(target, deliveries)
    if ends:
        ids = {delivery.headers.get("webhook-id") for delivery in ends}
        expected = f"the end of {subscription.id} as one delivery, with one webhook-id"
        passed = len(ids) == 1 and (subscription.fails_once or len(ends) == 1)
        results.check("webhook-once", passed, expected, _format_deliveries(ends), subscription.exchange)
        _check_last(target, subscription, ends[-1].prediction)
    for delivery in deliveries:
        target.tracker.observe(delivery.prediction, "webhook", subscription.exchange)
        if secret is not None:
            error = _signature_error(delivery, secret)
            expected = "a signature that verifies with the secret, made at that moment"
            results.check("webhook-signed", error is None, expected, error or "signed", subscription.exchange)


def _check_forward(target: Target, subscription: Subscription, deliveries: list[Delivery]) -> None:
    """Check that each delivery shows the state of the one before it, or a later one."""
    for before, after in pairwise(deliveries):
        ranks = [target.document.rank(str(one.prediction.get("status"))) or 0 for one in (before, after)]
        logs = [str(one.prediction.get("logs") or "") for one in (before, after)]
        passed = ranks[0] <= ranks[1] and logs[1].startswith(logs[0])
        expected = f"{before.prediction.get('status')} with the logs {excerpt(logs[0])!r}, or a later state"
        seen = f"{after.prediction.get('status')} with the logs {excerpt(logs[1])!r}"
        target.results.check("webhook-forward", passed, expected, seen, subscription.exchange)


def _check_last(target: Target, subscription: Subscription, delivered: dict[str, Any]) -> None:
    end = subscription.end or {}
    different = sorted(name for name in {*delivered, *end} if delivered.get(name) != end.get(name))
    seen = excerpt(json.dumps({name: delivered.get(name) for name in different})) or "the same"
    expected = f"as GET returns: {excerpt(json.dumps({name: end.get(name) for name in different}))}"
    target.results.check("webhook-equals-get", not different, expected, seen, subscription.exchange)


def _final_deliveries(target: Target, deliveries: list[Delivery]) -> list[Delivery]:
    return [delivery for delivery in deliveries if delivery.prediction.get("status") in target.document.final]


def _unexpected_deliveries(target: Target, subscription: Subscription, deliveries: list[Delivery]) -> list[Delivery]:
    """Return the deliveries of other predictions, of other events, and of a start that was already delivered."""
    final, first = target.document.final, target.document.statuses[0]
    started, *_, completed = target.document.events
    found: list[Delivery] = []
    for delivery in deliveries:
        status = delivery.prediction.get("status")
        event = completed if status in final else started
        is_foreign = delivery.prediction.get("id") != subscription.id
        if is_foreign or (subscription.events is not None and event not in subscription.events) or status == first:
            found.append(delivery)
    starts = [delivery for delivery in deliveries if delivery.prediction.get("status") not in final]
    return found or (starts[1:] if subscription.events == [started] else [])


def _signature_error(delivery: Delivery, secret: str) -> str | None:
    """Return what is wrong with the signature of a delivery; None if it is valid."""
    from standardwebhooks import Webhook

    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    id, timestamp, signatures = (delivery.headers.get(name, "") for name in names)
    if not id or not timestamp.isdigit() or not signatures:
        missing = [name for name in names if not delivery.headers.get(name)]
        return f"no {' and no '.join(missing)}" if missing else f"webhook-timestamp {timestamp!r}"
    age = delivery.time - int(timestamp)
    if abs(age) > _TIMESTAMP_TOLERANCE:
        return f"webhook-timestamp {timestamp}, {age:.0f} s before the delivery arrived"
    signed_at = datetime.fromtimestamp(int(timestamp), UTC)
    expected = Webhook(secret).sign(id, signed_at, delivery.body.decode("utf-8", "replace"))
    if expected in signatures.split():
        return None
    return f"webhook-signature {signatures}, which does not verify with the secret"


def _format_deliveries(deliveries: list[Delivery]) -> str:
    words = [
        f"{delivery.prediction.get('status')} ({delivery.headers.get('webhook-id', 'no webhook-id')})"
        for delivery in deliveries
    ]
    return f"{len(words)} deliveries: {', '.join(words)}" if words else "no delivery"
