"""The account that a batch keeps on disk, so that a killed one goes on without paying for anything twice.

        sending            created            finished
queued ────────▶ sending ─────────▶ running ──────────▶ finished
   ▲   refused    │   │   unknown, or found so when the journal is next begun
   └──────────────┘   └─────────────────────────────────────────────────────▶ unknown
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from typing import Any, Literal, NamedTuple, Self, TypeAlias

from ..errors import ConfigurationError, InvalidField, InvalidInputError, excerpt

State: TypeAlias = Literal["queued", "sending", "running", "finished", "unknown"]

# In the file's header, by which it is told from other SQLite databases: "zsco".
_APPLICATION = 0x7A73636F
_VERSION = 1
# Inputs are there as digests only, since files in them may be large. What comes from outside is kept as bytes: SQLite
# takes no text with half of a surrogate pair in it, and JSON may hold such text.
_SCHEMA = (
    "CREATE TABLE settings (base_url BLOB NOT NULL)",
    """
    CREATE TABLE items (
        row INTEGER PRIMARY KEY,
        digest BLOB NOT NULL,
        number INTEGER NOT NULL, -- among those of the same digest, from 0
        state TEXT NOT NULL,
        prediction_id BLOB,
        prediction BLOB, -- as JSON
        sent_at REAL,
        message BLOB,
        UNIQUE (digest, number)
    )
    """,
    f"PRAGMA application_id = {_APPLICATION}",
)
_WHOSE = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
# Where fewer are wanted than there are of the same content, those are found that have come furthest: to leave one out
# that was paid for and run another in its place would cost more.
_FIND = """
    SELECT row, state, prediction_id, prediction, sent_at, message FROM (
        SELECT * FROM items WHERE digest = ?
        ORDER BY state = 'queued', state = 'unknown', state = 'running', number LIMIT ?
    ) ORDER BY number
"""
_LEFT_BEHIND = b"the program ended while this create was on its way, and its answer is not known"
# What writing JSON raises for a value that it cannot carry.
_NOT_JSON = (TypeError, ValueError, RecursionError)


class Entry(NamedTuple):
    """What is known of one create."""

    row: int
    """By which the journal is told of it."""
    state: State
    prediction_id: str | None
    prediction: dict[str, Any] | None
    """The prediction, once it has ended."""
    sent_at: float | None
    """When the create was sent, in seconds since 1970; None if it was not."""
    message: str | None
    """Why it is not known what became of the create."""


class Journal:
    """An account of creates, in a SQLite database that one run at a time has in use.

    What a method notes is on disk when it returns, and none of it if it raises. Methods may be called from any thread,
    one at a time.

    Args:
        path: The file; it is made if there is none, in a folder that there is.
        base_url: The service that the creates go to; a journal is about one.

    Raises:
        ConfigurationError: If the file cannot be used, is none of ours or is about another service, or if another run
            has it in use; and, by every method, if nothing more can be noted, as on a full disk.
    """

    def __init__(self, path: str | PathLike[str], *, base_url: str) -> None:
        self._name = f"the journal {path!r:.500}"
        try:
            # SQLite has a meaning of its own for some names, but not for whole paths. A link is followed, as what it
            # leads to may have to be made.
            file = os.path.realpath(os.fsdecode(path))
            self._name = f"the journal {file!r}"
            self._make(file)
            self._connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{self._name} cannot be used: {error}; name a file") from error
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        try:
            self._take(base_url.rstrip("/"))
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.Error):
                raise self._unusable(error) from error
            raise

    def begin(self, items: Sequence[Mapping[str, Any]]) -> list[Entry]:
        """What is known of some creates; those that are new are added.

        They are known by their content, and equal ones by their order, so the list may have been changed since.

        Args:
            items: What tells each from others, as JSON values.

        Returns:
            An entry for each, in their order.

        Raises:
            InvalidInputError: If one is not made of JSON values.
        """
        digests = [_digest(index, item) for index, item in enumerate(items)]
        counts = Counter(digests)
        keys = [(digest, number) for digest, count in counts.items() for number in range(count)]
        with self._transaction("the inputs") as database:
            # Nobody else has the file in use, so whoever sent these is no more.
            database.execute("UPDATE items SET state = 'unknown', message = ? WHERE state = 'sending'", [_LEFT_BEHIND])
            database.executemany("INSERT OR IGNORE INTO items (digest, number, state) VALUES (?, ?, 'queued')", keys)
            rows = {key: iter(database.execute(_FIND, [key, count]).fetchall()) for key, count in counts.items()}
        return [_entry(next(rows[digest])) for digest in digests]

    def sending(self, rows: Sequence[int], at: float) -> None:
        """Note that creates are about to be sent, all of them or none.

        Args:
            rows: Their rows.
            at: When, in seconds since 1970.
        """
        with self._transaction("that creates are about to be sent"):
            for row in rows:
                self._move(row, "queued", "sending", sent_at=at)

    def created(self, row: int, prediction_id: str) -> None:
        """Note that a create that was sent has become a prediction."""
        with self._transaction(f"that prediction {excerpt(prediction_id)} was created"):
            self._move(row, "sending", "running", prediction_id=_raw(prediction_id))

    def refused(self, row: int) -> None:
        """Note that a create that was sent surely did not run."""
        with self._transaction("that a create did not run"):
            self._move(row, "sending", "queued", sent_at=None)

    def unknown(self, row: int, message: str) -> None:
        """Note that a create that was sent may have run, and why that is not known."""
        with self._transaction("that a create may have run"):
            self._move(row, "sending", "unknown", message=_raw(message))

    def finished(self, row: int, prediction: Mapping[str, Any]) -> None:
        """Note how a prediction has ended.

        Args:
            row: The row of its create.
            prediction: The prediction, as JSON values.
        """
        what = f"that prediction {excerpt(str(prediction.get('id')))} has ended"
        try:
            written = json.dumps(dict(prediction))
        except _NOT_JSON as error:
            raise ConfigurationError(
                f"{self._name} could not take down {what}, as it is not made of JSON values: {error}. Run the same "
                "inputs with the same journal to ask for it again"
            ) from error
        with self._transaction(what):
            self._move(row, "running", "finished", prediction=_raw(written))

    def close(self) -> None:
        """Let others use the file; nothing is left beside it."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make(self, file: str) -> None:
        """Make the file, unless it is there."""
        if os.path.exists(file) and not os.path.isfile(file):
            raise ConfigurationError(f"{self._name} cannot be used: this is a folder or a device; name a file")
        try:
            # Predictions repeat their prompts, which are nobody else's business, and SQLite would let everybody read
            # the file. One that is there is not opened: POSIX has it that closing it again would undo all locks that
            # this process has on it, those of another journal included.
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise ConfigurationError(
                f"{self._name} cannot be made: {error.strerror}; name a file in a folder that is there and is yours"
            ) from error

    def _take(self, base_url: str) -> None:
        """Take the database for this run alone, and see that it is ours.

        There is no write-ahead log. It would make a note three times as fast, which is nothing beside a create; but
        after a kill the last notes would be in a second file, and whoever leaves that behind pays for them again.
        """
        database = self._connection
        # Until it is closed: between two notes, nobody may begin to read and so keep the next one from being made.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        # Before a commit ends, SQLite makes its rollback journal void. With an exclusive lock it does so by writing
        # over it, which FULL brings to the disk; that a file was deleted, it would not.
        database.execute("PRAGMA synchronous = FULL")
        # On macOS nothing less reaches the disk itself; elsewhere it changes nothing.
        database.execute("PRAGMA fullfsync = ON")
        database.execute("BEGIN EXCLUSIVE")
        application, version, tables = (database.execute(query).fetchone()[0] for query in _WHOSE)
        if not application and not version and not tables:
            for statement in _SCHEMA:
                database.execute(statement)
            database.execute("INSERT INTO settings VALUES (?)", [_raw(base_url)])
        elif application != _APPLICATION:
            raise ConfigurationError(
                f"{self._name} cannot be used: this is a SQLite database of something else; name another file"
            )
        elif version != _VERSION:
            raise ConfigurationError(
                f"{self._name} has format {version}, and this version of zeroscope knows format {_VERSION} only; "
                "go on with the version that made it, or name another file"
            )
        elif (before := _text(database.execute("SELECT base_url FROM settings").fetchone()[0])) != base_url:
            raise ConfigurationError(
                f"{self._name} is about {excerpt(before)}, not about {excerpt(base_url)}; go on with the base_url that "
                "it was made with, or name another file"
            )
        # Written in any case, so that it turns out before anything is sent whether that can be done; and SQLite puts no
        # lock on a file that can only be read.
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")
        # In case somebody has switched the log on since.
        database.execute("PRAGMA journal_mode = DELETE")

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        """Note all or nothing, and have it on disk at the end.

        Args:
            what: What is noted, for the error.
        """
        try:
            self._connection.execute("BEGIN")
            yield self._connection
            self._connection.execute("COMMIT")
        except sqlite3.ProgrammingError:
            # The journal is closed, which is its user's fault.
            raise
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"{self._name} could not take down {what}: {error}. All that it took down before is kept; make room on "
                "the disk, or whatever else it lacks, and run the same inputs with the same journal to go on"
            ) from error
        finally:
            # Also after Ctrl-C, which may come between any two of the above.
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _move(self, row: int, before: State, after: State, **changes: object) -> None:
        columns = "".join(f", {name} = ?" for name in changes)
        moved = self._connection.execute(
            f"UPDATE items SET state = ?{columns} WHERE row = ? AND state = ?", [after, *changes.values(), row, before]
        )
        if moved.rowcount != 1:
            raise RuntimeError(f"row {row} of {self._name} cannot become {after}, as it is not {before}")

    def _unusable(self, error: sqlite3.Error) -> ConfigurationError:
        # The low byte is the kind of error; the rest says more of where.
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_BUSY:
                problem = "is in use by another run; wait for that to end, or name another file"
            case sqlite3.SQLITE_NOTADB:
                problem = "cannot be used: this is no SQLite database; name a new file, or a journal"
            case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
                problem = "cannot be written; check the permissions of the file and of its folder, or name another file"
            case _:
                problem = f"cannot be used: {error}; name another file"
        return ConfigurationError(f"{self._name} {problem}")


def _digest(index: int, item: Mapping[str, Any]) -> bytes:
    try:
        written = json.dumps(dict(item), sort_keys=True, separators=(",", ":"))
    except _NOT_JSON as error:
        fault = f"no account can be kept of it, as it is not made of JSON values: {error}"
        raise InvalidInputError([InvalidField("invalid_type", f"inputs.{index}", fault)]) from error
    return hashlib.sha256(written.encode()).digest()


def _entry(found: Sequence[Any]) -> Entry:
    row, state, prediction_id, prediction, sent_at, message = found
    ended = None if prediction is None else json.loads(prediction)
    return Entry(row, state, _text(prediction_id), ended, sent_at, _text(message))


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _text(raw: bytes | None) -> Any:
    return None if raw is None else raw.decode(errors="surrogatepass")
