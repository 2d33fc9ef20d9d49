"""Reduces an OpenAPI document to facts: names, types, bounds, without any prose.

The tests compare the mock server with the service's own document in this form. To follow a newer one, run

    PYTHONPATH=tests .venv/bin/python -m helpers.service_document FILE > tests/mock/service/document-2026-04.json

with the name of the month.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PROSE = frozenset(
    {"bearerFormat", "contact", "description", "example", "examples", "summary", "termsOfService", "title"}
)
_NAMES = frozenset({"properties", "paths", "responses", "schemas", "parameters", "securitySchemes", "content"})
"""Objects whose keys are names that the document makes, which may be those of prose."""


def without_prose(node: Any, *, names: bool = False) -> Any:
    """A part of a document without prose.

    Args:
        names: Whether its keys are names that the document makes.
    """
    if isinstance(node, list):
        return [without_prose(part) for part in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(part, names=not names and key in _NAMES and isinstance(part, dict))
        for key, part in node.items()
        if names or key not in PROSE
    }


def main() -> None:
    """Print the facts of the document that the first argument names."""
    document = without_prose(json.loads(Path(sys.argv[1]).read_bytes()))
    # A document must have these, and its parts "description" in each response.
    document["info"] |= {"title": "Replicate's API"}
    for item in document["paths"].values():
        for operation in item.values():
            for response in operation.get("responses", {}).values():
                response["description"] = ""
    json.dump(document, sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
