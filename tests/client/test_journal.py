"""The account on disk by itself: what may follow on what, who may use it, and what is no journal."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zeroscope import ConfigurationError
from zeroscope._journal import Journal

URL = "https://api.example.test/v1"
PREDICTION = {"id": "gm3q", "status": "succeeded", "output": ["a"], "logs": "\ud800 100%|██"}

# What is noted, from which state, and what it leads to.
NOTES: dict[str, tuple[str, str]] = {
    "sending": ("queued", "sending"),
    "created": ("sending", "running"),
    "refused": ("sending", "queued"),
    "unknown": ("sending", "unknown"),
    "finished": ("running", "finished"),
}
# What leads to each state.
WAYS = {
    "queued": [],
    "sending": ["sending"],
    "running": ["sending", "created"],
    "unknown": ["sending", "unknown"],
    "finished": ["sending", "created", "finished"],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal.db"


def note(journal: Journal, name: str, row: int) -> None:
    """Make a note of a kind."""
    match name:
        case "sending":
            journal.sending([row], 1_700_000_000.5)
        case "created":
            journal.created(row, "gm3q")
        case "refused":
            journal.refused(row)
        case "unknown":
            journal.unknown(row, "the connection was reset")
        case _:
            journal.finished(row, PREDICTION)


@pytest.mark.parametrize("state", WAYS)
def test_state__is_kept(path: Path, state: str) -> None:
    """What was noted is there again after the file was closed; a create that was on its way is a doubt then."""
    with Journal(path, base_url=URL) as journal:
        (entry,) = journal.begin([{"prompt": "a"}])
        for name in WAYS[state]:
            note(journal, name, entry.row)
    with Journal(path, base_url=URL) as journal:
        (entry,) = journal.begin([{"prompt": "a"}])
    assert entry.state == ("unknown" if state == "sending" else state)
    assert entry.prediction_id == ("gm3q" if state in {"running", "finished"} else None)
    assert entry.prediction == (PREDICTION if state == "finished" else None)
    assert entry.sent_at == (None if state == "queued" else 1_700_000_000.5)
    assert ("its answer is not known" in (entry.message or "")) == (state == "sending")


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("name", NOTES)
def test_note__that_does_not_follow_is_refused(path: Path, state: str, name: str) -> None:
    """Nothing goes back or twice, whatever its user has miscounted, and a refused note changes nothing."""
    with Journal(path, base_url=URL) as journal:
        (entry,) = journal.begin([{"prompt": "a"}])
        for step in WAYS[state]:
            note(journal, step, entry.row)
        if state == NOTES[name][0]:
            note(journal, name, entry.row)
            return
        with pytest.raises(RuntimeError, match=f"row {entry.row} of the journal cannot become {NOTES[name][1]}"):
            note(journal, name, entry.row)
        for step in WAYS["finished"][len(WAYS[state]) :] if state in {"queued", "sending", "running"} else []:
            note(journal, step, entry.row)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["reopen", *NOTES]), st.integers(0, 2)), max_size=12))
def test_journal__says_what_a_dictionary_would_say(tmp_path: Path, steps: list[tuple[str, int]]) -> None:
    """After any notes that follow on each other, and any reopening between them, the entries are what was noted."""
    path = tmp_path / "any.db"
    path.unlink(missing_ok=True)
    items = [{"prompt": "a"}, {"prompt": "b"}, {"prompt": "a"}]
    journal = Journal(path, base_url=URL)
    model = ["queued"] * 3
    try:
        rows = [entry.row for entry in journal.begin(items)]
        for name, number in steps:
            if name == "reopen":
                journal.close()
                journal = Journal(path, base_url=URL)
                journal.begin(items)
                model = ["unknown" if state == "sending" else state for state in model]
            elif model[number] == NOTES[name][0]:
                note(journal, name, rows[number])
                model[number] = NOTES[name][1]
        journal.close()
        journal = Journal(path, base_url=URL)
        entries = journal.begin(items)
        assert [entry.state for entry in entries] == ["unknown" if state == "sending" else state for state in model]
        assert [entry.row for entry in entries] == rows
    finally:
        journal.close()


def test_items__are_known_by_content_and_order(path: Path) -> None:
    """The order of names makes no difference, and equal items have a row each."""
    with Journal(path, base_url=URL) as journal:
        one, two, other = journal.begin([{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}])
        assert one.row != two.row != other.row
        assert [entry.row for entry in journal.begin([{"a": 1}, {"a": 1, "b": 2}])] == [other.row, one.row]


def foreign(path: Path) -> None:
    """A database of something else."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()


def newer(path: Path) -> None:
    """A journal as some later version will write it."""
    Journal(path, base_url=URL).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()


def elsewhere(path: Path) -> None:
    """A journal about another service."""
    Journal(path, base_url="https://other.test").close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.write_bytes(b"no database at all, but long enough to be one" * 20), "is no SQLite database"),
        (foreign, "a database of something else; name another file"),
        (newer, "has the form 99, of which this version of zeroscope knows only 1"),
        (elsewhere, r"is about https://other\.test, not about https://api\.example\.test/v1"),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
    ids=["no database", "foreign", "newer", "elsewhere", "folder"],
)
def test_file__that_is_no_journal_of_ours_is_refused(path: Path, make: Any, message: str) -> None:
    """The error names the file and what to do, and the file is left as it was."""
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(ConfigurationError, match=message) as caught:
        Journal(path, base_url=URL)
    assert str(path) in str(caught.value)
    assert before == (path.read_bytes() if path.is_file() else None)


def test_folder__has_to_be_there(tmp_path: Path) -> None:
    """No folder is made for a journal, which may well be a slip of the pen."""
    with pytest.raises(ConfigurationError, match="cannot be opened"):
        Journal(tmp_path / "nowhere" / "journal.db", base_url=URL)


def test_second_user__is_refused(path: Path) -> None:
    """Two runs with one journal would both create what is missing."""
    with Journal(path, base_url=URL):
        with pytest.raises(ConfigurationError, match="in use by another run"):
            Journal(path, base_url=URL)
        code = f"from zeroscope._journal import Journal; Journal({str(path)!r}, base_url={URL!r})"
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
        assert "in use by another run" in other.stderr
    Journal(path, base_url=URL).close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither modes nor SIGKILL")
def test_file__is_nobody_elses_business(path: Path) -> None:
    """Inputs may be private: the file is for its owner alone, and no other is left beside it."""
    Journal(path, base_url=URL).close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


KILLED = """
import sys
from zeroscope._journal import Journal

path, url, *notes = sys.argv[1:]
journal = Journal(path, base_url=url)
(entry,) = journal.begin([{"prompt": "a"}])
for note in notes:
    {"sending": lambda: journal.sending([entry.row], 1.0), "created": lambda: journal.created(entry.row, "gm3q")}[note]()
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has neither modes nor SIGKILL")
@pytest.mark.parametrize(
    ("notes", "state"), [([], "queued"), (["sending"], "unknown"), (["sending", "created"], "running")]
)
def test_note__outlives_kill_9(path: Path, notes: list[str], state: str) -> None:
    """What was noted is on disk when the note returns, and the lock dies with the process."""
    command = [sys.executable, "-c", KILLED, str(path), URL, *notes]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
    with Journal(path, base_url=URL) as journal:
        assert [entry.state for entry in journal.begin([{"prompt": "a"}])] == [state]


def test_full_disk__says_that_nothing_is_lost(path: Path) -> None:
    """What cannot be noted is an error with the way to go on, and what was noted before stays."""
    with Journal(path, base_url=URL) as journal:
        (entry,) = journal.begin([{"prompt": "a"}])
        (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
        journal._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ConfigurationError, match=r"What it holds so far is safe.*same journal goes on"):
            journal.begin([{"prompt": "b" * 9, "number": number} for number in range(1000)])
        journal.sending([entry.row], 1.0)
    with Journal(path, base_url=URL) as journal:
        assert len(journal._connection.execute("SELECT * FROM items").fetchall()) == 1
