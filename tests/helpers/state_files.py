"""Copies of state files as a kill of their server leaves them."""

from __future__ import annotations

import shutil
from pathlib import Path

from zeroscope_mock import MockServer
from zeroscope_mock.persistence.database import Database

PARTS = ("", "-wal")
"""What is added to the name of a state file for each file that belongs to it."""


def database_of(server: MockServer) -> Database:
    """The database of a server that has a state file."""
    assert server._file is not None
    return server._file._database


def killed(path: Path, copy: Path) -> Path:
    """Copy a state file as a kill of the server, which uses it, would leave it; and return the copy."""
    for part in PARTS:
        source, target = Path(f"{path}{part}"), Path(f"{copy}{part}")
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copy(source, target)
    return copy
