"""Processes that measure or are measured: workers, servers and single commands."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, Any, Self

from .environments import ROOT
from .errors import BenchmarkError

TOKEN = "a-token-of-the-benchmarks"
"""The bearer token of all requests; the mock server accepts any."""

START_TIMEOUT = 60.0
"""The longest wait for the first response of a server, in seconds."""

_EXCLUDED_VARIABLES = re.compile("(REPLICATE|ZEROSCOPE|PYTHON(PATH|HOME|DEVMODE|WARNINGS|TRACEMALLOC))", re.IGNORECASE)


def environment() -> dict[str, str]:
    """Return the environment variables of every process: without those that configure Python or a client."""
    return {name: value for name, value in os.environ.items() if not _EXCLUDED_VARIABLES.match(name)}


class Process:
    """A process that ends with a `with` block.

    Args:
        **options: Other options of `subprocess.Popen`.
    """

    def __init__(self, command: Sequence[str | Path], **options: Any) -> None:
        self._log: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            list(map(str, command)), cwd=ROOT, env=environment(), stderr=self._log, text=True, **options
        )

    @property
    def cpu(self) -> float:
        """The processor time used so far, in seconds; 0 on a system without /proc."""
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def memory(self) -> float:
        """The resident memory, in MiB.

        Raises:
            BenchmarkError: On a system without /proc.
        """
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError as error:
            raise BenchmarkError("the memory of a process is read from /proc, which only Linux has") from error
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def raise_if_ended(self) -> None:
        """Raise an error if the process has ended.

        Raises:
            BenchmarkError: If it has ended, with the end of its output.
        """
        if self._process.poll() is not None:
            raise BenchmarkError(self._end_message())

    def close(self) -> None:
        """End the process."""
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

    def _end_message(self) -> str:
        self._log.seek(0)
        output = self._log.read().strip()[-2000:]
        arguments: Any = self._process.args
        return f"{' '.join(arguments)} ended with {self._process.wait()}: {output or 'it printed nothing'}"


class Worker(Process):
    """One of `benchmarks.workers`, which executes commands until it is closed.

    Args:
        python: The interpreter of its environment.
        name: The name of its module.
        *arguments: Its command-line arguments.

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

    def call(self, command: str, *arguments: Any) -> Any:
        """Execute a command, and return its result.

        Raises:
            BenchmarkError: If the worker ends instead.
        """
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps([command, *arguments]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise BenchmarkError(self._end_message()) from None
        return self._read()

    def close(self) -> None:
        """End the process; most workers end when their input is closed."""
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
            raise BenchmarkError(self._end_message())
        return json.loads(line)


class Server(Process):
    """A server on the loopback interface that has sent its first response.

    Args:
        command: Returns the command that starts it on a port.
        path: A path that returns 2xx once it is ready.
        now: Returns the time, in seconds.

    Attributes:
        port: The port.
        started: The time from its start to its first response, in seconds.

    Raises:
        BenchmarkError: If it ends, or does not respond in time.
    """

    def __init__(
        self, command: Callable[[int], Sequence[str | Path]], path: str, now: Callable[[], float] = time.perf_counter
    ) -> None:
        self.port = _free_port()
        start = now()
        super().__init__(command(self.port), stdout=subprocess.DEVNULL)
        try:
            while not self._responds(path):
                self.raise_if_ended()
                if now() - start > START_TIMEOUT:
                    raise BenchmarkError(f"{command(self.port)[0]} did not respond within {START_TIMEOUT:g} s")
                time.sleep(0.002)
        except BenchmarkError:
            self.close()
            raise
        self.started = now() - start

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, body: Any = None) -> tuple[list[tuple[str, str]], bytes]:
        """Send a request, and return the headers and the body of the response.

        Raises:
            BenchmarkError: If the status is not 2xx.
        """
        headers = {"Accept": "application/json"}
        # With a token, a control request to the mock server affects only that token's predictions.
        if not path.startswith("/_mock/"):
            headers["Authorization"] = f"Bearer {TOKEN}"
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_TIMEOUT)
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            response_body = response.read()
        finally:
            connection.close()
        if not 200 <= response.status < 300:
            text = response_body.decode(errors="replace")[:2000]
            raise BenchmarkError(f"{method} {path} returned {response.status}: {text}")
        return response.getheaders(), response_body

    def _responds(self, path: str) -> bool:
        try:
            self.call("GET", path)
        except (OSError, http.client.HTTPException):
            return False
        return True


def duration(command: Sequence[str | Path], now: Callable[[], float] = time.perf_counter) -> float:
    """Run a command, and return how long it takes, in seconds.

    Raises:
        BenchmarkError: If it fails.
    """
    start = now()
    run_command(command)
    return now() - start


def processor_time(command: Sequence[str | Path]) -> float:
    """Run a command, and return the processor time that it takes, in seconds; other processes affect it less.

    Raises:
        BenchmarkError: If it fails.
    """
    # Not of Windows.
    import resource

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run_command(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run_command(
    command: Sequence[str | Path], *, folder: Path = ROOT, variables: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Run a command, and return its output.

    Args:
        folder: The folder that it runs in.
        variables: Further environment variables.

    Raises:
        BenchmarkError: If it fails.
    """
    env = {**environment(), **variables}
    done = subprocess.run(list(map(str, command)), cwd=folder, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        output = (done.stderr + done.stdout).strip()[-2000:]
        raise BenchmarkError(f"{' '.join(map(str, command))} ended with {done.returncode}: {output}")
    return done.stdout


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
