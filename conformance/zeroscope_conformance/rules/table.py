"""The table of all rules, in the order of reports."""

from __future__ import annotations

from ..document import Document
from . import accounts, concurrency, files, inputs, lifecycle, outputs, pagination, refusals, schema, webhooks
from .rule import DialectName, Rule

RULES: tuple[Rule, ...] = (
    *schema.RULES,
    *refusals.RULES,
    *inputs.RULES,
    *lifecycle.RULES,
    *concurrency.RULES,
    *accounts.RULES,
    *pagination.RULES,
    *outputs.RULES,
    *files.RULES,
    *webhooks.RULES,
)


def rules_for(document: Document, dialect: DialectName) -> list[Rule]:
    """Return the rules that apply to a document and a dialect."""
    return [rule for rule in RULES if dialect in rule.dialects and rule.applies_to.holds(document)]


def inapplicable_rules(document: Document, dialect: DialectName) -> dict[Rule, str]:
    """Return the rules of a dialect that do not apply to a document, each with the reason."""
    rules = [rule for rule in RULES if dialect in rule.dialects]
    return {rule: rule.applies_to.otherwise for rule in rules if not rule.applies_to.holds(document)}
