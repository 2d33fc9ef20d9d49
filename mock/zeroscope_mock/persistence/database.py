"""The database of a state file: rows by kind and key, with checksums, in SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from . import forks
from .write_ahead_log import lost_frames

Key = tuple[str, str]
"""The kind of a row, and its key among those of its kind."""

# In the file's header, which distinguishes it from other SQLite databases: "zsst".
_APPLICATION = 0x7A737374
_VERSION = 1
# Rows are numbered in the order in which they were added. There is no index, which could be damaged as well.
_TABLE = "CREATE TABLE rows (number INTEGER PRIMARY KEY, kind TEXT, key TEXT, value BLOB, checksum INTEGER)"
_HEADER = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
# The row that has the number of all others and the sum of their checksums, which shows that one is missing or has come
# back in an earlier state.
_TOTAL = 0
_TOTAL_KEY = ("total", "")
# A checkpoint blocks a request for as long as it takes, and after a kill the log is read again.
_CHECKPOINT_PAGES = 500
_LOG_LIMIT = 8 * 2**20
_OTHER = "name another file, or move this one away to begin anew"


class StateFileError(ValueError):
    """A state file cannot be used or written; nothing in it was changed."""


class Database:
    """Rows by kind and key in a SQLite database that one server at a time uses.

    Args:
        path: The file, which is created if there is none.

    Attributes:
        lost: How many frames at the end of the log were lost, because one before them is damaged.

    Raises:
        StateFileError: For a file that cannot be used, or that is damaged.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # SQLite treats some names specially, but no absolute paths.
        self._file = os.path.realpath(os.fsdecode(path))
        self.name = f"the state file {self._file!r}"
        self._process = os.getpid()
        self._known: dict[Key, tuple[int, int]] = {}
        self._next = _TOTAL + 1
        self._sum = 0
        self._create()
        try:
            lost = lost_frames(Path(f"{self._file}-wal"))
            if lost is None:
                # SQLite would delete the log with its close.
                raise self._damaged("the header of its write-ahead log does not match its checksum")
            self._connection = sqlite3.connect(self._file, timeout=0, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise self._unusable(error) from error
        self.lost = lost
        forks.protect(self)
        try:
            self._claim()
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.Error):
                raise self._unusable(error) from error
            raise

    def read(self) -> Iterator[tuple[str, str, bytes]]:
        """All rows, in the order in which they were added; must be called once, before the first `write`.

        Raises:
            StateFileError: If the file is damaged; some rows may have been returned by then.
        """
        total: bytes | None = None
        try:
            for number, kind, key, value, checksum in self._connection.execute("SELECT * FROM rows ORDER BY number"):
                if not (isinstance(value, bytes) and checksum == _checksum((kind, key), value)):
                    raise self._damaged(f"row {number} does not match its checksum")
                if number == _TOTAL:
                    total = value
                    continue
                self._known[kind, key] = number, checksum
                self._sum += checksum
                self._next = number + 1
                yield kind, key, value
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        if total != (self._total(len(self._known), self._sum) if self._known else None):
            raise self._damaged("rows are missing or outdated")
        try:
            # New frames would be written over those that SQLite has dropped, and the rest of these taken for lost ones.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise self._unusable(error) from error

    def has(self, kind: str, key: str) -> bool:
        """Return whether there is a row of a kind and key."""
        return (kind, key) in self._known

    def write(self, rows: Mapping[Key, bytes | None], *, anew: bool = False) -> None:
        """Add, replace and remove rows in one transaction, which has outlived this process when the method returns.

        Args:
            rows: The values by kind and key; None for a row that is removed.
            anew: Whether all other rows are removed.

        Raises:
            StateFileError: If that was not possible; the file is as it was before.
        """
        if os.getpid() != self._process:
            raise StateFileError(
                f"{self.name} belongs to the process that opened it, and this one was forked from that; give each "
                "process a server and a file of its own"
            )
        rows_before = {} if anew else self._known
        changed: dict[Key, tuple[int, int] | None] = {}
        sum, count, number = (0, 0, self._next) if anew else (self._sum, len(self._known), self._next)
        execute = self._connection.execute
        try:
            execute("BEGIN")
            if anew:
                execute("DELETE FROM rows")
            for key, value in rows.items():
                known = rows_before.get(key)
                if value is None:
                    if known is not None:
                        execute("DELETE FROM rows WHERE number = ?", (known[0],))
                        sum, count = sum - known[1], count - 1
                        changed[key] = None
                    continue
                checksum = _checksum(key, value)
                if known is None:
                    execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", (number, *key, value, checksum))
                    changed[key] = number, checksum
                    sum, count, number = sum + checksum, count + 1, number + 1
                else:
                    execute("UPDATE rows SET value = ?, checksum = ? WHERE number = ?", (value, checksum, known[0]))
                    sum += checksum - known[1]
                    changed[key] = known[0], checksum
            total = self._total(count, sum)
            values = (_TOTAL, *_TOTAL_KEY, total, _checksum(_TOTAL_KEY, total))
            execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?)", values)
            execute("COMMIT")
        except sqlite3.Error as error:
            raise StateFileError(f"{self.name} could not be written: {error}") from error
        finally:
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    execute("ROLLBACK")
        self._known, self._sum, self._next = rows_before, sum, number
        for key, row in changed.items():
            if row is None:
                del self._known[key]
            else:
                self._known[key] = row

    def close(self) -> None:
        """Release the file; nothing is left beside it. In a forked process nothing happens."""
        if os.getpid() == self._process:
            self._connection.close()

    def _create(self) -> None:
        """Create the file if it is missing, readable by its owner only."""
        if os.path.exists(self._file) and not os.path.isfile(self._file):
            raise StateFileError(f"{self.name} cannot be used: it is a folder or a device; name a file")
        try:
            # Inputs are private, and SQLite would create a file that all users can read. An existing file is not
            # opened: under POSIX, closing it again would release the lock of another server in this process.
            with suppress(FileExistsError):
                os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise StateFileError(
                f"{self.name} cannot be created: {error.strerror}; name a file in an existing folder that is writable"
            ) from error

    def _claim(self) -> None:
        """Lock the database for this server, and check that it is a state file."""
        execute = self._connection.execute
        # Held until the close. With it, SQLite needs no shared memory beside the file, either.
        execute("PRAGMA locking_mode = EXCLUSIVE")
        execute("BEGIN EXCLUSIVE")
        application, version, tables = (execute(query).fetchone()[0] for query in _HEADER)
        if not application and not version and not tables:
            execute(_TABLE)
            execute(f"PRAGMA application_id = {_APPLICATION}")
            execute(f"PRAGMA user_version = {_VERSION}")
        elif application != _APPLICATION:
            raise StateFileError(f"{self.name} cannot be used: it is a SQLite database of another program; {_OTHER}")
        elif version != _VERSION:
            raise StateFileError(
                f"{self.name} has format {version}, but this version of zeroscope supports only format {_VERSION}; "
                f"continue with the version that wrote it, or {_OTHER}"
            )
        elif execute("SELECT sql FROM sqlite_master").fetchall() != [(_TABLE,)]:
            raise self._damaged("its table is not that of a state file")
        elif (found := execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
            raise self._damaged(" ".join(str(found).split()))
        execute("COMMIT")
        # A commit then is one write to a log, which the system keeps if this process is killed. Only a checkpoint waits
        # for the disk; a loss of power may undo the last commits, but leaves those before them.
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        execute(f"PRAGMA journal_size_limit = {_LOG_LIMIT}")

    def _total(self, count: int, sum: int) -> bytes:
        return json.dumps({"rows": count, "sum": sum}).encode()

    def _damaged(self, what: str) -> StateFileError:
        return StateFileError(f"{self.name} is damaged: {what:.200}; restore it from a copy, or {_OTHER}")

    def _unusable(self, error: Exception) -> StateFileError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StateFileError(
                f"{self.name} is in use by another server; stop that one, or give each server a file of its own"
            )
        if code == sqlite3.SQLITE_NOTADB:
            return StateFileError(f"{self.name} cannot be used: it is no state file, or damaged; {_OTHER}")
        if code == sqlite3.SQLITE_CORRUPT or (isinstance(error, sqlite3.DatabaseError) and not code):
            return self._damaged(str(error))
        return StateFileError(f"{self.name} cannot be used: {error}; name a file in a folder that is writable")


def _checksum(key: Key, value: bytes) -> int:
    return zlib.crc32(value, zlib.crc32(f"{key[0]} {key[1]}".encode("utf-8", "replace")))
