"""Assertions about the requests that a server received, and their cost."""

from .assertions import Assertions

__all__ = ("Assertions",)
