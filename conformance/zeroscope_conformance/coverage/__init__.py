"""Coverage of the document: what of it exchanges reached."""

from .measurement import Measurement, measure
from .operations import OperationPoints
from .points import GROUPS, Coverage, Group, Point, combine, format_coverage

__all__ = [
    "GROUPS",
    "Coverage",
    "Group",
    "Measurement",
    "OperationPoints",
    "Point",
    "combine",
    "format_coverage",
    "measure",
]
