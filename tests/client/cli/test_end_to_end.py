"""The command as a process of its own, over real sockets and in real time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.command import COMMAND, mock_process
from zeroscope import Zeroscope
from zeroscope_mock import MockServer


def test_run_mock__goes_through_the_whole_stack(tmp_path: Path) -> None:
    """Command, wrapper, generated client, HTTP on the loopback interface and mock server make a video."""
    arguments = ["run", "An astronaut riding a horse", "--mock", "--mock-speed", "100", "--output", "astronaut.mp4"]
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("astronaut.mp4: 576x320, 24 frames at 8 fps")
    assert "succeeded" in result.stderr
    assert (tmp_path / "astronaut.mp4").read_bytes()[4:8] == b"ftyp"


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    """`zeroscope mock` on a free port."""
    with mock_process("--speed", "1", "--token", "the-token") as process:
        yield process


def test_end__of_the_process_cancels_the_prediction(server: subprocess.Popen[str], tmp_path: Path) -> None:
    """A job that is ended while it waits does not leave a prediction behind that is billed for nothing."""
    assert server.stdout is not None
    url = server.stdout.readline().strip().rpartition(" ")[2]
    environment = {**os.environ, "REPLICATE_API_TOKEN": "the-token", "ZEROSCOPE_BASE_URL": f"{url}/v1"}
    waiting = subprocess.Popen(
        [*COMMAND, "run", "mock:slow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    )
    assert waiting.stderr is not None
    id = waiting.stderr.readline().split()[0]
    waiting.send_signal(signal.SIGTERM)
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 130 and f"Prediction {id} was canceled." in err


def test_second_ctrl_c__says_how_to_cancel(tmp_path: Path) -> None:
    """The first Ctrl-C announces the cancel at once; a second one names the command that cancels the prediction."""
    server = MockServer(clock="real", token="the-token")
    server.faults.add(operation="cancelPrediction", delay=60)
    with server.listen() as listening:
        environment = {**os.environ, "REPLICATE_API_TOKEN": "the-token", "ZEROSCOPE_BASE_URL": f"{listening.url}/v1"}
        with subprocess.Popen(
            [*COMMAND, "run", "mock:slow"], stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
        ) as waiting:
            assert waiting.stderr is not None
            id = waiting.stderr.readline().split()[0]
            waiting.send_signal(signal.SIGINT)
            while (line := waiting.stderr.readline()) and "interrupted" not in line:
                pass
            assert line == f"zeroscope: interrupted: canceling prediction {id}\n"
            waiting.send_signal(signal.SIGINT)
            try:
                _, err = waiting.communicate(timeout=60)
            finally:
                # A command that hangs would otherwise hold up all tests.
                waiting.kill()
    assert waiting.returncode == 130
    assert f"Prediction {id} may still run and be billed; cancel it with zeroscope cancel {id}." in err


def test_ctrl_c__ends_a_command_that_is_stuck(server: subprocess.Popen[str], tmp_path: Path) -> None:
    """A command that does not end after an interrupt, whatever holds it up, is killed, and says what may go on."""
    assert server.stdout is not None
    url = server.stdout.readline().strip().rpartition(" ")[2]
    environment = {**os.environ, "REPLICATE_API_TOKEN": "the-token", "ZEROSCOPE_BASE_URL": f"{url}/v1"}
    stuck = "import sys, threading, zeroscope; from zeroscope.cli import main, process; process.END_LIMIT = 0.1; "
    stuck += "zeroscope.Zeroscope.close = lambda client: threading.Event().wait(); sys.exit(main())"
    command = [sys.executable, "-c", stuck, "run", "mock:slow"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as waiting:
        assert waiting.stderr is not None
        waiting.stderr.readline()
        waiting.send_signal(signal.SIGINT)
        try:
            _, err = waiting.communicate(timeout=60)
        finally:
            waiting.kill()
    assert waiting.returncode == 130
    assert "a prediction may still run and be billed; see zeroscope list" in err


WAITS_ARE_PRINTED = """
import sys, threading
from zeroscope.cli import batch, downloads, main


def start(queue, download, start=downloads.Downloads.start):
    # A download that no thread has taken yet is canceled, not finished.
    begun = threading.Event()
    future = start(queue, lambda: begun.set() or download())
    begun.wait()
    return future


downloads.Downloads.start = start

for module in (batch, downloads):
    def announced(*arguments, wait=module.wait):
        print("waiting", file=sys.stderr, flush=True)
        return wait(*arguments)

    module.wait = announced
"""


@pytest.mark.parametrize(("limit", "is_pressed_again"), [(0.1, False), (3600.0, True)])
def test_ctrl_c__ends_a_batch_whose_downloads_are_slow(tmp_path: Path, limit: float, is_pressed_again: bool) -> None:
    """The downloads have a limited time to finish, or until a second Ctrl-C; the summary then says how to go on."""
    (tmp_path / "a.txt").write_text("one\ntwo\n", encoding="utf-8")
    server = MockServer(clock="real", speed=1000, token="the-token")
    server.faults.add(operation="getOutput", bytes_per_second=0.01, times=None)
    code = f"{WAITS_ARE_PRINTED}\ndownloads.FINISH_LIMIT = {limit}\nsys.exit(main())"
    with server.listen() as listening:
        environment = {**os.environ, "REPLICATE_API_TOKEN": "the-token", "ZEROSCOPE_BASE_URL": f"{listening.url}/v1"}
        with subprocess.Popen(
            [sys.executable, "-c", code, "batch", "a.txt"],
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment,
        ) as batch:
            assert batch.stderr is not None
            while batch.stderr.readline() not in {"waiting\n", ""}:
                pass
            batch.send_signal(signal.SIGINT)
            announced, waiting = batch.stderr.readline(), batch.stderr.readline()
            if is_pressed_again:
                batch.send_signal(signal.SIGINT)
            try:
                _, err = batch.communicate(timeout=60)
            finally:
                batch.kill()
    assert announced.startswith("zeroscope: interrupted: finishing 2 downloads for up to ")
    assert (waiting, batch.returncode) == ("waiting\n", 130)
    assert err.splitlines() == [
        "zeroscope: 2 inputs: 2 succeeded",
        "  2 videos are not saved; the service keeps them for 60 minutes",
        "  Run the same command again to continue from a.txt.journal; nothing is paid for twice.",
        "zeroscope: interrupted",
    ]
    assert list(tmp_path.glob("a-videos/*.mp4")) == []


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_nohup__is_respected(tmp_path: Path) -> None:
    """A command that starts with SIGHUP ignored, as under nohup, goes on after the end of its terminal."""
    nohup = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); from zeroscope.cli import main; "
    arguments = ["run", "A lighthouse", "--mock", "--mock-speed", "20", "-o", "a.mp4"]
    with subprocess.Popen(
        [sys.executable, "-c", f"{nohup} sys.exit(main())", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    ) as waiting:
        assert waiting.stderr is not None
        waiting.stderr.readline()
        waiting.send_signal(signal.SIGHUP)
        err = waiting.stderr.read()
    assert waiting.returncode == 0, err
    assert (tmp_path / "a.mp4").exists()


def test_output__may_be_read_in_part_and_in_any_encoding(server: subprocess.Popen[str], tmp_path: Path) -> None:
    """A reader that has had enough is no error, and no character stops a line from being printed."""
    assert server.stdout is not None
    url = server.stdout.readline().strip().rpartition(" ")[2]
    with Zeroscope("the-token", base_url=f"{url}/v1") as client:
        for _ in range(20):
            client.predictions.create({"prompt": "ein Leuchtturm 🗼 " * 1000})
    environment = {
        **os.environ,
        "REPLICATE_API_TOKEN": "the-token",
        "ZEROSCOPE_BASE_URL": f"{url}/v1",
        "PYTHONIOENCODING": "ascii",
    }
    command = [*COMMAND, "list", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as reader:
        assert reader.stdout is not None and reader.stderr is not None
        reader.stdout.readline()
        reader.stdout.close()
        assert reader.stderr.read() == b""
    assert reader.returncode == 0
    shown = subprocess.run([*COMMAND, "list"], capture_output=True, check=True, env=environment)
    assert b"ein Leuchtturm \\U0001f5fc" in shown.stdout


@pytest.mark.parametrize("module", ["zeroscope.cli.errors", "zeroscope.cli.process", "zeroscope.cli.app", "cyclopts"])
def test_ctrl_c__while_the_command_is_imported_ends_it_in_a_line(tmp_path: Path, module: str) -> None:
    """Ctrl-C right after the start is no traceback."""
    (tmp_path / "interrupt.py").write_text(
        f"""import sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupt())
""",
        encoding="utf-8",
    )
    python, option, code = COMMAND
    ended = subprocess.run(
        [python, option, f"import interrupt; {code}", "list"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "zeroscope: interrupted\n")
