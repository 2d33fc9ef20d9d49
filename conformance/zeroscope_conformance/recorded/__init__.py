"""Recorded traffic, held to the document and to the rules it tells of."""

from .checking import check
from .drift import Drift
from .fields import RecordingError
from .report import RecordedReport, format_drift

__all__ = ["Drift", "RecordedReport", "RecordingError", "check", "format_drift"]
