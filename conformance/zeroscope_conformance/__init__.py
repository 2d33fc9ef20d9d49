"""A conformance suite for servers of Replicate's predictions API."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .baseline import Baseline
    from .detect import NotThisAPIError
    from .document import Document, DocumentError
    from .receiver import Receiver
    from .report import Report
    from .reports import to_har, to_html, to_json, to_junit, to_sarif
    from .results import Finding, Result
    from .rules import RULES, Rule
    from .source import DocumentSource
    from .suite import PATIENCE, run_suite

__all__ = [
    "PATIENCE",
    "RULES",
    "Baseline",
    "Document",
    "DocumentError",
    "DocumentSource",
    "Finding",
    "NotThisAPIError",
    "Receiver",
    "Report",
    "Result",
    "Rule",
    "run_suite",
    "to_har",
    "to_html",
    "to_json",
    "to_junit",
    "to_sarif",
]

_MODULES = {
    "PATIENCE": "suite",
    "RULES": "rules",
    "Baseline": "baseline",
    "Document": "document",
    "DocumentError": "document",
    "DocumentSource": "source",
    "Finding": "results",
    "NotThisAPIError": "detect",
    "Receiver": "receiver",
    "Report": "report",
    "Result": "results",
    "Rule": "rules",
    "run_suite": "suite",
    "to_har": "reports",
    "to_html": "reports",
    "to_json": "reports",
    "to_junit": "reports",
    "to_sarif": "reports",
}


# The command's help is in this package and should not load schemathesis, so names are imported on first use.
def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    except ModuleNotFoundError as error:
        from zeroscope._extras import explain_missing

        explain_missing("conformance", error)
        raise
