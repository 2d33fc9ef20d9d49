"""Faulty servers, each a few lines, that the conformance suite must catch."""

from . import courses, hooks, requests, results, shapes
from .faulty import MUTANTS, Mutant, judged

__all__ = ["MUTANTS", "Mutant", "courses", "hooks", "judged", "requests", "results", "shapes"]
