"""Rules of the input and the other properties of a create."""

from __future__ import annotations

from .conditions import FORBIDS_UNKNOWN_PROPERTIES, HAS_TYPED_INPUT, HAS_VERSION_FORMS, has_input_keyword
from .rule import LIVE_ONLY, Rule

RULES = (
    Rule(
        "bounds-enforced",
        "Each bound is accepted, and the nearest value beyond it is refused.",
        "A bound that is off by one, or ignored, costs money.",
        applies_to=has_input_keyword("minimum", "maximum"),
    ),
    Rule(
        "enum-enforced",
        "Each enum value is accepted, and any other value is refused.",
        "A misspelled model would run a different one.",
        applies_to=has_input_keyword("enum"),
    ),
    Rule(
        "types-enforced",
        "Values of another type are refused.",
        "Implicit conversions differ from server to server.",
        applies_to=HAS_TYPED_INPUT,
    ),
    Rule(
        "required-enforced",
        "Requests that lack a required property are refused.",
        "Without it, the server does not know what to run.",
    ),
    Rule(
        "unknown-names-refused",
        "Requests with an unknown property are refused.",
        "With a misspelled `webhook`, a program waits for deliveries that never come.",
        applies_to=FORBIDS_UNKNOWN_PROPERTIES,
    ),
    Rule(
        "version-forms",
        "Each form of a version runs the version that it names, and `owner/name` the model's latest one; an unknown "
        "version gets a 422 in each form.",
        "Clients name a model by its id, by `owner/name:id` or by `owner/name`.",
        applies_to=HAS_VERSION_FORMS,
        dialects=LIVE_ONLY,
    ),
)
