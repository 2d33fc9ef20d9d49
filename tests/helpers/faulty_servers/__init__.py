"""Faulty servers, each of a few lines, that the conformance suite has to catch."""

from . import (
    concurrency,
    files,
    headers,
    lifecycle,
    models,
    order,
    outputs,
    pagination,
    requests,
    responses,
    timing,
    webhooks,
)
from .models import MODEL_MUTANTS, SCHEMAS
from .mutants import MUTANTS, OTHER_TOKEN, TOKEN, Mutant
from .proxy import DOCUMENT
from .running import check_mutant, failed_rules, forward, mutant_target, serve_mutant

__all__ = [
    "DOCUMENT",
    "MODEL_MUTANTS",
    "MUTANTS",
    "OTHER_TOKEN",
    "SCHEMAS",
    "TOKEN",
    "Mutant",
    "check_mutant",
    "concurrency",
    "failed_rules",
    "files",
    "forward",
    "headers",
    "lifecycle",
    "models",
    "mutant_target",
    "order",
    "outputs",
    "pagination",
    "requests",
    "responses",
    "serve_mutant",
    "timing",
    "webhooks",
]
