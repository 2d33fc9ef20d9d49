"""Copies of batch journals: left by a kill, in use, and damaged."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from zeroscope._disk.journal import BatchJournal
from zeroscope._disk.journal_copy import copy_journal
from zeroscope.errors import ConfigurationError

URL = "https://api.replicate.com/v1"
ITEMS = [{"prompt": f"a lighthouse {number}"} for number in range(200)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal that knows the items, of which one is running."""
    path = tmp_path / "storm.journal"
    with closing(BatchJournal(path, base_url=URL)) as journal:
        rows = [entry.row for entry in journal.load(ITEMS)]
        journal.record_sending(rows[:1], 1.5)
        journal.record_created(rows[0], "gm3q")
    return path


def states(path: Path) -> set[str]:
    """Return the states of the items in a journal."""
    with closing(BatchJournal(path, base_url=URL)) as journal:
        return {entry.state for entry in journal.load(ITEMS)}


def test_copy__leaves_the_journal_as_it_was(path: Path, tmp_path: Path) -> None:
    """A copy has the content of the journal, which stays the same byte for byte, with nothing beside it."""
    before = path.read_bytes()
    copy = tmp_path / "copy"
    assert copy_journal(path, copy)
    assert states(copy) == {"running", "queued"}
    assert path.read_bytes() == before and {one.name for one in tmp_path.iterdir()} == {path.name, copy.name}


def test_transaction__of_a_killed_run_is_not_copied(path: Path, tmp_path: Path) -> None:
    """What a run had written when it was killed is rolled back first; a copy of the file alone would be damaged."""
    killed, alone, copy = (tmp_path / name for name in ("killed", "alone", "copy"))
    with closing(sqlite3.connect(path, isolation_level=None)) as run:
        # So that changes do not wait for the commit, but go to the file at once.
        run.execute("PRAGMA cache_size = 1")
        run.execute("BEGIN EXCLUSIVE")
        run.execute("UPDATE items SET state = 'finished', prediction = randomblob(2000)")
        for suffix in ("", "-journal"):
            # To close the file of the journal here drops the lock, which no other process wants.
            shutil.copyfile(f"{path}{suffix}", f"{killed}{suffix}")
        shutil.copyfile(path, alone)
    with pytest.raises(ConfigurationError, match="is damaged"):
        states(alone)
    assert copy_journal(killed, copy)
    assert states(copy) == states(killed) == {"running", "queued"}


def test_journal__in_use_is_not_copied(path: Path, tmp_path: Path) -> None:
    """A run may be changing it."""
    with closing(BatchJournal(path, base_url=URL)):
        assert not copy_journal(path, tmp_path / "copy")
    assert copy_journal(path, tmp_path / "copy")


@pytest.mark.parametrize(("start", "message"), [(0, "is not a SQLite database"), (8192, "is damaged")])
def test_damage__is_copied(path: Path, tmp_path: Path, start: int, message: str) -> None:
    """The copy is refused as the journal is."""
    content = bytearray(path.read_bytes())
    content[start : start + 4096] = b"x" * 4096
    path.write_bytes(content)
    copy = tmp_path / "copy"
    assert copy_journal(path, copy)
    for each in (path, copy):
        with pytest.raises(ConfigurationError, match=message):
            states(each)
