"""Rules of tokens and refusals."""

from __future__ import annotations

from .conditions import HAS_AUTH_SCHEMES
from .rule import LIVE_ONLY, Rule

RULES = (
    Rule(
        "no-token-401",
        "Without a token, every protected operation returns 401.",
        "From the 401, clients know that the token is missing and that a retry is useless.",
    ),
    Rule(
        "wrong-token-401",
        "With an unknown token, every protected operation returns 401.",
        "As for `no-token-401`.",
    ),
    Rule(
        "auth-schemes",
        "A token is valid under each scheme of the document, for the same account; under any other, it gets a 401.",
        "Older clients send `Token` where others send `Bearer`.",
        applies_to=HAS_AUTH_SCHEMES,
        dialects=LIVE_ONLY,
    ),
    Rule(
        "token-kept",
        "No response contains the token that was sent.",
        "Responses are logged, displayed and passed on.",
    ),
    Rule(
        "unknown-id-404",
        "An id that does not exist gets a 404.",
        "A 200 would be the prediction of another account; after a 5xx, clients would retry.",
    ),
    Rule(
        "refusals-are-problems",
        "Refusals are problem documents with a detail and the status of the response.",
        "The detail is all that users see.",
    ),
    Rule(
        "refusal-names-field",
        "A 422 for a value names the field in `invalid_fields`.",
        "One of fourteen fields is wrong, and users need to know which.",
    ),
)
