"""Screens of the command: what it shows on terminals and in a pipe.

A process forks one for each command line, because it takes long to import everything.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pyte

from helpers.waiting import LONG
from zeroscope.cli import main, moments
from zeroscope.cli import predictions as commands
from zeroscope.cli.app import COMMANDS
from zeroscope_mock import MockServer
from zeroscope_mock.cli.banner import banner

_ROWS = 500
"""More than any command prints, so that nothing scrolls."""
_SEED = 5
_OWN_SERVERS = {"mock", "conformance", "completion"}
_FILES = {
    "prompts.txt": "A lighthouse in a storm\nThe storm is over\n",
    "inputs.csv": "prompt,num_frames,fps\nA lighthouse in a storm,8,8\nThe storm is over,8,8\n",
    "inputs.jsonl": '{"prompt": "A lighthouse in a storm", "num_frames": 8}\n{"prompt": "mock:fail out of luck"}\n',
    "invalid.csv": "prompt,num_frames,width\nA lighthouse in a storm,8.5,576\nThe storm is over,8,1\n",
    "empty.txt": "",
    "old.mp4": "",
}
_PLACE = re.compile(r"/tmp/z[a-z0-9_]{8}")
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d{5}")
_SIZE = re.compile(r"\b\d+ KiB")
# A log has a line for each step.
_LOGS = re.compile(r'"logs": "(?:[^"\\]|\\.)+"')
_TIME = re.compile(r"(?<=[ ;])\d+:\d\d(?=,| left|$)", re.MULTILINE)
# What a server prints last before it waits for requests: its URL, or the end of its banner.
_URL = re.compile(rb"listening on \S+\s")
_BANNER = re.compile(re.escape([*banner("", "", control=False, own_token=False)][-1].rpartition("//")[2].encode()))
# What a server in real time shows of itself depends on the machine.
_STATUS = re.compile(r"^(?:\w{26} (?:starting|processing)|\d+/\d+ ended: .*)\n", re.MULTILINE)


class Screen(NamedTuple):
    """What a command line shows.

    Attributes:
        code: The exit code.
        out: What is on the terminal, or on stdout in a pipe.
        err: What is on stderr in a pipe.
    """

    code: int
    out: str
    err: str


class Runner:
    """A process that runs command lines in processes of their own."""

    def __init__(self) -> None:
        environment = {**os.environ, "TERM": "xterm", "REPLICATE_API_TOKEN": "the-token", "LC_ALL": "C.UTF-8"}
        del_names = ("PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "DISPLAY", "WAYLAND_DISPLAY")
        for name in del_names:
            environment.pop(name, None)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "helpers.screens"],
            cwd=Path(__file__).parents[1],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests, self._responses = self._process.stdin, self._process.stdout

    def run(self, arguments: list[str], columns: int | None, serves: bool = False) -> Screen:
        """Run a command line.

        Args:
            arguments: The command line. ``{done}``, ``{failed}`` and ``{slow}`` in it stand for IDs of predictions.
            columns: The width of the terminal; None for pipes.
            serves: Whether the command runs until it is interrupted.
        """
        print(json.dumps([arguments, columns, serves]), file=self._requests, flush=True)
        return Screen(*json.loads(self._responses.readline()))

    def close(self) -> None:
        """End the process."""
        with self._process:
            self._requests.close()


def _serve() -> None:
    for command in COMMANDS.values():
        import_module(command.path.partition(":")[0])
    for line in sys.stdin:
        print(json.dumps(_run(*json.loads(line))), flush=True)


def _run(arguments: list[str], columns: int | None, serves: bool) -> Screen:
    with tempfile.TemporaryDirectory(prefix="z", dir="/tmp") as folder:
        if columns is not None:
            leader, follower = os.openpty()
            fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, columns, 0, 0))
            ours, theirs = [leader], [follower, follower, follower]
        else:
            (out, out_end), (err, err_end) = os.pipe(), os.pipe()
            ours, theirs = [out, err], [os.open(os.devnull, os.O_RDONLY), out_end, err_end]
        if not (process := os.fork()):
            _become(arguments, folder, ours, theirs, is_terminal=columns is not None)
        for descriptor in {*theirs}:
            os.close(descriptor)
        if columns is not None:
            # A command that asks something gets no answer.
            os.write(ours[0], b"\x04")
        last = None if not serves else _URL if "--quiet" in arguments else _BANNER
        written = _read(process, ours, last)
        code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    # Before the terminal breaks lines.
    texts = [_stable(raw.decode(), "--mock" in arguments) for raw in written]
    if columns is not None:
        screen = pyte.Screen(columns, _ROWS)
        pyte.Stream(screen).feed(texts[0])
        texts = ["\n".join(line.rstrip() for line in screen.display).rstrip() + "\n", ""]
    return Screen(code, *texts)


def _become(arguments: list[str], folder: str, ours: list[int], theirs: list[int], *, is_terminal: bool) -> None:
    """Run a command line in this process, and end it."""
    code = 70
    try:
        for descriptor in ours:
            os.close(descriptor)
        os.setsid()
        if is_terminal:
            fcntl.ioctl(theirs[0], termios.TIOCSCTTY, 0)
        os.environ["HOME"] = folder
        os.chdir(folder)
        for name, text in _FILES.items():
            Path(name).write_text(text, encoding="utf-8")
        needs_server = not {"--help", *_OWN_SERVERS} & {*arguments}
        known = _prepare(arguments) if needs_server else {}
        for number, descriptor in enumerate(theirs):
            os.dup2(descriptor, number)
        sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False, buffering=1)
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1)
        code = main(
            [known.get(argument, argument.replace("{slow}", known.get("{slow}", ""))) for argument in arguments]
        )
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _prepare(arguments: list[str]) -> Mapping[str, str]:
    """Make the predictions that command lines name, and return their IDs."""
    server = MockServer(seed=_SEED)

    def connect(base_url: str | None = None) -> Any:
        # Without jitter, every run has the same polls.
        settings: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
        return server.client(random=lambda: 0.5, **settings)

    setattr(commands.Service, "client", lambda service: connect(service.base_url))  # noqa: B010 - mypy refuses it
    client = connect()
    client.predictions.create({"prompt": "A lighthouse in a storm", "num_frames": 8}).wait()
    server.clock.advance(3600)
    failed = client.predictions.create({"prompt": "mock:fail out of luck"}).wait()
    server.clock.advance(100)
    late = client.predictions.create({"prompt": "The storm is over, seen from a boat", "num_frames": 8}).wait()
    slow = client.predictions.create({"prompt": "mock:slow"})
    moments.now = lambda: datetime.fromtimestamp(server.clock.time(), UTC)
    if "draft.mp4" in arguments:
        late.videos[0].save("draft.mp4")
    return {"{done}": late.id, "{failed}": failed.id, "{slow}": slow.id}


def _read(process: int, ours: list[int], last: re.Pattern[bytes] | None) -> list[bytes]:
    """Read what a process writes until it ends; a server is interrupted once it has written the last of it."""
    written = dict.fromkeys(ours, b"")
    open_ones = set(ours)
    while open_ones:
        if last is not None and any(last.search(text) for text in written.values()):
            os.kill(process, signal.SIGINT)
            last = None
        ready, _, _ = select.select(list(open_ones), [], [], LONG)
        if not ready:
            os.kill(process, signal.SIGKILL)
        for descriptor in ready:
            chunk = b""
            # Linux reports the end of a pseudo-terminal as an error.
            with suppress(OSError):
                chunk = os.read(descriptor, 65536)
            written[descriptor] += chunk
            if not chunk:
                os.close(descriptor)
                open_ones.remove(descriptor)
    return list(written.values())


def _stable(text: str, is_real_time: bool) -> str:
    """Replace what differs from run to run, and long logs."""
    text = _PLACE.sub("/home/me/video", text)
    text = _PORT.sub("54321", text)
    text = _SIZE.sub("64 KiB", text)
    text = _LOGS.sub('"logs": "…"', text)
    text = _TIME.sub("0:00", text)
    return _STATUS.sub("", text) if is_real_time else text


if __name__ == "__main__":
    _serve()
