"""Generates the package in a process of its own, and prints an error as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from .client import generate
from .errors import GenerationError


def work(spec: str, target: str) -> dict[str, Any]:
    """Generate the package.

    Returns:
        What the parent reads: the reason and the place of an error, or nothing.
    """
    try:
        generate(Path(spec), Path(target))
    except GenerationError as error:
        return {"reason": str(error), "place": error.place}
    return {}


if __name__ == "__main__":
    print(json.dumps(work(*sys.argv[1:])))
