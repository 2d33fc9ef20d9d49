"""Shapes of recorded responses, the situations that lead to them, and the comparison of the two."""

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
