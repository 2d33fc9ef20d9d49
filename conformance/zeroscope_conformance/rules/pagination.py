"""Rules of the list of predictions and its pages."""

from __future__ import annotations

from .rule import Rule

RULES = (
    Rule(
        "list-newest-first",
        "The list is ordered by creation time, newest first.",
        "Clients expect recent predictions on its first page.",
    ),
    Rule(
        "list-complete",
        "All pages together list every prediction exactly once.",
        "Clients look there for a lost create, and pay again if it is missing.",
    ),
    Rule(
        "list-links",
        "`next` and `previous` are absolute URLs on the same origin, and lead to the neighboring pages.",
        "Clients send the token along to them.",
    ),
    Rule(
        "list-current",
        "The list shows the current state of each prediction, newest first.",
        "Clients watch many predictions through the list.",
    ),
)
