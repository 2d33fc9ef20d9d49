"""Part files: their names, their locks, and what killed processes leave behind."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.raw_server import RawServer
from helpers.waiting import LONG
from zeroscope._disk.part_file import PartFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows locks open files by itself")

SAVE = """
import sys
from zeroscope import Prediction, Zeroscope
from zeroscope._service.api import PredictionModel
from helpers.client import prediction_body

url, target = sys.argv[1:]
with Zeroscope("r8_a-token", base_url="http://127.0.0.1:1/v1", retry=None) as client:
    model = PredictionModel.from_dict(prediction_body("succeeded", output=[url]))
    video = Prediction(model, client._driver).videos[0]
    video.save(target, overwrite=True, on_progress=lambda *_: print("written", flush=True))
"""


def saving(url: str, target: Path) -> subprocess.Popen[str]:
    """Start a process that saves a URL."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [sys.executable, "-c", SAVE, url, str(target)], env=environment, stdout=subprocess.PIPE, text=True
    )


def gate(server: RawServer, connection: socket.socket) -> None:
    """Send half of a file, and the rest once the test says so, as the attribute `closed`."""
    server.read_head(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"a" * 100_000)
    server.closed.wait(LONG)
    connection.sendall(b"a" * 100_000)


def names(folder: Path) -> list[str]:
    """The names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def wait_for_part(process: subprocess.Popen[str]) -> None:
    """Wait until another process has written a part."""
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"


def save(target: Path, data: bytes) -> None:
    """Write a file as a download does."""
    part = PartFile(target, overwrite=True)
    part.write(data)
    part.commit()


def test_leftover__of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    """Nothing stays behind once the same target is saved again."""
    target = tmp_path / "a.mp4"
    with RawServer(gate).running() as server, saving(server.url, target) as process:
        wait_for_part(process)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert names(tmp_path) == [".a.mp4.0.part"]
        save(target, b"whole")
        server.closed.set()
    assert names(tmp_path) == ["a.mp4"] and target.read_bytes() == b"whole"


def test_two_processes__that_save_to_one_target_do_not_mix(tmp_path: Path) -> None:
    """Each writes a part of its own, and the last to finish has the target."""
    target = tmp_path / "a.mp4"
    with RawServer(gate).running() as server, saving(server.url, target) as process:
        wait_for_part(process)
        part = PartFile(target, overwrite=True)
        part.write(b"another")
        assert names(tmp_path) == [".a.mp4.0.part", ".a.mp4.1.part"]
        part.discard()
        assert names(tmp_path) == [".a.mp4.0.part"]
        save(target, b"another")
        server.closed.set()
        assert process.wait(LONG) == 0
    assert names(tmp_path) == ["a.mp4"] and target.read_bytes() == b"a" * 200_000


def test_discard__leaves_a_file_of_another_writer_alone(tmp_path: Path) -> None:
    """A writer that has renamed or lost its file does not remove the next one under that name."""
    target = tmp_path / "a.mp4"
    first = PartFile(target, overwrite=True)
    first.commit()
    second = PartFile(target, overwrite=True)
    first.discard()
    assert names(tmp_path) == [".a.mp4.0.part", "a.mp4"]
    (tmp_path / ".a.mp4.0.part").unlink()
    third = PartFile(target, overwrite=True)
    second.discard()
    assert names(tmp_path) == [".a.mp4.0.part", "a.mp4"]
    third.discard()
    assert names(tmp_path) == ["a.mp4"]


def link(path: Path) -> None:
    """Put a symbolic link there."""
    path.symlink_to(path.with_name("precious"))


def hard_link(path: Path) -> None:
    """Put another name of a file there."""
    path.hardlink_to(path.with_name("precious"))


@pytest.mark.parametrize("put", [link, hard_link, os.mkdir, os.mkfifo], ids=["link", "hard-link", "folder", "pipe"])
def test_name__that_something_else_has_is_left_alone(tmp_path: Path, put: Callable[[Path], None]) -> None:
    """What another user has put under the name of a part is neither written nor removed."""
    (tmp_path / "precious").write_bytes(b"precious")
    target, taken = tmp_path / "a.mp4", tmp_path / ".a.mp4.0.part"
    put(taken)
    save(target, b"whole")
    assert target.read_bytes() == b"whole"
    assert (tmp_path / "precious").read_bytes() == b"precious" and os.path.lexists(taken)
    assert len(names(tmp_path)) == 3


def test_name__may_be_as_long_as_file_systems_allow(tmp_path: Path) -> None:
    """A target of 255 bytes, in letters of several bytes, has a part, too."""
    target = tmp_path / ("é" * 125 + "a.mp4")
    assert len(os.fsencode(target.name)) == 255
    save(target, b"whole")
    assert names(tmp_path) == [target.name]


def test_file_system__without_locks_shares_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no lock tells whether a part is in use, only a new file is written."""
    import fcntl

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    target = tmp_path / "a.mp4"
    first = PartFile(target, overwrite=True)
    first.write(b"first")
    save(target, b"second")
    assert target.read_bytes() == b"second"
    first.commit()
    assert target.read_bytes() == b"first" and names(tmp_path) == ["a.mp4"]


def test_folder__that_cannot_be_written_raises_an_error(ordinary: Path) -> None:
    """No other name is tried in it for ever."""
    os.chmod(ordinary, 0o500)
    with pytest.raises(PermissionError):
        PartFile(ordinary / "a.mp4", overwrite=False)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_target__that_is_no_file_is_left_alone(tmp_path: Path) -> None:
    """A pipe or a device is not replaced by a file, which would break it for other programs."""
    pipe = tmp_path / "a.mp4"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError, match="not a file"):
        PartFile(pipe, overwrite=True)
    assert pipe.is_fifo() and [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_target__that_is_a_link_stays_one(tmp_path: Path) -> None:
    """The file to which a link leads is replaced."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.mp4").write_bytes(b"old")
    (tmp_path / "a.mp4").symlink_to("folder/b.mp4")
    with pytest.raises(FileExistsError):
        PartFile(tmp_path / "a.mp4", overwrite=False)
    file = PartFile(tmp_path / "a.mp4", overwrite=True)
    file.write(b"new")
    file.commit()
    assert (tmp_path / "a.mp4").is_symlink() and (tmp_path / "folder" / "b.mp4").read_bytes() == b"new"
