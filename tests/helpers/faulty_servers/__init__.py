"""Faulty servers, each of a few lines, that the conformance suite has to catch."""

from . import files, headers, lifecycle, models, outputs, pagination, requests, responses, webhooks
from .models import MODEL_MUTANTS, SCHEMAS
from .mutants import MUTANTS, TOKEN, Mutant
from .proxy import DOCUMENT
from .running import check_mutant, failed_rules, forward, mutant_target, serve_mutant

__all__ = [
    "DOCUMENT",
    "MODEL_MUTANTS",
    "MUTANTS",
    "SCHEMAS",
    "TOKEN",
    "Mutant",
    "check_mutant",
    "failed_rules",
    "files",
    "forward",
    "headers",
    "lifecycle",
    "models",
    "mutant_target",
    "outputs",
    "pagination",
    "requests",
    "responses",
    "serve_mutant",
    "webhooks",
]
