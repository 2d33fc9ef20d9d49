"""The account that a batch keeps on disk, so that a killed one goes on without paying for anything twice."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from .errors import ConfigurationError

State: TypeAlias = Literal["queued", "sending", "running", "finished", "unknown"]

# In the file's header, by which it is told from other SQLite databases: "zsco".
_APPLICATION = 0x7A73636F
_VERSION = 1
_SCHEMA = """
CREATE TABLE settings (base_url TEXT NOT NULL);
CREATE TABLE items (
    row INTEGER PRIMARY KEY,
    digest TEXT NOT NULL,
    occurrence INTEGER NOT NULL,
    state TEXT NOT NULL,
    prediction_id TEXT,
    prediction TEXT,
    sent_at REAL,
    message TEXT,
    UNIQUE (digest, occurrence)
);
"""
# Whoever died while a create was on its way left this behind.
_KILLED = "the program ended while this create was on its way, and its answer is not known"


class Entry(NamedTuple):
    """What is known of one create."""

    row: int
    state: State
    prediction_id: str | None
    prediction: dict[str, Any] | None
    """The prediction, once it has ended."""
    sent_at: float | None
    """When the create was sent, in seconds since 1970."""
    message: str | None
    """Why it is not known what became of the create."""


class Journal:
    """An account of creates, in a SQLite database that one program at a time has in use.

    Every note is on disk before its method returns. Methods may be called from any thread, one at a time.

    Args:
        path: The file; it is made if there is none.
        base_url: The service that the creates go to.

    Raises:
        ConfigurationError: If the file cannot be used.
    """

    def __init__(self, path: str | PathLike[str], *, base_url: str) -> None:
        self._path = Path(path)
        self._connection = self._open()
        try:
            with self._telling():
                self._begin(base_url)
        except BaseException:
            self._connection.close()
            raise

    def begin(self, items: Sequence[Mapping[str, Any]]) -> list[Entry]:
        """What is known of some creates; those that are new are added.

        They are known by their content, and equal ones by their order, so the list may have been changed since.

        Args:
            items: What tells each from others, as JSON values.
        """
        seen: Counter[str] = Counter()
        keys: list[tuple[str, int]] = []
        for item in items:
            digest = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
            keys.append((digest, seen[digest]))
            seen[digest] += 1
        with self._transaction() as database:
            database.execute("UPDATE items SET state = 'unknown', message = ? WHERE state = 'sending'", [_KILLED])
            database.executemany(
                "INSERT OR IGNORE INTO items (digest, occurrence, state) VALUES (?, ?, 'queued')", keys
            )
            columns = "row, state, prediction_id, prediction, sent_at, message"
            query = f"SELECT {columns} FROM items WHERE digest = ? AND occurrence = ?"
            found = [database.execute(query, key).fetchone() for key in keys]
        return [
            Entry(row, state, id, None if prediction is None else json.loads(prediction), sent_at, message)
            for row, state, id, prediction, sent_at, message in found
        ]

    def sending(self, rows: Sequence[int], at: float) -> None:
        """Note that creates are about to be sent.

        Args:
            rows: Their rows.
            at: When, in seconds since 1970.
        """
        with self._transaction():
            for row in rows:
                self._change(row, "queued", "sending", sent_at=at)

    def created(self, row: int, prediction_id: str) -> None:
        """Note that a create that was sent has become a prediction."""
        with self._transaction():
            self._change(row, "sending", "running", prediction_id=prediction_id)

    def refused(self, row: int) -> None:
        """Note that a create that was sent surely did not run."""
        with self._transaction():
            self._change(row, "sending", "queued", sent_at=None)

    def unknown(self, row: int, message: str) -> None:
        """Note that a create that was sent may have run, and why that is not known."""
        with self._transaction():
            self._change(row, "sending", "unknown", message=message)

    def finished(self, row: int, prediction: Mapping[str, Any]) -> None:
        """Note how a prediction has ended."""
        with self._transaction():
            self._change(row, "running", "finished", prediction=json.dumps(prediction))

    def close(self) -> None:
        """Let others use the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> sqlite3.Connection:
        try:
            # Inputs are nobody else's business, and SQLite would make the file as the umask has it. One that is there
            # is left alone: to close it would undo the locks that this process has on it by another connection.
            with suppress(FileExistsError):
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        except (OSError, ValueError, sqlite3.Error) as error:
            raise ConfigurationError(f"the journal {self._path} cannot be opened: {error}") from error
        return connection

    def _begin(self, base_url: str) -> None:
        """Take hold of the database, and see that it is ours."""
        database = self._connection
        # No write-ahead log: with a single writer it gains nothing, and it would leave two more files.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN EXCLUSIVE")
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not application and not tables:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                database.execute(statement)
            database.execute("INSERT INTO settings VALUES (?)", [base_url])
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {_VERSION}")
        elif application != _APPLICATION:
            raise ConfigurationError(f"{self._path} is a database of something else; name another file as the journal")
        elif version != _VERSION:
            raise ConfigurationError(
                f"the journal {self._path} has the form {version}, of which this version of zeroscope knows only "
                f"{_VERSION}; use the version that made it, or another file"
            )
        else:
            (before,) = database.execute("SELECT base_url FROM settings").fetchone()
            if before != base_url:
                raise ConfigurationError(
                    f"the journal {self._path} is about {before}, not about {base_url}; name another file"
                )
        database.execute("COMMIT")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and on disk at the end."""
        with self._telling():
            self._connection.execute("BEGIN EXCLUSIVE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back by itself.
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say what SQLite's errors mean."""
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise ConfigurationError(
                    f"the journal {self._path} is in use by another run; wait for it to end, or name another file"
                ) from error
            if getattr(error, "sqlite_errorcode", None) in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise ConfigurationError(
                    f"{self._path} is no SQLite database, or a damaged one; name another file as the journal"
                ) from error
            raise ConfigurationError(
                f"the journal {self._path} cannot be written or read: {error}. What it holds so far is safe, and a run "
                "with the same journal goes on from there"
            ) from error

    def _change(self, row: int, before: State, after: State, **values: Any) -> None:
        """Move a row on; whoever moves one from where it is not has lost count."""
        columns = "".join(f", {name} = ?" for name in values)
        changed = self._connection.execute(
            f"UPDATE items SET state = ?{columns} WHERE row = ? AND state = ?", [after, *values.values(), row, before]
        )
        if changed.rowcount != 1:
            raise RuntimeError(f"row {row} of the journal cannot become {after}, as it is not {before}")
