"""The rules that a server is checked against, by subject."""

from .rule import DialectName, Rule
from .table import RULES, rules_for

__all__ = ["RULES", "DialectName", "Rule", "rules_for"]
