"""Webhooks: what is sent, to whom it is provably from, and how often."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..exchange import Exchange, excerpt
from ..receiver import Received, Receiver
from ..target import AbandonedError, Target

_TOLERANCE = 300
# How long after the end a repeated delivery may come, in seconds.
_QUIET = 5


@dataclass
class Hooked:
    """A prediction with a webhook.

    Args:
        path: where its events are sent.
        events: the events asked for; all if None.
        refused: whether the first delivery of its end is answered with 503.
        id: the prediction's.
        end: the prediction as GET answers it after its end.
        shown: the request that answered it.
    """

    path: str
    events: list[str] | None
    refused: bool = False
    id: str = ""
    end: dict[str, Any] | None = None
    shown: Exchange | None = None


def walk(target: Target, receiver: Receiver) -> None:
    """Let predictions run that have a webhook, with different filters, and one whose receiver fails once."""
    document = target.document
    started, *_, completed = document.events
    hooked = [
        Hooked("/all", None),
        Hooked("/end", [completed]),
        Hooked("/start", [started]),
        Hooked("/again", [completed], refused=True),
    ]
    for one in hooked:
        if one.refused:
            receiver.refuse_once(one.path)
        more: dict[str, Any] = {} if one.events is None else {"webhook_events_filter": one.events}
        prediction, _ = target.create(document.required_input, webhook=receiver.url + one.path, **more)
        one.id = prediction["id"]
    for one in hooked:
        one.end, one.shown = target.ended(one.id)
    secret = _secret(target)
    for one in hooked:
        _await(target, receiver, one)
    # What should not come has had its time by then.
    target.clock.sleep(_QUIET)
    for one in hooked:
        _look_at(target, receiver, one, secret)


def _secret(target: Target) -> str | None:
    if "webhook-signed" not in target.results:
        return None
    exchange = target.call("getDefaultWebhookSecret")
    answer = exchange.json
    key = answer.get("key") if isinstance(answer, dict) else None
    expected = "whsec_ and the base64 of a key"
    if not target.results.check("webhook-signed", _is_secret(key), expected, exchange.seen, exchange):
        raise AbandonedError
    return str(key)


def _is_secret(key: Any) -> bool:
    try:
        return isinstance(key, str) and key.startswith("whsec_") and bool(base64.b64decode(key[6:], validate=True))
    except ValueError:
        return False


def _await(target: Target, receiver: Receiver, one: Hooked) -> None:
    """Wait for the end to be told, and for what was refused to come again."""

    def ends() -> list[Received]:
        return _ends(receiver.at(one.path), target)

    if one.events is None or target.document.events[-1] in one.events:
        arrived = target.until(lambda: bool(ends()), target.patience)
        seen = _told(receiver.at(one.path))
        target.results.check("webhook-arrives", arrived, f"the end of {one.id} is sent to its webhook", seen, one.shown)
    if one.refused and ends():
        repeated = target.until(lambda: len(ends()) > 1, target.patience)
        same = repeated and len({(end.headers.get("webhook-id"), end.body) for end in ends()}) == 1
        expected = "the delivery that was refused with 503 comes again, with the same webhook-id and body"
        target.results.check("webhook-retried", same, expected, _told(ends()), one.shown)


def _look_at(target: Target, receiver: Receiver, one: Hooked, secret: str | None) -> None:
    results = target.results
    received = receiver.at(one.path)
    unwanted = _unwanted(one, received, target)
    expected = f"of {one.id} only {' and '.join(one.events) if one.events else 'its own events'}"
    ends = _ends(received, target)
    if received or one.events == target.document.events[:1]:
        results.check("webhook-filtered", not unwanted, expected, _told(received), one.shown)
    if ends:
        ids = {end.headers.get("webhook-id") for end in ends}
        expected = f"the end of {one.id} as one delivery, with one webhook-id"
        kept = len(ids) == 1 and (one.refused or len(ends) == 1)
        results.check("webhook-once", kept, expected, _told(ends), one.shown)
        last = ends[-1].json
        differing = sorted(name for name in {*last, *(one.end or {})} if last.get(name) != (one.end or {}).get(name))
        seen = excerpt(json.dumps({name: last.get(name) for name in differing})) or "the same"
        expected = excerpt(json.dumps({name: (one.end or {}).get(name) for name in differing}))
        results.check("webhook-equals-get", not differing, f"as GET answers: {expected}", seen, one.shown)
    for delivery in received:
        target.ledger.observe(delivery.json, "webhook", one.shown)
        if secret is not None:
            fault = _unsigned(delivery, secret)
            expected = "a signature that the secret proves, of this moment"
            results.check("webhook-signed", fault is None, expected, fault or "signed", one.shown)


def _ends(received: list[Received], target: Target) -> list[Received]:
    return [one for one in received if one.json.get("status") in target.document.final]


def _unwanted(one: Hooked, received: list[Received], target: Target) -> list[Received]:
    final, first = target.document.final, target.document.statuses[0]
    started, *_, completed = target.document.events
    found: list[Received] = []
    for delivery in received:
        status = delivery.json.get("status")
        event = completed if status in final else started
        foreign = delivery.json.get("id") != one.id
        if foreign or (one.events is not None and event not in one.events) or status == first:
            found.append(delivery)
    beginnings = [delivery for delivery in received if delivery.json.get("status") not in final]
    return found or (beginnings[1:] if one.events == [started] else [])


def _unsigned(delivery: Received, secret: str) -> str | None:
    """What is wrong with the signature of a delivery; None if nothing is."""
    from standardwebhooks import Webhook

    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    id, stamp, signatures = (delivery.headers.get(name, "") for name in names)
    if not id or not stamp.isdigit() or not signatures:
        missing = [name for name in names if not delivery.headers.get(name)]
        return f"no {' and no '.join(missing)}" if missing else f"webhook-timestamp {stamp!r}"
    late = delivery.time - int(stamp)
    if abs(late) > _TOLERANCE:
        return f"webhook-timestamp {stamp}, {late:.0f} s before it came"
    right = Webhook(secret).sign(id, datetime.fromtimestamp(int(stamp), UTC), delivery.body.decode("utf-8", "replace"))
    return None if right in signatures.split() else f"webhook-signature {signatures}, which the secret does not give"


def _told(received: list[Received]) -> str:
    told = [f"{one.json.get('status')} ({one.headers.get('webhook-id', 'no webhook-id')})" for one in received]
    return f"{len(told)} deliveries: {', '.join(told)}" if told else "no delivery"
