"""Generates the client package, and proves it before it replaces another."""

from .client import generate, pinned_ruff_first
from .command import main
from .errors import GenerationError

__all__ = ["GenerationError", "generate", "main", "pinned_ruff_first"]
