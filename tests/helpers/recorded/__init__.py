"""Shapes of recorded responses, and the situations that lead to such responses."""

from .comparison import Difference, compare
from .service import Answer, Service
from .shapes import Shape, load_differences, load_shapes, mock_shape
from .situations import SITUATIONS

__all__ = [
    "SITUATIONS",
    "Answer",
    "Difference",
    "Service",
    "Shape",
    "compare",
    "load_differences",
    "load_shapes",
    "mock_shape",
]
