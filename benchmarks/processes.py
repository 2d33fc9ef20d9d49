"""The processes that are measured, or measure: workers that answer line by line, servers, and single runs."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from .environments import ROOT
from .errors import BenchmarkError

TOKEN = "a-token-of-the-benchmarks"
"""The bearer token of all requests; a mock server takes any."""

PATIENCE = 60.0
"""How long a server may take to answer for the first time, in seconds."""

_SETTINGS = re.compile("(REPLICATE|ZEROSCOPE|PYTHON(PATH|HOME|DEVMODE|WARNINGS|TRACEMALLOC))", re.IGNORECASE)


def environment() -> dict[str, str]:
    """The variables of every process: the machine's, without what would change a peer or lead it to the service."""
    return {name: value for name, value in os.environ.items() if not _SETTINGS.match(name)}


class Process:
    """A process that is ended at the end of a `with` block.

    Args:
        command: What to run.
        settings: What `subprocess.Popen` takes besides.
    """

    def __init__(self, command: Sequence[str | Path], **settings: Any) -> None:
        self._log: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            list(map(str, command)), cwd=ROOT, env=environment(), stderr=self._log, text=True, **settings
        )

    @property
    def cpu(self) -> float:
        """The processor time it has used so far, in seconds; 0 where the system does not tell."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """The memory that it holds, in MiB.

        Raises:
            BenchmarkError: Where the system does not tell.
        """
        try:
            told = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError as error:
            raise BenchmarkError("the memory of a process is told by /proc, which only Linux has") from error
        return int(told.partition("VmRSS:")[2].split()[0]) / 1024

    def check(self) -> None:
        """Raise if it has ended.

        Raises:
            BenchmarkError: With what it said last.
        """
        if self._process.poll() is not None:
            raise BenchmarkError(self._end())

    def close(self) -> None:
        """End it."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _end(self) -> str:
        self._log.seek(0)
        told = self._log.read().strip()[-2000:]
        arguments: Any = self._process.args
        return f"{' '.join(arguments)} ended with {self._process.wait()}: {told or 'it said nothing'}"


class Worker(Process):
    """One of `benchmarks.workers`, which answers questions until it is closed.

    Args:
        python: The interpreter of the environment that it runs in.
        name: The worker's module.
        arguments: What it is started with.

    Raises:
        BenchmarkError: If it does not start.
    """

    def __init__(self, python: str | Path, name: str, *arguments: str) -> None:
        command = [python, "-m", f"benchmarks.workers.{name}", *arguments]
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self._read()
        except BenchmarkError:
            self.close()
            raise

    def ask(self, question: str, *arguments: Any) -> Any:
        """What it answers to a question.

        Raises:
            BenchmarkError: If it ends instead.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps([question, *arguments]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise BenchmarkError(self._end()) from None
        return self._read()

    def close(self) -> None:
        """End it; most end by themselves when there are no more questions."""
        if self._process.stdin:
            try:
                self._process.stdin.close()
                self._process.wait(5)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                pass
        super().close()

    def _read(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError(self._end())
        return json.loads(line)


class Server(Process):
    """A server on a port of the loopback, from its first answer on.

    Args:
        command: Makes what starts it, given its port.
        path: A path that it answers with 2xx once it is up.
        now: Tells the time, in seconds.

    Attributes:
        port: Where it listens.
        started: How long it took from its start to the first answer, in seconds.

    Raises:
        BenchmarkError: If it ends, or does not answer in time.
    """

    def __init__(
        self, command: Callable[[int], Sequence[str | Path]], path: str, now: Callable[[], float] = time.perf_counter
    ) -> None:
        self.port = _free_port()
        begun = now()
        super().__init__(command(self.port), stdout=subprocess.DEVNULL)
        try:
            while not self._answers(path):
                self.check()
                if now() - begun > PATIENCE:
                    raise BenchmarkError(f"{command(self.port)[0]} did not answer within {PATIENCE:g} s")
                time.sleep(0.002)
        except BenchmarkError:
            self.close()
            raise
        self.started = now() - begun

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, body: Any = None) -> tuple[list[tuple[str, str]], bytes]:
        """The headers and the body of an answer.

        Raises:
            BenchmarkError: If it is a refusal.
        """
        headers = {"Accept": "application/json"}
        # With a token, a control call of the mock server is about that token's things only.
        if not path.startswith("/_mock/"):
            headers["Authorization"] = f"Bearer {TOKEN}"
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if not 200 <= response.status < 300:
            told = answer.decode(errors="replace")[:2000]
            raise BenchmarkError(f"{method} {path} was answered with {response.status}: {told}")
        return response.getheaders(), answer

    def _answers(self, path: str) -> bool:
        try:
            self.call("GET", path)
        except (OSError, http.client.HTTPException):
            return False
        return True


def seconds(command: Sequence[str | Path], now: Callable[[], float] = time.perf_counter) -> float:
    """How long a command takes from its start to its end.

    Raises:
        BenchmarkError: If it fails.
    """
    begun = now()
    run(command)
    return now() - begun


def run(command: Sequence[str | Path]) -> str:
    """What a command prints.

    Raises:
        BenchmarkError: If it fails.
    """
    done = subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        told = (done.stderr + done.stdout).strip()[-2000:]
        raise BenchmarkError(f"{' '.join(map(str, command))} ended with {done.returncode}: {told}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
