"""Rules of requests that are sent at once, and of the order of creates."""

from __future__ import annotations

from .rule import Rule

RULES = (
    Rule(
        "creates-separate",
        "Each prediction has an id, an input and output files of its own, also if several are created at once.",
        "Otherwise one of two programs gets the videos of the other, and both pay.",
    ),
    Rule(
        "created-once",
        "A create makes exactly one prediction, and a refused one makes none.",
        "Each prediction costs money.",
    ),
    Rule(
        "created-in-order",
        "No prediction has an earlier `created_at` than one that was created before it.",
        "Programs ask for what was created after the last one that they know.",
    ),
    Rule(
        "responses-matched",
        "Of requests that are sent at once, each gets its own response.",
        "A program would act on the prediction of another.",
    ),
    Rule(
        "cancels-agree",
        "Cancels of one prediction that are sent at once all return the same.",
        "Programs that stop together cancel together, and each of them records the end.",
    ),
    Rule(
        "date-forward",
        "The header `Date` does not go back from one response to the next.",
        "It goes back if a cache, or a machine that lags, responds with an old state.",
    ),
)
