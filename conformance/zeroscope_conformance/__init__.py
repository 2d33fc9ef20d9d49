"""Holds a server to openapi.yaml, and to what the service does beyond what a schema can say."""

from .detect import NotThisAPIError
from .document import Document, DocumentError
from .receiver import Receiver
from .report import Report, to_json, to_junit
from .results import Finding, Result
from .rules import RULES, Rule
from .suite import PATIENCE, check

__all__ = [
    "PATIENCE",
    "RULES",
    "Document",
    "DocumentError",
    "Finding",
    "NotThisAPIError",
    "Receiver",
    "Report",
    "Result",
    "Rule",
    "check",
    "to_json",
    "to_junit",
]
