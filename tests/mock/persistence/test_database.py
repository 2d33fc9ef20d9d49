"""Files that are no state files, damaged ones, and ones that cannot be used."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from helpers.command import COMMAND, Command
from helpers.state_files import PARTS, killed
from zeroscope_mock import MockServer, StateFileError
from zeroscope_mock.persistence.database import Database
from zeroscope_mock.persistence.write_ahead_log import lost_frames

# The lengths of parts of a log.
HEADER, FRAME = 32, 24 + 4096
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


def fill(path: Path, count: int = 30) -> dict[str, Any]:
    """Fill a file, and return the server's snapshot; also leave a copy of it as a kill would have left it."""
    with MockServer(state=path, seed=1) as server:
        headers = {"Authorization": "Bearer a-token-of-a-test"}
        with httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=headers) as api:
            for number in range(count):
                api.post("/predictions", json={"version": VERSION, "input": {"prompt": f"{number}" * 50}})
                if number % 10 == 0:
                    api.post("/files", files={"content": bytes([number]) * 500})
        killed(path, path.with_name("killed"))
        return server.snapshot()


def restart(path: Path) -> dict[str, Any] | str:
    """The snapshot of a server that starts with a file, or why it does not."""
    try:
        with MockServer(state=path, seed=1) as server:
            return server.snapshot()
    except StateFileError as error:
        return str(error)


def contents(path: Path) -> list[bytes | None]:
    files = [Path(f"{path}{part}") for part in PARTS]
    return [file.read_bytes() if file.exists() else None for file in files]


def flip(path: Path, place: int, mask: int) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[place] ^= mask
    path.write_bytes(damaged)


@pytest.mark.parametrize("part", PARTS)
def test_flipped_byte__is_noticed_or_harmless(tmp_path: Path, caplog: pytest.LogCaptureFixture, part: str) -> None:
    """A server starts with exactly what was saved, or warns that the last commits are lost, or refuses the file."""
    snapshot = fill(tmp_path / "state")
    whole = tmp_path / ("killed" if part else "state")
    copy = tmp_path / "copy"
    random, noticed = Random(18), 0
    size = os.path.getsize(f"{whole}{part}")
    for number in range(150):
        killed(whole, copy)
        place = random.randrange(size) if number else 0
        flip(Path(f"{copy}{part}"), place, 1 << random.randrange(8))
        caplog.clear()
        restored = restart(copy)
        if isinstance(restored, str):
            noticed += 1
            assert str(copy) in restored and "\n" not in restored
        elif part and "has lost its last commits" in caplog.text:
            noticed += 1
            assert all(one in snapshot["predictions"] for one in restored["predictions"])
        else:
            # A damage to the last frame of the log looks like the end that a kill leaves.
            last = part and place >= size - FRAME
            assert last or restored == snapshot, (number, place)
    assert noticed > 50


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_log__with_a_frame_that_was_not_written(tmp_path: Path, caplog: pytest.LogCaptureFixture, share: float) -> None:
    """After a loss of power, a server goes on from the last commit before, and warns of what is lost, once."""
    fill(tmp_path / "state")
    whole, shorter = tmp_path / "killed", killed(tmp_path / "killed", tmp_path / "shorter")
    frames = (os.path.getsize(f"{whole}-wal") - HEADER) // FRAME
    missing = int(frames * share)
    os.truncate(f"{shorter}-wal", HEADER + missing * FRAME)
    with open(f"{whole}-wal", "r+b") as log:
        log.seek(HEADER + missing * FRAME)
        log.write(bytes(FRAME))

    with caplog.at_level(logging.WARNING, "zeroscope_mock"):
        assert restart(whole) == restart(shorter)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"and {frames - missing - 1} pages after it were dropped" in caplog.text
    assert restart(whole) == restart(shorter)
    assert len(caplog.records) == 1


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_truncated_file__is_refused(tmp_path: Path, share: float) -> None:
    """A file that lost its end is not taken for a shorter one, except an empty one, which is a new file."""
    fill(tmp_path / "state")
    file = tmp_path / "state"
    os.truncate(file, int(os.path.getsize(file) * share))
    before = contents(file)
    if share:
        with pytest.raises(StateFileError, match="name another file, or move this one away to begin anew"):
            MockServer(state=file, seed=1)
        assert contents(file) == before
    else:
        with MockServer(state=file, seed=1) as server:
            assert not server.snapshot()["predictions"]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DELETE FROM rows WHERE kind = 'prediction' AND number % 7 = 0", "rows are missing or outdated"),
        ("UPDATE rows SET kind = 'file' WHERE kind = 'prediction'", "row [0-9]+ does not match its checksum"),
        ("PRAGMA user_version = 9", "has format 9, but this version of zeroscope supports only format 1"),
        ("PRAGMA application_id = 7", "is a SQLite database of another program"),
        ("CREATE TABLE more (a)", "is damaged: its table is not that of a state file"),
        ("DROP TABLE rows", "is damaged: its table is not that of a state file"),
        ("DELETE FROM rows WHERE number = 0", "rows are missing or outdated"),
    ],
)
def test_changed_file__is_refused(tmp_path: Path, statement: str, message: str) -> None:
    """A file that another program has changed is refused, and stays as it is."""
    path = tmp_path / "state"
    fill(path, 10)
    with sqlite3.connect(path) as database:
        database.execute(statement)
    database.close()
    before = contents(path)
    for _ in range(2):
        with pytest.raises(StateFileError, match=message):
            MockServer(state=path, seed=1)
    assert contents(path)[0] == before[0]


def folder(path: Path) -> None:
    path.mkdir()


def text(path: Path) -> None:
    path.write_text("a text that is longer than the header of a SQLite database" * 20)


def missing_folder(path: Path) -> None:
    path.symlink_to(path.parent / "missing" / "state")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (folder, "cannot be used: it is a folder or a device; name a file"),
        (text, "cannot be used: it is no state file, or damaged; name another file, or move this one away"),
        (missing_folder, "cannot be created: No such file or directory; name a file in an existing folder"),
    ],
)
def test_other_file__is_refused(tmp_path: Path, command: Command, make: Callable[[Path], None], message: str) -> None:
    """The command says in one sentence what is wrong and what to do."""
    path = tmp_path / "state"
    make(path)
    outcome = command("mock", "--state", str(path), "--port", "0")
    assert outcome.code != 0
    assert outcome.err.count("\n") == 1 and message in outcome.err and "state" in outcome.err


def test_folder__that_is_not_writable(ordinary: Path) -> None:
    """Neither a new file there nor an old one can be used."""
    path = ordinary / "state"
    fill(path, 2)
    os.chmod(path, 0o400)
    with pytest.raises(StateFileError, match=r"name a file in a folder that is writable|could not be written"):
        MockServer(state=path, seed=1)
    os.chmod(ordinary, 0o500)
    with pytest.raises(StateFileError, match="cannot be created: Permission denied; name a file in an existing folder"):
        MockServer(state=ordinary / "new")


def test_second_server__is_refused(tmp_path: Path) -> None:
    """A file has one server at a time, in this process and in another."""
    path = tmp_path / "state"
    with MockServer(state=path):
        with pytest.raises(StateFileError, match="is in use by another server; stop that one, or give each server"):
            MockServer(state=path)
        run = subprocess.run(
            [*COMMAND, "mock", "--port", "0", "--state", str(path)], capture_output=True, text=True, check=False
        )
        assert run.returncode != 0 and "is in use by another server" in run.stderr and run.stderr.count("\n") == 1
    MockServer(state=path).close()


def test_log__of_a_kill_within_a_write(tmp_path: Path) -> None:
    """A log that ends within a frame lost what no response has shown, which is no damage."""
    fill(tmp_path / "state")
    log = tmp_path / "killed-wal"
    size = os.path.getsize(log)
    for cut in (1, 100, 4096 + 23):
        killed(tmp_path / "killed", tmp_path / "copy")
        os.truncate(tmp_path / "copy-wal", size - cut)
        assert lost_frames(tmp_path / "copy-wal") == 0
        MockServer(state=tmp_path / "copy", seed=1).close()


def test_log__with_a_damaged_header(tmp_path: Path) -> None:
    """All of the log would be lost, so a server refuses the file, again and again, and leaves it and its log alone."""
    fill(tmp_path / "state")
    path = tmp_path / "killed"
    flip(Path(f"{path}-wal"), 20, 1)
    before = contents(path)
    for _ in range(2):
        with pytest.raises(StateFileError, match="is damaged: the header of its write-ahead log does not match"):
            MockServer(state=path, seed=1)
        assert contents(path) == before


def test_log__that_goes_on_after_a_kill_within_a_write(tmp_path: Path) -> None:
    """What is left of a write that a kill ended is not taken for lost frames when the log has grown over it."""
    path, copy = tmp_path / "state", tmp_path / "copy"
    with closing(Database(path)) as database:
        list(database.read())
        database.write({("a", "1"): b"one"})
        database.write({("a", "2"): bytes(20 * FRAME)})
        killed(path, copy)
    os.truncate(f"{copy}-wal", os.path.getsize(f"{copy}-wal") - 3 * FRAME)
    with closing(Database(copy)) as database:
        assert [key for _, key, _ in database.read()] == ["1"]
        database.write({("a", "3"): b"three"})
        killed(copy, path)
    assert lost_frames(Path(f"{path}-wal")) == 0


@pytest.mark.parametrize("content", [b"", b"short", bytes(100)])
def test_log__without_frames(tmp_path: Path, content: bytes) -> None:
    """A log without a header holds nothing that could be lost."""
    (tmp_path / "log").write_bytes(content)
    assert lost_frames(tmp_path / "log") == 0


def test_database__replaces_everything_in_one_transaction(tmp_path: Path) -> None:
    """Rows are added, replaced and removed; a failure changes none; writing anew removes all others."""
    database = Database(tmp_path / "file")
    assert list(database.read()) == []
    database.write({("a", "1"): b"one", ("a", "2"): b"two", ("b", "1"): b"three"})
    database.write({("a", "1"): None, ("a", "2"): b"TWO", ("c", "9"): b"", ("gone", ""): None})
    most = database._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1000)
    with pytest.raises(StateFileError, match="could not be written: string or blob too big"):
        database.write({("a", "2"): None, ("a", "3"): bytes(1001)})
    database._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)
    database.write({("b", "2"): b"four"})
    database.close()
    database = Database(tmp_path / "file")
    rows = [("a", "2", b"TWO"), ("b", "1", b"three"), ("c", "9", b""), ("b", "2", b"four")]
    assert list(database.read()) == rows
    database.write({("b", "1"): b"5", ("a", "2"): b"6"}, anew=True)
    database.close()
    database = Database(tmp_path / "file")
    assert list(database.read()) == [("b", "1", b"5"), ("a", "2", b"6")]
    database.close()


def test_link__to_a_file_is_followed(tmp_path: Path) -> None:
    """The log lies beside the file itself, so both names are one state."""
    (tmp_path / "there").mkdir()
    link, file = tmp_path / "link", tmp_path / "there" / "state"
    link.symlink_to(file)
    MockServer(state=link, seed=3).close()
    with pytest.raises(StateFileError, match="seed 3"):
        MockServer(state=file, seed=4)
    assert sys.platform == "win32" or link.is_symlink()
