"""A batch's side of its journal, as flows; where no journal is kept they do nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..._service.responses import Answers
from ..._steps import Flow, Work

if TYPE_CHECKING:
    from ..._disk.journal import BatchJournal, JournalEntry
    from ...state import PredictionState


class Listed(Protocol):
    """What is in the account: an input with the number of its row, if it has one."""

    @property
    def row(self) -> int | None:
        """The row."""
        ...


class Account:
    """Keeps account of a batch.

    Args:
        open_journal: Opens the journal, if one is kept.
        answers: Blots the token out of what is written, should the service have repeated it.
    """

    def __init__(self, open_journal: Callable[[], BatchJournal] | None, answers: Answers) -> None:
        self._open_journal = open_journal
        self._answers = answers
        self._journal: BatchJournal | None = None

    @property
    def is_kept(self) -> bool:
        """Whether there is a journal."""
        return self._open_journal is not None

    def open(self) -> Flow[None]:
        """Open the journal."""
        if self._open_journal is not None:
            self._journal = yield Work(self._open_journal)

    def begin(self, bodies: Sequence[Mapping[str, Any]]) -> Flow[list[JournalEntry]]:
        """What is known of some creates from earlier runs; to be called where a journal is kept."""
        assert self._journal is not None
        entries: list[JournalEntry] = yield Work(partial(self._journal.load, bodies))
        return entries

    def sending(self, items: Iterable[Listed], at: float) -> Flow[None]:
        """Note that creates are about to be sent, in seconds since 1970."""
        rows = [item.row for item in items if item.row is not None]
        if self._journal is not None and rows:
            yield Work(partial(self._journal.record_sending, rows, at))

    def created(self, item: Listed, prediction_id: str) -> Flow[None]:
        """Note that a create has become a prediction."""
        yield from self._note(item, lambda journal, row: journal.record_created(row, prediction_id))

    def refused(self, item: Listed) -> Flow[None]:
        """Note that a create surely did not run."""
        yield from self._note(item, lambda journal, row: journal.record_refused(row))

    def unknown(self, item: Listed, message: str) -> Flow[None]:
        """Note that a create may have run."""
        yield from self._note(item, lambda journal, row: journal.record_unknown(row, message))

    def finished(self, item: Listed, prediction: PredictionState) -> Flow[None]:
        """Note how a prediction has ended."""
        plain = json.loads(self._answers.blot(json.dumps(prediction.to_dict())))
        yield from self._note(item, lambda journal, row: journal.record_finished(row, plain))

    def close(self) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def _note(self, item: Listed, note: Callable[[BatchJournal, int], None]) -> Flow[None]:
        if self._journal is not None and item.row is not None:
            yield Work(partial(note, self._journal, item.row))
