"""Rules of accounts, which share a server and nothing else."""

from __future__ import annotations

from .conditions import has_operation
from .rule import Rule

RULES = (
    Rule(
        "accounts-separate",
        "No other token reads, lists or cancels a prediction, not even one that its account has just read.",
        "A shared cache shows one customer the prompts and videos of another.",
    ),
    Rule(
        "limits-separate",
        "Reads, and requests with an unknown token, use up nothing of what `ratelimit-remaining` leaves for creates.",
        "Programs that poll would not get to create, and strangers could keep them from it.",
    ),
    Rule(
        "secret-stays",
        "The webhook secret is the same every time.",
        "Receivers read it once; with another one, they would refuse every delivery.",
        applies_to=has_operation("getDefaultWebhookSecret"),
    ),
)
