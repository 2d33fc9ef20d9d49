"""Rules of the list of predictions and its pages."""

from __future__ import annotations

from .conditions import HAS_FILTERS
from .rule import LIVE_ONLY, Rule

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
        "list-steady",
        "`next` leads to the same predictions as before while others are created.",
        "A program that follows the pages while others create would miss some predictions, or count some twice.",
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
    Rule(
        "list-agrees",
        "An entry for a prediction that has ended shows what a read shows.",
        "Clients that watch many predictions take the result from the list.",
    ),
    Rule(
        "list-filtered",
        "`created_after` includes its moment, `created_before` excludes it, and `source` lists that source only. "
        "Filters combine, times may have an offset, and `next` and `previous` keep all filters.",
        "A program that collects a day's predictions would miss some, or count some twice.",
        applies_to=HAS_FILTERS,
        dialects=LIVE_ONLY,
    ),
    Rule(
        "filter-refused",
        "An invalid filter gets a 4xx that names it.",
        "A filter that is ignored looks like one that matches everything.",
        applies_to=HAS_FILTERS,
        dialects=LIVE_ONLY,
    ),
)
