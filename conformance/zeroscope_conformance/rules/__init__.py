"""The rules that a server is checked against, by subject."""

from .rule import DialectName, Rule
from .table import RULES, inapplicable_rules, rules_for

__all__ = ["RULES", "DialectName", "Rule", "inapplicable_rules", "rules_for"]
