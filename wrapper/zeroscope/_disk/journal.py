"""The journal of a batch: a SQLite file from which a killed batch resumes.

       record_sending        record_created         record_finished
queued ───────────────▶ sending ───────────────▶ running ───────────────▶ finished
   ▲   record_refused    │   │                      ▲
   ├─────────────────────┘   │ record_unknown, or   │ record_found
   │                         │ load if the run      │
   │                         │ ended before         │
   │                         └──────────────────▶ unknown
   └──────────────── record_absent ─────────────────┘
"""

from __future__ import annotations

import os
import sqlite3
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from os import PathLike
from typing import Any

from .._service.validation import NOT_JSON
from .._text import excerpt
from ..errors import ConfigurationError
from . import forks, records
from .records import Claims, JournalEntry, Record, State

# In the file's header, which distinguishes it from other SQLite databases: "zsco".
_APPLICATION = 0x7A73636F
_VERSION = 3
_HEADER = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
_REBASE = "to continue, pass base_url= as before, or name another file"
_LEFT_BEHIND = b"the program ended while this create was being sent, so its response is not known"


class BatchJournal:
    """A journal of creates for one service, in a SQLite database that one run at a time uses.

    A record is on disk when its method returns; if the method raises, none of it is. Methods may be called from any
    thread, one at a time, but not in a forked process. A file that cannot be used or written, or that is damaged,
    raises a ConfigurationError. Of the token and of inputs, only digests are kept.
    """

    def __init__(self, path: str | PathLike[str], *, base_url: str, token: str = "") -> None:
        self._token = records.token_digest(token)
        self._name = f"the journal {path!r:.500}"
        self._process = os.getpid()
        try:
            # SQLite treats some names specially, but no absolute paths; and the target of a link may not exist yet.
            file = os.path.realpath(os.fsdecode(path))
            self._name = f"the journal {file!r}"
            self._create_file(file)
            self._connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
        except (TypeError, ValueError) as error:
            raise self._error(f"cannot be used: {error}; name a file") from error
        except sqlite3.Error as error:
            raise self._unusable(error) from error
        forks.protect(self, self._name)
        # Damaged text is text, too, so that the checksums show it.
        self._connection.text_factory = lambda raw: raw.decode(errors="replace")
        try:
            self._claim(base_url.rstrip("/"))
        except BaseException as error:
            self.close()
            if isinstance(error, sqlite3.Error | MemoryError | UnicodeDecodeError):
                raise self._unusable(error) from error
            raise

    def load(self, items: Sequence[Mapping[str, Any]]) -> list[JournalEntry]:
        """Return an entry for each create, in order, and add those that are new.

        Creates are recognized by their content, and equal ones by their order, so the list may differ from that of the
        run before. An item, which identifies a create, must consist of JSON values.
        """
        digests = [records.digest(index, item) for index, item in enumerate(items)]
        rows: defaultdict[bytes, list[Record]] = defaultdict(list)
        with self._transaction("the inputs"):
            for record in list(self._read_all()):
                if record.state == "sending":
                    # No other run uses the file, so the run that sent this one has ended.
                    record = self._write(record._replace(state="unknown", message=_LEFT_BEHIND), record)
                rows[record.digest].append(record)
            chosen: dict[bytes, deque[Record]] = {}
            for content, wanted in Counter(digests).items():
                while len(rows[content]) < wanted:
                    rows[content].append(self._write(Record(self._rows + 1, content, "queued")))
                chosen[content] = deque(records.furthest(rows[content], wanted))
        try:
            return [chosen[content].popleft().entry(self._token) for content in digests]
        except RecursionError as error:
            raise self._error("has a prediction that is nested too deeply to be read; name another file") from error

    def claims(self, rows: Collection[int]) -> Claims:
        """Return what the rows say about predictions that those of some unknown creates may have started."""
        with self._transaction("which creates are unknown"):
            found = list(self._read_all())
        known = {records.to_text(one.prediction_id): one.sent_at for one in found if one.prediction_id is not None}
        others = [record.sent_at or 0.0 for record in found if record.state == "unknown" and record.row not in rows]
        return Claims(known, others)

    def record_sending(self, rows: Sequence[int], at: float) -> None:
        """Record that creates are about to be sent, at a time in seconds since 1970; all of them or none."""
        with self._transaction("that creates are about to be sent"):
            for row in rows:
                self._set_state(row, "queued", "sending", sent_at=float(at), token=self._token)

    def record_created(self, row: int, prediction_id: str) -> None:
        """Record the prediction that a create has started."""
        with self._transaction(f"that prediction {excerpt(prediction_id)} was created"):
            self._set_state(row, "sending", "running", prediction_id=records.to_bytes(prediction_id))

    def record_refused(self, row: int) -> None:
        """Record that a create was sent but not executed."""
        with self._transaction("that a create did not run"):
            self._set_state(row, "sending", "queued", sent_at=None, token=None)

    def record_unknown(self, row: int, message: str) -> None:
        """Record that a create may have been executed, and why that is unknown."""
        with self._transaction("that a create may have run"):
            self._set_state(row, "sending", "unknown", message=records.to_bytes(message))

    def record_found(self, row: int, prediction_id: str) -> None:
        """Record the prediction that a create with an unknown outcome has started."""
        with self._transaction(f"that prediction {excerpt(prediction_id)} was found"):
            self._set_state(row, "unknown", "running", prediction_id=records.to_bytes(prediction_id))

    def record_absent(self, row: int) -> None:
        """Record that a create with an unknown outcome has certainly started no prediction."""
        with self._transaction("that a create has not run"):
            self._set_state(row, "unknown", "queued", sent_at=None, message=None, token=None)

    def record_finished(
        self, row: int, prediction: Mapping[str, Any], redact: Callable[[str], str] = str, sent: Collection[str] = ()
    ) -> None:
        """Record a prediction that has ended, as JSON values; `redact` removes the token, `sent` are sent secrets."""
        what = f"that prediction {excerpt(str(prediction.get('id')))} has ended"
        try:
            written = records.to_bytes(redact(records.without_secrets(prediction, sent)))
        except NOT_JSON as error:
            raise self._error(
                f"could not record {what}, as it does not consist of JSON values: {error}. Run the same inputs with "
                "the same journal to ask for it again"
            ) from error
        with self._transaction(what):
            self._set_state(row, "running", "finished", prediction=written)

    def close(self) -> None:
        """Release the file; nothing is left beside it. In a forked process nothing happens."""
        if os.getpid() == self._process:
            self._connection.close()
            forks.release(self)

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
        # Held until the close: a reader between two records would prevent the next one.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        # A commit ends by invalidating the rollback journal. With an exclusive lock SQLite overwrites it, which FULL
        # syncs to the disk; it would not sync a deletion.
        database.execute("PRAGMA synchronous = FULL")
        # On macOS nothing less reaches the disk; elsewhere it has no effect.
        database.execute("PRAGMA fullfsync = ON")
        database.execute("BEGIN EXCLUSIVE")
        application, version, tables = (database.execute(query).fetchone()[0] for query in _HEADER)
        if not application and not version and not tables:
            for statement in records.SCHEMA:
                database.execute(statement)
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._write_settings(records.to_bytes(base_url), 0, b"")
        elif application != _APPLICATION:
            raise self._error("cannot be used: it is a SQLite database of another program; name another file")
        elif version != _VERSION:
            raise self._error(
                f"has format {version}, but this version of zeroscope supports only format {_VERSION}; continue with "
                "the version that created it, or name another file"
            )
        elif (before := self._verified_url()) != base_url:
            if any(record.state != "queued" for record in self._read_all()):
                raise self._error(f"is for {excerpt(before)}, not for {excerpt(base_url)}; {_REBASE}")
            self._write_settings(records.to_bytes(base_url), *self._read_settings()[1:])
        # Written every time: this shows before anything is sent whether the file can be written, and SQLite locks no
        # file that is read-only.
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")
        # In case another program has enabled the write-ahead log.
        database.execute("PRAGMA journal_mode = DELETE")

    def _verified_url(self) -> str:
        """Return the base URL of a journal whose structure and settings are undamaged."""
        schema = self._connection.execute("SELECT sql FROM sqlite_master ORDER BY rowid").fetchall()
        if schema != [(statement,) for statement in records.SCHEMA]:
            raise self._damaged("its tables are not those of a journal")
        (found,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise self._damaged(excerpt(str(found)))
        return str(records.to_text(self._read_settings()[0]))

    @contextmanager
    def _transaction(self, what: str) -> Iterator[None]:
        """Run a transaction that is on disk at the end; `what` names its content in the error."""
        if os.getpid() != self._process:
            raise self._error(
                "belongs to the process that opened it, and this one was forked from that; call run_many in one of "
                "them only, or give each process a journal of its own"
            )
        try:
            self._connection.execute("BEGIN")
            url, rows, total = self._read_settings()
            self._rows, self._total = rows, total
            yield
            if (self._rows, self._total) != (rows, total):
                self._write_settings(url, self._rows, self._total)
            self._connection.execute("COMMIT")
        except sqlite3.ProgrammingError:
            # The journal is closed, which is a mistake of the caller.
            raise
        except sqlite3.Error as error:
            if _code(error) == sqlite3.SQLITE_CORRUPT:
                raise self._damaged(str(error)) from error
            raise self._error(
                f"could not record {what}: {error}. Everything recorded before is kept; free disk space, "
                "or fix the cause above, and run the same inputs with the same journal to continue"
            ) from error
        finally:
            # Also after Ctrl-C, which may interrupt any of the above; but a rollback by a process that was forked
            # meanwhile would be one of the transaction of its parent.
            with suppress(sqlite3.Error):
                if os.getpid() == self._process and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    def _set_state(self, row: int, before: State, after: State, **changes: Any) -> None:
        found = self._connection.execute("SELECT * FROM items WHERE row = ?", [row]).fetchone()
        record = None if found is None else self._verified(found)
        if record is None or record.state != before:
            raise RuntimeError(f"row {row} of {self._name} cannot become {after}, as it is not {before}")
        self._write(record._replace(state=after, **changes), record)

    def _read_all(self) -> Iterator[Record]:
        """Read all rows, and verify that none is damaged, missing or of an earlier time."""
        _, rows, expected = self._read_settings()
        count, total = 0, b""
        for found in self._connection.execute("SELECT * FROM items ORDER BY row"):
            record = self._verified(found)
            count, total = count + 1, records.replace_in_total(total, b"", found[-1])
            yield record
        if (count, total) != (rows, expected):
            raise self._damaged("rows are missing or outdated")

    def _verified(self, found: Sequence[Any]) -> Record:
        record = Record(*found[:-1])
        if records.checksum(record) != found[-1]:
            raise self._damaged(f"row {excerpt(str(record.row))} does not match its checksum")
        return record

    def _write(self, record: Record, before: Record | None = None) -> Record:
        """Add a row, or replace the one that was there before."""
        after = records.checksum(record)
        self._connection.execute("REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [*record, after])
        self._rows += before is None
        self._total = records.replace_in_total(self._total, b"" if before is None else records.checksum(before), after)
        return record

    def _read_settings(self) -> tuple[bytes, int, bytes]:
        found = self._connection.execute("SELECT * FROM settings").fetchall()
        if len(found) != 1 or records.checksum(found[0][:-1]) != found[0][-1]:
            raise self._damaged("its settings do not match their checksum")
        url, rows, total, _ = found[0]
        return url, rows, total

    def _write_settings(self, url: bytes, rows: int, total: bytes) -> None:
        values = [url, rows, total]
        self._connection.execute("DELETE FROM settings")
        self._connection.execute("INSERT INTO settings VALUES (?, ?, ?, ?)", [*values, records.checksum(values)])

    def _damaged(self, problem: str) -> ConfigurationError:
        return self._error(
            f"is damaged: {problem}. What it records cannot be trusted; look in predictions.list() for what was "
            "created, and run only the rest, with another file"
        )

    def _unusable(self, error: sqlite3.Error | MemoryError | UnicodeDecodeError) -> ConfigurationError:
        match _code(error):
            case sqlite3.SQLITE_BUSY:
                problem = forks.in_use(self._name)
            case sqlite3.SQLITE_NOTADB:
                problem = "cannot be used: it is not a SQLite database; name a new file or a journal"
            case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
                problem = "cannot be written; check the permissions of the file and of its folder, or name another file"
            case _ if isinstance(error, UnicodeDecodeError) or _code(error) == sqlite3.SQLITE_CORRUPT:
                return self._damaged(str(error))
            case _:
                problem = f"cannot be used: {error}; name another file"
        return self._error(problem)

    def _error(self, problem: str) -> ConfigurationError:
        return ConfigurationError(f"{self._name} {problem}")


def _code(error: BaseException) -> int:
    """Return SQLite's primary result code, which is the low byte."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
