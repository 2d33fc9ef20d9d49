"""The codes of failures in the error of a prediction, and their meanings."""

from __future__ import annotations

import functools
import re
from typing import Any

from .spec import spec


def error_code(error: str) -> str | None:
    """Return the service's code in the error of a prediction; None if it has none."""
    found = (re.search(pattern, error) for pattern in _described()["patterns"])
    return next((match[1] for match in found if match is not None), None)


def meaning(code: str | None) -> str | None:
    """Return what the service's documentation says about a code, as a part of a sentence; None if it says nothing."""
    text: str | None = _described()["meanings"].get(code)
    return text


@functools.cache
def _described() -> dict[str, Any]:
    field: dict[str, Any] = spec()["components"]["schemas"]["Prediction"]["properties"]["error"]
    described: dict[str, Any] = field["x-error-codes"]
    return described
