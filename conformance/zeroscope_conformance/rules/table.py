"""The table of all rules, in the order of reports."""

from __future__ import annotations

from ..document import Document
from . import files, inputs, lifecycle, outputs, pagination, refusals, schema, webhooks
from .rule import DialectName, Rule

RULES: tuple[Rule, ...] = (
    *schema.RULES,
    *refusals.RULES,
    *inputs.RULES,
    *lifecycle.RULES,
    *pagination.RULES,
    *outputs.RULES,
    *files.RULES,
    *webhooks.RULES,
)


def rules_for(document: Document, dialect: DialectName) -> list[Rule]:
    """Return the rules that can be tested with a document and a dialect."""
    return [rule for rule in RULES if dialect in rule.dialects and rule.applies_to(document)]
