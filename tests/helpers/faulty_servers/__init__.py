"""Faulty servers, each a few lines, that the conformance suite must catch."""

from . import lifecycle, outputs, requests, responses, webhooks
from .mutants import MUTANTS, Mutant, judged

__all__ = ["MUTANTS", "Mutant", "judged", "lifecycle", "outputs", "requests", "responses", "webhooks"]
