"""The journal of a batch: a SQLite file from which a killed batch resumes.

       record_sending        record_created         record_finished
queued ───────────────▶ sending ───────────────▶ running ───────────────▶ finished
   ▲   record_refused    │   │    record_unknown, or load if the run ended before
   └─────────────────────┘   └────────────────────────────────────────────▶ unknown
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
from typing import Any, Literal, NamedTuple, TypeAlias

from .._service.validation import NOT_JSON
from ..errors import ConfigurationError, excerpt, invalid_argument

State: TypeAlias = Literal["queued", "sending", "running", "finished", "unknown"]

# In the file's header, which distinguishes it from other SQLite databases: "zsco".
_APPLICATION = 0x7A73636F
_VERSION = 1
# Inputs are stored as digests only, since files in them may be large. Text from outside is stored as bytes: JSON may
# hold half of a surrogate pair, which SQLite refuses in text.
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
_HEADER = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
# Where the journal has more rows of the same content than are asked for, the furthest ones are chosen: to leave out one
# that was paid for and run another in its place would cost money.
_FIND = """
    SELECT row, state, prediction_id, prediction, sent_at, message FROM (
        SELECT * FROM items WHERE digest = ?
        ORDER BY state = 'queued', state = 'unknown', state = 'running', number LIMIT ?
    ) ORDER BY number
"""
_LEFT_BEHIND = b"the program ended while this create was being sent, so its response is not known"


class JournalEntry(NamedTuple):
    """The state of one create."""

    row: int
    """Its row in the journal, which the methods that record take."""
    state: State
    prediction_id: str | None
    prediction: dict[str, Any] | None
    """The prediction, once it has ended."""
    sent_at: float | None
    """When the create was sent, in seconds since 1970; None if it was not."""
    message: str | None
    """Why the outcome of the create is unknown."""


class BatchJournal:
    """A journal of creates for one service, in a SQLite database that one run at a time uses.

    A record is on disk when its method returns; if the method raises, none of it is. Methods may be called from any
    thread, one at a time. A file that cannot be used or written raises a ConfigurationError.
    """

    def __init__(self, path: str | PathLike[str], *, base_url: str) -> None:
        self._name = f"the journal {path!r:.500}"
        try:
            # SQLite treats some names specially, but no absolute paths. A link is followed, as its target may have to
            # be created.
            file = os.path.realpath(os.fsdecode(path))
            self._name = f"the journal {file!r}"
            self._create_file(file)
            self._connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
        except (TypeError, ValueError) as error:
            raise self._error(f"cannot be used: {error}; name a file") from error
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        try:
            self._claim(base_url.rstrip("/"))
        except BaseException as error:
            self._connection.close()
            if isinstance(error, sqlite3.Error):
                raise self._unusable(error) from error
            raise

    def load(self, items: Sequence[Mapping[str, Any]]) -> list[JournalEntry]:
        """Return an entry for each create, in order, and add those that are new.

        Creates are recognized by their content, and equal ones by their order, so the list may differ from that of the
        run before. An item, which identifies a create, must consist of JSON values.
        """
        digests = [_digest(index, item) for index, item in enumerate(items)]
        counts = Counter(digests)
        keys = [(digest, number) for digest, count in counts.items() for number in range(count)]
        with self._transaction("the inputs") as database:
            # No other run uses the file, so the run that sent these has ended.
            database.execute("UPDATE items SET state = 'unknown', message = ? WHERE state = 'sending'", [_LEFT_BEHIND])
            database.executemany("INSERT OR IGNORE INTO items (digest, number, state) VALUES (?, ?, 'queued')", keys)
            rows = {key: iter(database.execute(_FIND, [key, count]).fetchall()) for key, count in counts.items()}
        return [_entry(*next(rows[digest])) for digest in digests]

    def record_sending(self, rows: Sequence[int], at: float) -> None:
        """Record that creates are about to be sent, at a time in seconds since 1970; all of them or none."""
        with self._transaction("that creates are about to be sent"):
            for row in rows:
                self._set_state(row, "queued", "sending", sent_at=at)

    def record_created(self, row: int, prediction_id: str) -> None:
        """Record the prediction that a create has started."""
        with self._transaction(f"that prediction {excerpt(prediction_id)} was created"):
            self._set_state(row, "sending", "running", prediction_id=_to_bytes(prediction_id))

    def record_refused(self, row: int) -> None:
        """Record that a create was sent but not executed."""
        with self._transaction("that a create did not run"):
            self._set_state(row, "sending", "queued", sent_at=None)

    def record_unknown(self, row: int, message: str) -> None:
        """Record that a create may have been executed, and why that is unknown."""
        with self._transaction("that a create may have run"):
            self._set_state(row, "sending", "unknown", message=_to_bytes(message))

    def record_finished(self, row: int, prediction: Mapping[str, Any]) -> None:
        """Record a prediction that has ended, as JSON values."""
        what = f"that prediction {excerpt(str(prediction.get('id')))} has ended"
        try:
            written = json.dumps(dict(prediction))
        except NOT_JSON as error:
            raise self._error(
                f"could not record {what}, as it does not consist of JSON values: {error}. Run the same inputs with "
                "the same journal to ask for it again"
            ) from error
        with self._transaction(what):
            self._set_state(row, "running", "finished", prediction=_to_bytes(written))

    def close(self) -> None:
        """Release the file; nothing is left beside it."""
        self._connection.close()

    def _create_file(self, file: str) -> None:
        """Create the file if it is missing, readable by its owner only."""
        if os.path.exists(file) and not os.path.isfile(file):
            raise self._error("cannot be used: it is a folder or a device; name a file")
        try:
            # Predictions contain their prompts, which are private, and SQLite would create a file that all users can
            # read. An existing file is not opened: under POSIX, closing it again would release all locks that this
            # process holds on it, those of another journal included.
            with suppress(FileExistsError):
                os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            problem = f"cannot be created: {error.strerror}; name a file in an existing folder that is writable"
            raise self._error(problem) from error

    def _claim(self, base_url: str) -> None:
        """Lock the database for this run, and check that it is a journal for the service.

        There is no write-ahead log. It would make a record three times as fast, which is nothing beside a create; but
        after a kill the last records would be in a second file, and a user who loses that file pays for them again.
        """
        database = self._connection
        # Held until the close: a reader that began between two records would prevent the next one.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        # A commit ends by invalidating the rollback journal. With an exclusive lock SQLite overwrites it, which FULL
        # syncs to the disk; it would not sync a deletion.
        database.execute("PRAGMA synchronous = FULL")
        # On macOS nothing less reaches the disk; elsewhere it has no effect.
        database.execute("PRAGMA fullfsync = ON")
        database.execute("BEGIN EXCLUSIVE")
        application, version, tables = (database.execute(query).fetchone()[0] for query in _HEADER)
        if not application and not version and not tables:
            for statement in _SCHEMA:
                database.execute(statement)
            database.execute("INSERT INTO settings VALUES (?)", [_to_bytes(base_url)])
        elif application != _APPLICATION:
            raise self._error("cannot be used: it is a SQLite database of another program; name another file")
        elif version != _VERSION:
            raise self._error(
                f"has format {version}, but this version of zeroscope supports only format {_VERSION}; continue with "
                "the version that created it, or name another file"
            )
        elif (before := _to_text(database.execute("SELECT base_url FROM settings").fetchone()[0])) != base_url:
            raise self._error(
                f"is for {excerpt(before)}, not for {excerpt(base_url)}; continue with the base_url that it was "
                "created with, or name another file"
            )
        # Written every time: this shows before anything is sent whether the file can be written, and SQLite locks no
        # file that is read-only.
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")
        # In case another program has enabled the write-ahead log.
        database.execute("PRAGMA journal_mode = DELETE")

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        """Run a transaction that is on disk at the end; `what` names its content in the error."""
        try:
            self._connection.execute("BEGIN")
            yield self._connection
            self._connection.execute("COMMIT")
        except sqlite3.ProgrammingError:
            # The journal is closed, which is a mistake of the caller.
            raise
        except sqlite3.Error as error:
            raise self._error(
                f"could not record {what}: {error}. Everything recorded before is kept; free disk space, "
                "or fix the cause above, and run the same inputs with the same journal to continue"
            ) from error
        finally:
            # Also after Ctrl-C, which may interrupt any of the above.
            with suppress(sqlite3.Error):
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _set_state(self, row: int, before: State, after: State, **changes: object) -> None:
        columns = "".join(f", {name} = ?" for name in changes)
        cursor = self._connection.execute(
            f"UPDATE items SET state = ?{columns} WHERE row = ? AND state = ?", [after, *changes.values(), row, before]
        )
        if cursor.rowcount != 1:
            raise RuntimeError(f"row {row} of {self._name} cannot become {after}, as it is not {before}")

    def _unusable(self, error: sqlite3.Error) -> ConfigurationError:
        # The low byte is the primary result code.
        match getattr(error, "sqlite_errorcode", 0) & 0xFF:
            case sqlite3.SQLITE_BUSY:
                problem = "is in use by another run; wait until that has ended, or name another file"
            case sqlite3.SQLITE_NOTADB:
                problem = "cannot be used: it is not a SQLite database; name a new file or a journal"
            case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
                problem = "cannot be written; check the permissions of the file and of its folder, or name another file"
            case _:
                problem = f"cannot be used: {error}; name another file"
        return self._error(problem)

    def _error(self, problem: str) -> ConfigurationError:
        return ConfigurationError(f"{self._name} {problem}")


def _digest(index: int, item: Mapping[str, Any]) -> bytes:
    try:
        written = json.dumps(dict(item), sort_keys=True, separators=(",", ":"))
    except NOT_JSON as error:
        reason = f"it cannot be recorded in a journal, as it does not consist of JSON values: {error}"
        raise invalid_argument(f"inputs.{index}", reason) from error
    return hashlib.sha256(written.encode()).digest()


def _entry(row: int, state: State, prediction_id: Any, prediction: Any, sent_at: Any, message: Any) -> JournalEntry:
    ended = None if prediction is None else json.loads(prediction)
    return JournalEntry(row, state, _to_text(prediction_id), ended, sent_at, _to_text(message))


def _to_bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _to_text(raw: bytes | None) -> Any:
    return None if raw is None else raw.decode(errors="surrogatepass")
