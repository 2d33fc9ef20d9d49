"""Copies of state files as a kill of their server leaves them."""

from __future__ import annotations

import shutil
from pathlib import Path

PARTS = ("", "-wal")
"""What is added to the name of a state file for each file that belongs to it."""


def killed(path: Path, copy: Path) -> Path:
    """Copy a state file as a kill of the server, which uses it, would leave it; and return the copy."""
    for part in PARTS:
        source, target = Path(f"{path}{part}"), Path(f"{copy}{part}")
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copy(source, target)
    return copy
