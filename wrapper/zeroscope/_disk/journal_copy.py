"""Copies of a batch journal, made under SQLite's lock."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def copy_journal(journal: Path, target: Path) -> bool:
    """Copy a journal as its last complete transaction left it; the journal keeps its content.

    A copy of the file alone would lack the rollback journal that a killed run leaves beside it, and look damaged. What
    is damaged is copied as it is, so that the copy shows it.

    Returns:
        Whether it can be read now, which it cannot while a run uses it.
    """
    try:
        # Not read-only: SQLite first rolls back what a killed run has left.
        source = sqlite3.connect(f"{journal.resolve().as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None)
        with closing(source), closing(sqlite3.connect(target)) as copy:
            # Takes the lock, for which the backup itself would wait without end.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy)
    except sqlite3.Error as error:
        # The low byte is SQLite's primary result code.
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            return False
        shutil.copyfile(journal, target)
    return True
