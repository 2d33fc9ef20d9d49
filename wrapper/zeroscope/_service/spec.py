"""The OpenAPI document, without the code that is generated from it."""

from __future__ import annotations

import functools
import importlib.util
import json
from pathlib import Path
from typing import Any


@functools.cache
def spec() -> dict[str, Any]:
    """The document as it was when the client was generated."""
    # Looked for, not imported: the command's help, for one, needs neither the generated client nor httpx.
    found: Any = importlib.util.find_spec("zeroscope_api")
    # The loader, as the package may lie in a ZIP file; `pkgutil` does the same, but takes long to load.
    document: dict[str, Any] = json.loads(found.loader.get_data(str(Path(found.origin).with_name("spec.json"))))
    return document
