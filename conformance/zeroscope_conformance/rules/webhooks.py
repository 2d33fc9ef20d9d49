"""Rules of webhook deliveries."""

from __future__ import annotations

from .conditions import has_body_property, has_operation
from .rule import LIVE_ONLY, Rule

_has_webhooks = has_body_property("webhook")

RULES = (
    Rule(
        "webhook-arrives",
        "The end of a prediction is delivered to its webhook.",
        "Programs that have a webhook do not poll.",
        applies_to=_has_webhooks,
    ),
    Rule(
        "webhook-echoed",
        "A prediction that shows its webhook shows it as it was sent, with the requested events.",
        "Programs see there which deliveries to expect.",
        applies_to=_has_webhooks,
        dialects=LIVE_ONLY,
    ),
    Rule(
        "webhook-filtered",
        "Only the requested events are delivered.",
        "Each delivery costs the receiver work.",
        applies_to=_has_webhooks,
    ),
    Rule(
        "webhook-forward",
        "No delivery shows an earlier state than one before it.",
        "Receivers store what came last.",
        applies_to=_has_webhooks,
    ),
    Rule(
        "webhook-visible",
        "From the moment of a delivery, GET shows that state or a later one.",
        "Receivers read the prediction, and would take an older state for the current one.",
        applies_to=_has_webhooks,
    ),
    Rule(
        "webhook-signed",
        "Every delivery has a signature, made at that moment with the account's secret.",
        "Otherwise anyone could send one.",
        applies_to=has_operation("getDefaultWebhookSecret"),
    ),
    Rule(
        "webhook-equals-get",
        "The last delivery equals what GET returns.",
        "Receivers do not read the prediction again.",
        applies_to=_has_webhooks,
    ),
    Rule(
        "webhook-once",
        "An event that was received is not delivered again under another id.",
        "Receivers recognize repeated deliveries by their `webhook-id`.",
        applies_to=_has_webhooks,
    ),
    Rule(
        "webhook-retried",
        "The end is delivered again, with the same id and body, after the receiver returned 503.",
        "Receivers are restarted now and then.",
        applies_to=_has_webhooks,
    ),
)
