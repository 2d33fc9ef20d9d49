"""A conformance suite for servers of Replicate's predictions API."""

from .detect import NotThisAPIError
from .document import Document, DocumentError
from .receiver import Receiver
from .report import Report, to_json, to_junit
from .results import Finding, Result
from .rules import RULES, Rule
from .suite import PATIENCE, run_suite

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
    "run_suite",
    "to_json",
    "to_junit",
]
