"""The journal's contents, order and locks, and files that are not a journal."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroscope import ConfigurationError, InvalidInputError
from zeroscope._disk import records
from zeroscope._disk.journal import BatchJournal
from zeroscope._disk.records import JournalEntry

URL = "https://api.example.test/v1"
SENT_AT = 1_700_000_000.25
# JSON may hold half of a surrogate pair, which no UTF-8 can, and Python's reads and writes what is no number.
ID, MESSAGE = "gm3q \ud83d", "the connection was reset \udc00\0 ‹after› it was sent"
PREDICTION = {"id": ID, "status": "succeeded", "logs": "\ud83d 38%|███▊\0", "metrics": {"predict_time": float("inf")}}
LEFT_BEHIND = "the program ended while this create was being sent, so its response is not known"

# The state before and after each record.
TRANSITIONS = {
    "sending": ("queued", "sending"),
    "created": ("sending", "running"),
    "refused": ("sending", "queued"),
    "unknown": ("sending", "unknown"),
    "found": ("unknown", "running"),
    "absent": ("unknown", "queued"),
    "finished": ("running", "finished"),
}
# The records that lead to each state.
RECORDS: dict[str, list[str]] = {
    "queued": [],
    "queued again": ["sending", "refused"],
    "sending": ["sending"],
    "running": ["sending", "created"],
    "unknown": ["sending", "unknown"],
    "finished": ["sending", "created", "finished"],
    "found": ["sending", "unknown", "found"],
    "found, finished": ["sending", "unknown", "found", "finished"],
    "absent": ["sending", "unknown", "absent"],
}
# What the next run loads after each.
LOADED = {
    "queued": JournalEntry(1, "queued", None, None, None, None),
    "queued again": JournalEntry(1, "queued", None, None, None, None),
    "sending": JournalEntry(1, "unknown", None, None, SENT_AT, LEFT_BEHIND),
    "running": JournalEntry(1, "running", ID, None, SENT_AT, None),
    "unknown": JournalEntry(1, "unknown", None, None, SENT_AT, MESSAGE),
    "finished": JournalEntry(1, "finished", ID, PREDICTION, SENT_AT, None),
    # Why its outcome was unknown stays on record.
    "found": JournalEntry(1, "running", ID, None, SENT_AT, MESSAGE),
    "found, finished": JournalEntry(1, "finished", ID, PREDICTION, SENT_AT, MESSAGE),
    "absent": JournalEntry(1, "queued", None, None, None, None),
}
FURTHEST = ["finished", "running", "unknown", "queued"]

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes, limits and signals")


def item(prompt: str, **fields: Any) -> dict[str, Any]:
    """What is sent to create a prediction."""
    return {"version": "9f74", "input": {"prompt": prompt, **fields}}


def record(journal: BatchJournal, name: str, row: int) -> None:
    """Make one of the notes."""
    match name:
        case "sending":
            journal.record_sending([row], SENT_AT)
        case "created":
            journal.record_created(row, ID)
        case "refused":
            journal.record_refused(row)
        case "unknown":
            journal.record_unknown(row, MESSAGE)
        case "found":
            journal.record_found(row, ID)
        case "absent":
            journal.record_absent(row)
        case _:
            journal.record_finished(row, PREDICTION)


def prepare(path: Path, *states: str) -> None:
    """Make a journal of equal items in some states."""
    with closing(BatchJournal(path, base_url=URL)) as journal:
        for entry, state in zip(journal.load([item("a")] * len(states)), states, strict=True):
            for name in RECORDS[state]:
                record(journal, name, entry.row)


def loaded(path: Path, *items: dict[str, Any]) -> list[JournalEntry]:
    """The entries that the next run loads."""
    with closing(BatchJournal(path, base_url=URL)) as journal:
        return journal.load(items or [item("a")])


def beside(path: Path) -> list[str]:
    """What else is in the folder of a file."""
    return sorted(other.name for other in path.parent.iterdir() if other != path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "storm.db"


@pytest.mark.parametrize("state", RECORDS)
def test_records__are_loaded_by_the_next_run(path: Path, state: str) -> None:
    """What was noted is there again, a create that was on its way is a doubt, and so it stays."""
    prepare(path, state)
    assert loaded(path) == [LOADED[state]]
    assert loaded(path) == [LOADED[state]]
    assert beside(path) == []


@pytest.mark.parametrize("name", TRANSITIONS)
@pytest.mark.parametrize("state", RECORDS)
def test_note__is_taken_in_its_turn_only(path: Path, state: str, name: str) -> None:
    """No state is left twice or backwards, and a refused record changes nothing."""
    before, after = TRANSITIONS[name]
    with closing(BatchJournal(path, base_url=URL)) as journal:
        ((row, *_),) = journal.load([item("a")])
        for step in RECORDS[state]:
            record(journal, step, row)
        current = TRANSITIONS[RECORDS[state][-1]][1] if RECORDS[state] else "queued"
        if before == current:
            record(journal, name, row)
            records = ["sending"] if name == "sending" else [*RECORDS[state], name]
            (state,) = [other for other, steps in RECORDS.items() if steps == records]
        else:
            with pytest.raises(RuntimeError, match=f"row 1 .* cannot become {after}, as it is not {before}"):
                record(journal, name, row)
    assert loaded(path) == [LOADED[state]]


@pytest.mark.parametrize("rows", [[1, 2], [1, 7], [1, 1]], ids=["one has ended", "one is not there", "one comes twice"])
def test_sending__is_for_all_or_none(path: Path, rows: list[int]) -> None:
    """If one of them cannot be sent, none is noted as sent."""
    prepare(path, "queued", "finished")
    with closing(BatchJournal(path, base_url=URL)) as journal:
        with pytest.raises(RuntimeError, match=f"row {rows[1]} "):
            journal.record_sending(rows, SENT_AT)
        journal.record_sending([1], SENT_AT)
        journal.record_refused(1)


def test_sending__takes_many_at_once(path: Path) -> None:
    """Creates that go out side by side are one note."""
    items = [item("a"), item("b"), item("c")]
    with closing(BatchJournal(path, base_url=URL)) as journal:
        rows = [entry.row for entry in journal.load(items)]
        journal.record_sending(rows[1:], SENT_AT)
        journal.record_sending([], SENT_AT)
    assert [entry.state for entry in loaded(path, *items)] == ["queued", "unknown", "unknown"]


def test_interrupt__leaves_a_note_out_as_a_whole(path: Path) -> None:
    """Ctrl-C in the middle of a note undoes it, and the journal can be written on."""

    class Interrupted(list[int]):
        def __iter__(self) -> Iterator[int]:
            yield from self[:1]
            raise KeyboardInterrupt

    prepare(path, "queued", "queued")
    with closing(BatchJournal(path, base_url=URL)) as journal:
        with pytest.raises(KeyboardInterrupt):
            journal.record_sending(Interrupted([1, 2]), SENT_AT)
        journal.record_sending([1], SENT_AT)
        journal.record_created(1, "gm3q")
    assert [entry.state for entry in loaded(path, item("a"), item("a"))] == ["running", "queued"]


@pytest.mark.parametrize(
    ("now", "rows"),
    [
        ("abc", [1, 2, 3]),
        ("cab", [3, 1, 2]),
        ("b", [2]),
        ("", []),
        ("adbc", [1, 4, 2, 3]),
        ("aab", [1, 4, 2]),
        ("aaa", [1, 4, 5]),
        ("xyz", [4, 5, 6]),
    ],
)
def test_items__are_known_by_their_content(path: Path, now: str, rows: list[int]) -> None:
    """A list that was turned round, cut or extended finds its rows, and equal ones are as many as there are."""
    loaded(path, *map(item, "abc"))
    with closing(BatchJournal(path, base_url=URL)) as journal:
        assert [entry.row for entry in journal.load([item(prompt) for prompt in now])] == rows
        assert [entry.row for entry in journal.load([item(prompt) for prompt in "abc"])] == [1, 2, 3]


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        ({"input": {"fps": 24, "prompt": "a"}, "version": "9f74"}, True),
        (item("a", fps=24.5), False),
        (item("a", fps="24"), False),
        (item("a"), False),
        ({**item("a", fps=24), "version": "71996"}, False),
        ({**item("a", fps=24), "webhook": "https://example.test"}, False),
    ],
)
def test_items__are_equal_if_the_same_is_sent(path: Path, other: dict[str, Any], is_same: bool) -> None:
    """The order of names makes no difference; everything else does."""
    one, two = loaded(path, item("a", fps=24), item("a", fps=24))
    assert (loaded(path, other)[0].row == one.row) is is_same
    assert two.row != one.row


@pytest.mark.parametrize(
    ("states", "rows"),
    [
        (["queued", "queued", "queued"], [1, 2]),
        (["finished", "queued", "running"], [1, 3]),
        (["queued", "unknown", "running", "finished"], [3, 4]),
        (["queued", "sending", "queued"], [1, 2]),
        (["running", "finished"], [1, 2]),
        (["running"], [1, 2]),
    ],
)
def test_equal_items__of_which_fewer_are_wanted(path: Path, states: list[str], rows: list[int]) -> None:
    """Those come first that were paid for, so that none is run in place of another that is left out."""
    prepare(path, *states)
    assert [entry.row for entry in loaded(path, item("a"), item("a"))] == rows


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("begin"), st.lists(st.sampled_from("ab"), max_size=4)),
            st.tuples(st.sampled_from(sorted(TRANSITIONS)), st.integers(0, 3)),
            st.tuples(st.just("reopen"), st.none()),
        ),
        max_size=25,
    )
)
def test_journal__says_what_dictionaries_say(steps: list[tuple[str, Any]]) -> None:
    """Whatever is begun, noted and reopened, the entries are those of a model that is kept in memory."""
    model: dict[int, JournalEntry] = {}
    rows: dict[str, list[int]] = {"a": [], "b": []}

    def begin(items: list[str]) -> list[JournalEntry]:
        for row, entry in model.items():
            if entry.state == "sending":
                model[row] = entry._replace(state="unknown", message=LEFT_BEHIND)
        found: dict[str, Iterator[int]] = {}
        # In the order in which the items come first, as that is how rows are given out.
        for content, count in Counter(items).items():
            while len(rows[content]) < count:
                rows[content].append(len(model) + 1)
                model[len(model) + 1] = JournalEntry(len(model) + 1, "queued", None, None, None, None)
            furthest = sorted(rows[content], key=lambda row: FURTHEST.index(model[row].state))
            found[content] = iter(sorted(furthest[:count]))
        return [model[next(found[content])] for content in items]

    changes: dict[str, dict[str, Any]] = {
        "sending": {"sent_at": SENT_AT},
        "created": {"prediction_id": ID},
        "refused": {"sent_at": None},
        "unknown": {"message": MESSAGE},
        "found": {"prediction_id": ID},
        "absent": {"sent_at": None, "message": None},
        "finished": {"prediction": PREDICTION},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "storm.db")
        journal = BatchJournal(path, base_url=URL)
        try:
            for step, argument in [*steps, ("reopen", None), ("begin", ["a", "b", "a", "b", "a", "b"])]:
                if step == "reopen":
                    journal.close()
                    journal = BatchJournal(path, base_url=URL)
                elif step == "begin":
                    assert journal.load([item(content) for content in argument]) == begin(argument)
                elif argument in model and model[argument].state == TRANSITIONS[step][0]:
                    record(journal, step, argument)
                    state: Any = TRANSITIONS[step][1]
                    model[argument] = model[argument]._replace(state=state, **changes[step])
                else:
                    with pytest.raises(RuntimeError):
                        record(journal, step, argument)
        finally:
            journal.close()


def test_many_items__are_one_note(path: Path) -> None:
    """Ten thousand items are begun at once, and found again in any order."""
    items = [item(f"lighthouse {number}") for number in range(10_000)]
    entries = loaded(path, *items)
    assert [entry.row for entry in entries] == list(range(1, 10_001))
    assert loaded(path, *reversed(items)) == entries[::-1]


def test_token__is_known_by_a_digest(path: Path) -> None:
    """The next run knows which creates were sent with its token, and the file holds no token."""

    def entries(token: str) -> list[JournalEntry]:
        with closing(BatchJournal(path, base_url=URL, token=token)) as journal:
            loaded = journal.load([item("a"), item("b")])
            if loaded[0].state == "queued":
                journal.record_sending([loaded[0].row], SENT_AT)
            return loaded

    entries("r8_one")
    assert [entry.is_same_token for entry in entries("r8_one")] == [True, True]
    assert [entry.is_same_token for entry in entries("r8_other")] == [False, True]
    assert b"r8_" not in path.read_bytes()


def test_inputs__are_not_written_down(path: Path) -> None:
    """Only digests are stored, as inputs may contain large files."""
    loaded(path, item("a lighthouse in a storm"))
    assert b"lighthouse" not in path.read_bytes()


@pytest.mark.parametrize("value", ["\ud800", float("nan"), float("-inf"), "\0", 10**300, {"": [None]}])
def test_values__beyond_what_is_sensible_are_kept_account_of(path: Path, value: Any) -> None:
    """Whatever JSON can be made of is a value like others."""
    for _ in range(2):
        assert [entry.row for entry in loaded(path, item("a", x=value), item("a"))] == [1, 2]


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    "value", [b"bytes", object(), CIRCLE, 10**5000, {(1, 2): 3}], ids=lambda value: type(value).__name__
)
def test_values__that_are_not_json_are_refused(path: Path, value: Any) -> None:
    """The error names the item, and nothing is recorded; a prediction with such a value stays running."""
    with pytest.raises(
        InvalidInputError, match=r"inputs\.1: it cannot be recorded in a journal, .* not consist of JSON"
    ):
        loaded(path, item("b"), item("a", x=value))
    prepare(path, "running")
    with (
        closing(BatchJournal(path, base_url=URL)) as journal,
        pytest.raises(
            ConfigurationError, match=r"that prediction gm3q has ended, .* not consist of JSON.* ask for it ag"
        ),
    ):
        journal.record_finished(1, {"id": "gm3q", "x": value})
    assert loaded(path) == [LOADED["running"]]


def test_threads__may_take_turns(path: Path) -> None:
    """Every method can be called from a thread of its own, as async clients do."""

    def elsewhere(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(function, *args, **kwargs).result()

    journal = elsewhere(BatchJournal, path, base_url=URL)
    ((row, *_),) = elsewhere(journal.load, [item("a")])
    for name in RECORDS["finished"]:
        elsewhere(record, journal, name, row)
    elsewhere(journal.close)
    assert loaded(path) == [LOADED["finished"]]


def test_closed_journal__takes_nothing(path: Path) -> None:
    """It may be closed twice, and is not written any more."""
    journal = BatchJournal(path, base_url=URL)
    journal.close()
    journal.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        journal.load([item("a")])


USER = """
import sys
from contextlib import closing
from zeroscope._disk.journal import BatchJournal

path, url, until, *_ = sys.argv[1:]


def here(point):
    if point == until:
        print(point, flush=True)
        sys.stdin.read()


def trace(statement):
    if statement == "COMMIT":
        here("inside")


with closing(BatchJournal(path, base_url=url)) as journal:
    # So that changes do not wait for the commit, but go to the file at once.
    journal._connection.execute("PRAGMA cache_size = 1")
    ((row, *_),) = journal.load([{"prompt": "a"}])
    here("begun")
    journal._connection.set_trace_callback(trace)
    if until == "inside":
        journal.load([{"prompt": number} for number in range(2_000)])
    journal.record_sending([row], 1.5)
    here("sending")
    journal.record_created(row, "gm3q")
    here("running")
    journal.record_finished(row, {"id": "gm3q"})
    here("finished")
"""


@contextmanager
def user(path: Path, until: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has come to a point and goes no further."""
    command = [sys.executable, "-c", USER, str(path), URL, until]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == f"{until}\n"
            yield process
        finally:
            process.kill()


@posix
@pytest.mark.parametrize(
    ("until", "entry"),
    [
        ("begun", JournalEntry(1, "queued", None, None, None, None)),
        ("sending", JournalEntry(1, "unknown", None, None, 1.5, LEFT_BEHIND)),
        ("running", JournalEntry(1, "running", "gm3q", None, 1.5, None)),
        ("finished", JournalEntry(1, "finished", "gm3q", {"id": "gm3q"}, 1.5, None)),
    ],
)
def test_kill_9__takes_nothing_with_it(path: Path, until: str, entry: JournalEntry) -> None:
    """A record is on disk when the method returns, even if the process is killed, and the file alone is the journal."""
    with user(path, until) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    assert loaded(copy, {"prompt": "a"}) == loaded(path, {"prompt": "a"}) == [entry]
    assert beside(path) == ["copy.db"]


@posix
def test_kill_9__in_the_middle_of_a_note_undoes_it(path: Path) -> None:
    """What had been written of a note when the process died is taken back by the next run."""
    with user(path, "begun"):
        size = path.stat().st_size
    with user(path, "inside") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert path.stat().st_size > 2 * size
    assert loaded(path, {"prompt": "a"}, {"prompt": "b"})[1].row == 2
    assert path.stat().st_size == size
    assert beside(path) == []


def test_two_users__are_one_too_many(path: Path) -> None:
    """Two runs with one journal would create the same inputs; a refused one does not release the lock."""
    message = "in use by another run; wait until that has ended, or name another file"
    code = f"from zeroscope._disk.journal import BatchJournal; BatchJournal({str(path)!r}, base_url={URL!r})"
    with closing(BatchJournal(path, base_url=URL)) as journal:
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=message):
                BatchJournal(path, base_url=URL)
            other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
            assert message in other.stderr
        # Other processes may not read it either, since a reader could block the next record.
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            database(path, "SELECT * FROM items")
        journal.load([item("a")])
    with user(path, "begun"), pytest.raises(ConfigurationError, match=message):
        BatchJournal(path, base_url=URL)
    BatchJournal(path, base_url=URL).close()


def database(path: Path, *statements: str) -> None:
    """Carry statements out in a database."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def journal_with(path: Path, statement: str) -> None:
    """A journal of which something was changed by hand."""
    loaded(path)
    database(path, statement)


def torn(path: Path) -> None:
    """A journal of which the rest is missing."""
    loaded(path)
    os.truncate(path, path.stat().st_size // 2)


def journal_elsewhere(path: Path, is_sent: bool = True) -> None:
    """A journal of another service, at which a create was sent."""
    with closing(BatchJournal(path, base_url="https://other.test/v1/")) as journal:
        (entry,) = journal.load([{"prompt": "a storm"}])
        if is_sent:
            journal.record_sending([entry.row], 5)


ANOTHER = "name another file"
NO_JOURNAL: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("a lighthouse in a storm\n" * 99), "not a SQLite database; name a new file"),
    "two bytes": (lambda path: path.write_bytes(b"\0\n"), "not a SQLite database; name a new file or a journal"),
    "foreign": (lambda path: database(path, "CREATE TABLE bookmarks (url)"), f"of another program; {ANOTHER}"),
    "foreign with an id": (lambda path: database(path, "PRAGMA application_id = 5"), f"of another program; {ANOTHER}"),
    "foreign with a version": (lambda path: database(path, "PRAGMA user_version = 1"), f"another program; {ANOTHER}"),
    "foreign with a log": (
        lambda path: database(path, "PRAGMA journal_mode = WAL", "CREATE TABLE bookmarks (url)"),
        f"of another program; {ANOTHER}",
    ),
    "newer": (
        lambda path: journal_with(path, "PRAGMA user_version = 4"),
        f"has format 4, but this version of zeroscope supports only format 3; continue with .*, or {ANOTHER}",
    ),
    "older": (
        lambda path: journal_with(path, "PRAGMA user_version = 1"),
        f"has format 1, but this version of zeroscope supports only format 3; continue with .*, or {ANOTHER}",
    ),
    "of another service": (
        journal_elsewhere,
        rf"is for https://other\.test/v1, not for https://api\.example\.test/v1; .* pass base_url= .*, or {ANOTHER}",
    ),
    "without settings": (lambda path: journal_with(path, "DROP TABLE settings"), "tables are not those of a journal"),
    "torn": (torn, "is damaged: database disk image is malformed. What it records cannot be trusted"),
    "folder": (lambda path: path.mkdir(), "a folder or a device; name a file"),
    "device": (lambda path: path.symlink_to(os.devnull), "a folder or a device; name a file"),
    "in no folder": (
        lambda path: path.symlink_to(path.parent / "nowhere" / "storm.db"),
        "No such file or directory; name a file in an existing folder",
    ),
    "in a file": (
        lambda path: path.symlink_to(Path(__file__, "storm.db")),
        "Not a directory; name a file in an existing folder",
    ),
}


def test_address__is_bound_by_the_first_create(path: Path) -> None:
    """A journal of a server that could not be reached is of use at the right one, and then only there."""
    journal_elsewhere(path, is_sent=False)
    with closing(BatchJournal(path, base_url=URL)) as journal:
        (entry,) = journal.load([{"prompt": "a storm"}])
        journal.record_sending([entry.row], 5)
    with pytest.raises(ConfigurationError, match=f"is for {URL}, not for"):
        BatchJournal(path, base_url="https://other.test/v1/")


@posix
@pytest.mark.parametrize("kind", NO_JOURNAL)
def test_file__that_is_no_journal_of_ours_is_refused(path: Path, kind: str) -> None:
    """The error names the file and says what to do, and what is there stays as it was."""
    make, message = NO_JOURNAL[kind]
    make(path)
    before = path.read_bytes() if path.is_file() else None, beside(path)
    with pytest.raises(ConfigurationError, match=message) as caught:
        BatchJournal(path, base_url=URL)
    assert repr(os.path.realpath(path)) in str(caught.value)
    assert (path.read_bytes() if path.is_file() else None, beside(path)) == before


DAMAGE = {
    "another address": "UPDATE settings SET base_url = x'68'",
    "no settings": "DELETE FROM settings",
    "settings twice": "INSERT INTO settings SELECT * FROM settings",
    "a state": "UPDATE items SET state = 'queued' WHERE row = 2",
    "a type": "UPDATE items SET digest = CAST(digest AS TEXT) WHERE row = 2",
    "no checksum": "UPDATE items SET checksum = NULL WHERE row = 2",
    "no number": "UPDATE items SET row = 5 WHERE row = 2",
    "a row is missing": "DELETE FROM items WHERE row = 2",
    "all rows are missing": "DELETE FROM items",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage__that_sqlite_does_not_notice_is_refused(path: Path, what: str) -> None:
    """No create is taken for one that was not sent because the record of it is gone."""
    prepare(path, "queued", "running", "finished")
    database(path, DAMAGE[what])
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match=r"is damaged: .* look in predictions\.list\(\) for what was created"):
        loaded(path, item("a"), item("a"), item("a"))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM items WHERE state = 'unknown'").fetchone() == (0,)
    assert len(path.read_bytes()) == len(before)


def test_damage__by_a_row_of_an_earlier_time_is_refused(path: Path) -> None:
    """A page that did not reach the disk shows an older state, whose checksum is right."""
    prepare(path, "queued", "queued")
    with closing(sqlite3.connect(path)) as connection:
        (earlier,) = connection.execute("SELECT * FROM items WHERE row = 1").fetchall()
    with closing(BatchJournal(path, base_url=URL)) as journal:
        journal.record_sending([1], SENT_AT)
        journal.record_created(1, ID)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"REPLACE INTO items VALUES ({', '.join('?' * len(earlier))})", earlier)
        connection.commit()
    with pytest.raises(ConfigurationError, match="is damaged: rows are missing or outdated"):
        loaded(path, item("a"))


def test_damage__of_any_byte_is_refused_or_makes_no_difference(path: Path) -> None:
    """A flipped byte never changes what is loaded, and never raises anything but the one error."""
    states = [*RECORDS] * 8
    prepare(path, *states)
    items = [item("a")] * len(states)
    expected = loaded(path, *items)
    sound = path.read_bytes()
    assert len(sound) > 20_000
    random = Random(8)
    # Most bytes of the header mean something.
    places = [*range(100), *random.sample(range(100, len(sound)), 400)]
    refused = 0
    for place in places:
        damaged = bytearray(sound)
        damaged[place] ^= 1 << random.randrange(8) if place % 2 else random.randrange(1, 256)
        path.write_bytes(damaged)
        try:
            found = loaded(path, *items)
        except ConfigurationError:
            refused += 1
        else:
            assert found == expected, place
        # What a refused file is left with.
        for other in beside(path):
            path.with_name(other).unlink()
    print(f"{len(places)} bytes were flipped; {refused} journals were refused, the others say the same")
    assert refused > 100


def nested(depth: int) -> Any:
    """A list in a list, and so on."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def test_json__that_is_nested_deeply_is_refused(path: Path) -> None:
    """Python's limit of recursion is an error like any other, and the journal can be used on."""
    prepare(path, "running")
    with closing(BatchJournal(path, base_url=URL)) as journal:
        with pytest.raises(InvalidInputError, match=r"inputs\.0: it cannot be recorded"):
            journal.load([item("a", x=nested(100_000))])
        with pytest.raises(ConfigurationError, match="could not record that prediction gm3q has ended"):
            journal.record_finished(1, {"id": "gm3q", "output": nested(100_000)})
    assert loaded(path) == [LOADED["running"]]


@pytest.mark.parametrize("depth", [900, 985, 1_000, 2_000])
def test_json__near_the_limit_of_recursion_is_recorded_or_refused(path: Path, depth: int) -> None:
    """The limit differs between versions of Python; what was recorded can be read, and the rest is an error of ours."""
    prepare(path, "running")
    with closing(BatchJournal(path, base_url=URL)) as journal:
        with suppress(InvalidInputError):
            journal.load([item("a", x=nested(depth))])
        with suppress(ConfigurationError):
            journal.record_finished(1, {"id": "gm3q", "output": nested(depth)})
    assert loaded(path)[0].state in {"running", "finished"}


def test_json__that_cannot_be_read_back_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded on a shallow stack may be too deep for a deeper one."""
    prepare(path, "finished")

    def loads(text: object) -> Any:
        raise RecursionError

    monkeypatch.setattr(f"{records.__name__}.json.loads", loads)
    with pytest.raises(ConfigurationError, match="nested too deeply to be read; name another file"):
        loaded(path)


FORKED = """
import gc, os, sys
from zeroscope import ConfigurationError
from zeroscope._disk.journal import BatchJournal

path, url, when, end = sys.argv[1:]


def fork():
    folder = os.path.dirname(path)
    # To open the file in this process and close it again would release the lock.
    before = sorted(os.listdir(folder)), os.path.getsize(path)
    child = os.fork()
    if not child:
        for use in (lambda: journal.load([{"prompt": "a"}]), lambda: journal.record_created(row, "x")):
            try:
                use()
            except ConfigurationError as error:
                assert "this one was forked from that; call run_many in one of them" in str(error)
            else:
                os._exit(3)
        journal.close()
        if end == "dropped":
            globals().pop("journal")
            gc.collect()
            os._exit(0)
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (sorted(os.listdir(folder)), os.path.getsize(path)) == before
    print("forked", flush=True)
    sys.stdin.readline()


class Forking(list):
    def __iter__(self):
        yield from self[:-1]
        fork()
        yield from self[-1:]


journal = BatchJournal(path, base_url=url)
# So that changes do not wait for the commit, but go to the file at once.
journal._connection.execute("PRAGMA cache_size = 1")
rows = [entry.row for entry in journal.load([{"prompt": number} for number in range(500)])]
row = rows[0]
if when == "outside":
    fork()
journal.record_sending(Forking(rows) if when == "inside" else rows, 1.5)
journal.record_created(row, "gm3q")
journal.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
@pytest.mark.parametrize("when", ["outside", "inside"])
@pytest.mark.parametrize("end", ["dropped", "exit"])
def test_fork__leaves_the_journal_to_the_parent(path: Path, when: str, end: str) -> None:
    """A forked process cannot use it, and its end neither unlocks it nor takes anything from it."""
    command = [sys.executable, "-c", FORKED, str(path), URL, when, end]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "forked\n"
        with pytest.raises(ConfigurationError, match="in use by another run"):
            BatchJournal(path, base_url=URL)
        process.stdin.write("\n")
        process.stdin.flush()
    assert process.returncode == 0
    assert loaded(path, {"prompt": 0}, {"prompt": 499}) == [
        JournalEntry(1, "running", "gm3q", None, 1.5, None),
        JournalEntry(500, "unknown", None, None, 1.5, LEFT_BEHIND),
    ]
    assert beside(path) == []


@pytest.mark.parametrize("name", ["a\0b", "\ud800", 5, None, "", "/" + "a" * 5000], ids=lambda name: ascii(name)[:9])
def test_path__that_is_none_is_refused(name: Any) -> None:
    """It is said what was given, and a message that cannot be printed is none."""
    with pytest.raises(ConfigurationError, match="name a file") as caught:
        BatchJournal(name, base_url=URL)
    str(caught.value).encode()


@posix
@pytest.mark.parametrize(
    ("is_there", "of_file", "of_folder", "message"),
    [
        (False, 0, 0o500, "Permission denied; name a file in an existing folder that is writable"),
        (False, 0, 0o000, "Permission denied; name a file in an existing folder that is writable"),
        (True, 0o000, 0o700, "cannot be written; check the permissions of the file and of its folder"),
        (True, 0o400, 0o700, "cannot be written; check the permissions of the file and of its folder"),
        (True, 0o600, 0o500, "cannot be written; check the permissions of the file and of its folder"),
    ],
)
def test_file__that_may_not_be_written_is_refused(
    ordinary: Path, is_there: bool, of_file: int, of_folder: int, message: str
) -> None:
    """That is found out before anything is sent."""
    path = ordinary / "storm.db"
    if is_there:
        loaded(path)
        path.chmod(of_file)
    ordinary.chmod(of_folder)
    with pytest.raises(ConfigurationError, match=message), closing(BatchJournal(path, base_url=URL)) as journal:
        journal.load([item("a")])


@pytest.mark.parametrize("other", [f"{URL}/", f"{URL}//"])
def test_service__is_the_same_with_a_slash_at_its_end(path: Path, other: str) -> None:
    """A journal is about an address, however that is written."""
    prepare(path, "finished")
    with closing(BatchJournal(path, base_url=other)) as journal:
        assert journal.load([item("a")]) == [LOADED["finished"]]


def test_empty_file__is_a_new_journal(path: Path) -> None:
    """That is what a process leaves that was killed at the very beginning."""
    path.touch()
    prepare(path, "running")
    assert loaded(path) == [LOADED["running"]]


@pytest.mark.parametrize("name", [":memory:", "file:storm.db?mode=memory", "storm.db?", "störm %20.db"])
def test_name__that_means_something_to_sqlite_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """No account is kept in memory, where it would be lost, and a change of folder makes no difference."""
    if os.name == "nt":
        pytest.skip("Windows has no such names")
    monkeypatch.chdir(tmp_path)
    for form in (name, os.fsencode(name)):
        with closing(BatchJournal(form, base_url=URL)) as journal:  # type: ignore[arg-type]  # bytes do as well
            monkeypatch.chdir("/")
            journal.load([item("a")])
        monkeypatch.chdir(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@posix
@pytest.mark.parametrize("is_linked", [False, True])
def test_file__is_for_its_owner_alone(path: Path, is_linked: bool) -> None:
    """Predictions contain their prompts, so other users may read neither the file nor those beside it."""
    if is_linked:
        path.with_name("link.db").symlink_to(path)
    before = os.umask(0)
    try:
        with closing(BatchJournal(path.with_name("link.db") if is_linked else path, base_url=URL)) as journal:
            journal.load([item("a")])
            modes = [stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()]
    finally:
        os.umask(before)
    assert len(modes) >= 2 and set(modes) == {0o600}


def test_write_ahead_log__is_switched_off_again(path: Path) -> None:
    """Another tool may have left the journal in another mode."""
    prepare(path, "running")
    database(path, "PRAGMA journal_mode = WAL")
    with closing(BatchJournal(path, base_url=URL)) as journal:
        journal.load([item("a")])
        assert not {f"{path.name}-wal", f"{path.name}-shm"} & set(beside(path))
    assert loaded(path) == [LOADED["running"]]
    assert beside(path) == []


def test_notes__outlive_a_power_cut_by_these_settings(path: Path) -> None:
    """No test can cut the power; SQLite promises it for a rollback journal that is synced and written over."""
    with closing(BatchJournal(path, base_url=URL)) as journal:
        names = ("synchronous", "fullfsync", "locking_mode", "journal_mode")
        settings = [journal._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert settings == [2, 1, "exclusive", "delete"]


@contextmanager
def full_disk() -> Iterator[None]:
    """A while in which nothing can be written to files."""
    resource = pytest.importorskip("resource", reason="Windows has no such limits")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@posix
@pytest.mark.parametrize(
    ("state", "name", "what", "then"),
    [
        ("queued", "begin", "the inputs", "queued"),
        ("queued", "sending", "that creates are about to be sent", "sending"),
        ("sending", "created", r"that prediction gm3q \\ud83d was created", "running"),
        ("sending", "refused", "that a create did not run", "queued"),
        ("sending", "unknown", "that a create may have run", "unknown"),
        ("unknown", "absent", "that a create has not run", "absent"),
        ("running", "finished", r"that prediction gm3q \\ud83d has ended", "finished"),
    ],
)
def test_full_disk__says_what_is_missing(path: Path, state: str, name: str, what: str, then: str) -> None:
    """What cannot be noted is an error with the way to go on; what was noted before stays, and the note can follow."""
    with closing(BatchJournal(path, base_url=URL)) as journal:
        ((row, *_),) = journal.load([item("a")])
        for step in RECORDS[state]:
            record(journal, step, row)

        def act() -> None:
            if name == "begin":
                journal.load([item("b", number=number) for number in range(500)])
            else:
                record(journal, name, row)

        message = rf"storm\.db' could not record {what}: .* Everything recorded before is kept; free disk space"
        with full_disk(), pytest.raises(ConfigurationError, match=message) as caught:
            act()
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
        act()
    assert loaded(path) == [LOADED[then]]
