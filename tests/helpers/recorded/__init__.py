"""Shapes of recorded responses, and the situations that lead to such responses."""

from .comparison import Difference, compare
from .shapes import Shape, load_differences, load_shapes
from .situations import SITUATIONS, Answer, Stage

__all__ = [
    "SITUATIONS",
    "Answer",
    "Difference",
    "Shape",
    "Stage",
    "compare",
    "load_differences",
    "load_shapes",
]
