"""The state file: a server's data on disk, which outlives the process."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..clocks.real import RealClock
from ..cog import VersionFile
from ..control.snapshot import SnapshotError
from ..control.values import rates_json
from ..journal import ExchangeNotes
from ..messages import Response, Stream
from ..problems import problem
from ..protocols import Flow
from ..state import State
from ..steps import ConnectionCutError, Pause
from .database import Database, StateFileError
from .restoration import SavedState
from .rows import ChangedRows

_log = logging.getLogger("zeroscope_mock")
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class StateFile:
    """Keeps the data of a server in a file, so that whatever the server has shown is there after a restart.

    Before a response, an event of a stream or a webhook leaves, all that has changed is written in one transaction.

    Args:
        path: The file, which is created if there is none.
        state: The server's, in which the data of the file replaces what is there, except the models.
        own_spec: Whether the document is not the built-in one.
        reload: Whether the document may change.

    Raises:
        StateFileError: For a file that cannot be used, is damaged, or is of a server with other options.
    """

    def __init__(self, path: str | os.PathLike[str], state: State, *, own_spec: bool, reload: bool) -> None:
        self._state = state
        self._database = Database(path)
        self._about: dict[str, Any] = {
            "seed": state.settings.seed,
            "dialect": state.settings.dialect,
            "spec": _digest(state.spec.document) if own_spec else None,
            # What may be changed after the start, as it was given then.
            "given": {"speed": state.speed, "rates": rates_json(state.limits.rates)},
        }
        # What could not be written yet.
        self._unsaved: dict[tuple[str, str], bytes | None] = {}
        self._anew = self._closed = False
        self._failure: str | None = None
        try:
            saved = SavedState.read(self._database.read())
            if lost := self._database.lost:
                _log.warning(
                    "%s has lost its last commits: a page of its log is damaged, and %d pages after it were dropped; "
                    "the server goes on from the last commit before",
                    self._database.name,
                    lost,
                )
            if saved.server:
                self._restore(saved, reload)
            self._rows = ChangedRows(state, saved.keys, self._about)
            self._write(whole=True)
        except BaseException as error:
            self._database.close()
            if isinstance(error, SnapshotError):
                problems = "; ".join(one.line().strip() for one in error.invalid_fields[:3])
                raise StateFileError(f"{self._database.name} cannot be restored: {problems}") from error
            if isinstance(error, LookupError | TypeError | ValueError) and not isinstance(error, StateFileError):
                raise StateFileError(f"{self._database.name} cannot be restored: {error!r:.200}") from error
            raise
        state.webhooks.sender.save = self.save
        state.saving = self.flow
        if state.settings.receiver is not None and isinstance(state.clock, RealClock):
            # Without a receiver, webhooks are sent once the server listens on a socket.
            state.clock.run_due()

    def flow(self, flow: Flow[Response], method: str, notes: ExchangeNotes) -> Flow[Response]:
        """Answer a request by a flow, once what it has changed is on disk; with 500 if that is not possible.

        Args:
            flow: Answers the request.
            method: The method of the request.
            notes: The notes on the exchange, which tell its number in the journal.
        """
        reads = method in _READS
        try:
            step = next(flow)
            while True:
                # A create that is held may have been seen by others, and is not to be lost if the client is cut off.
                self.save(reads=reads)
                try:
                    result = yield step
                except Exception as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            response: Response = end.value
        except BaseException:
            # The client disconnects or a fault cuts the connection, after the request was carried out or before.
            flow.close()
            self.save(reads=reads)
            raise
        if reason := self.save(reads=reads):
            failed = problem(500, f"The mock server carried the request out, but {reason}.")
            self._state.journal.replace_response(notes.number, failed, reason)
            return failed
        body = response.body
        if isinstance(body, Stream):
            return replace(response, body=replace(body, pieces=lambda: self._pieces(body)))
        return response

    def save(self, *, reads: bool = False) -> str | None:
        """Write what has changed, and return why that was not possible, in words.

        Args:
            reads: Whether only requests that read were answered since the last time.
        """
        try:
            with self._state.lock:
                if self._closed:
                    return f"{self._database.name} is closed"
                self._write(whole=not reads)
        except StateFileError as error:
            if self._failure is None:
                _log.error("%s; requests are answered with 500 until that works again", error)
            self._failure = str(error)
            return self._failure
        if self._failure is not None:
            self._failure = None
            _log.warning("%s is written again; nothing was lost", self._database.name)
        return None

    def close(self) -> None:
        """Write what has changed and release the file. Closing again has no effect."""
        with self._state.lock:
            if not self._closed:
                self.save()
                self._closed = True
                self._database.close()

    def _write(self, *, whole: bool) -> None:
        if self._state.store is not self._rows.store:
            # A snapshot was restored: its objects have an order of their own.
            self._rows = ChangedRows(self._state, (), self._about)
            self._unsaved.clear()
            self._anew = whole = True
        for kind, key, value in self._rows.take(whole=whole):
            if value is None and not self._database.has(kind, key):
                # It came and went while the file could not be written.
                self._unsaved.pop((kind, key), None)
            else:
                self._unsaved[kind, key] = value
        for kind, key, value in self._rows.clock(needed=bool(self._unsaved)):
            self._unsaved[kind, key] = value
        if self._unsaved or self._anew:
            self._database.write(self._unsaved, anew=self._anew)
            self._unsaved.clear()
            self._anew = False

    def _pieces(self, body: Stream) -> Iterator[bytes | Pause]:
        for piece in body.pieces():
            if isinstance(piece, bytes) and self.save(reads=True):
                # An end without the last chunk tells the client that something is missing.
                raise ConnectionCutError(f"{self._database.name} cannot be written")
            yield piece

    def _restore(self, saved: SavedState, reload: bool) -> None:
        state, name = self._state, self._database.name
        for option, ours in (("seed", self._about["seed"]), ("dialect", self._about["dialect"])):
            if (theirs := saved.server[option]) != ours:
                raise StateFileError(
                    f"{name} is of a server with {option} {theirs}, but this one was started with {option} {ours}; "
                    f"pass {option} {theirs}, or name another file"
                )
        if saved.server["spec"] != self._about["spec"] and not reload:
            raise StateFileError(
                f"{name} is of a server with another spec; pass the same spec, allow it to change with reload, or name "
                "another file"
            )
        loaded, speed, rates = state.registry.loaded.files(), state.speed, state.limits.rates
        saved.restore(state)
        state.speed = saved.server["speed"]
        before, now = saved.server["given"], self._about["given"]
        if before["speed"] != now["speed"]:
            state.speed = speed
        if before["rates"] != now["rates"]:
            state.limits.use(rates)
        _add_models(state, loaded)


def _digest(document: Mapping[str, Any]) -> str:
    # A document that was read from YAML may hold dates.
    return hashlib.sha256(json.dumps(document, default=str, sort_keys=True).encode()).hexdigest()


def _add_models(state: State, given: list[tuple[str, VersionFile]]) -> None:
    """Add the models that the server was started with to those of the file, or put them in the place of these."""
    loaded = state.registry.loaded
    versions = {(name, file.id): file for name, file in loaded.files()}
    if any((name, file.id) in versions and versions[name, file.id].values != file.values for name, file in given):
        versions.update({(name, file.id): file for name, file in given})
        loaded.clear()
        for (name, _), file in versions.items():
            loaded.add(name, file)
        return
    for name, file in given:
        if (name, file.id) not in versions:
            loaded.add(name, file)
