"""A conformance suite for servers of Replicate's predictions API."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {
    "PATIENCE": "suite",
    "RULES": "rules",
    "Document": "document",
    "DocumentError": "document",
    "Finding": "results",
    "NotThisAPIError": "detect",
    "Receiver": "receiver",
    "Report": "report",
    "Result": "results",
    "Rule": "rules",
    "run_suite": "suite",
    "to_json": "report",
    "to_junit": "report",
}


# The command's help is in this package and should not load schemathesis, so names are imported on first use.
def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
