"""Clients of Replicate's API by other people, each in its own process."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from compatibility.environments import ENVIRONMENTS, Environment

PROGRAMS = Path(__file__).parent / "programs"
LIMIT = 120
"""The seconds after which a call has failed: most clients wait for ever."""


@dataclass(frozen=True)
class Client:
    """A client, and how it is pointed at another server.

    Args:
        language: `Python` or `JavaScript`.
        environment: Where it is installed.
        program: The file in programs/ that makes calls with it; of an MCP server, its own.
        base_url: What comes after the server's URL.
        setting: How a user says where the server is.
        note: What else the table says.
        pydantic_1: Whether it needs pydantic's version 1, which Python 3.14 does not run.
    """

    language: str
    environment: Environment
    program: str
    base_url: str
    setting: str
    note: str = ""
    pydantic_1: bool = False

    @property
    def title(self) -> str:
        """Its packages and its language, with which its row in the table begins."""
        packages = ", ".join(f"{name} {version}" for name, version in self.environment.packages.items())
        return f"{packages} ({self.language})"

    def missing(self) -> str | None:
        """Why it cannot be used, if it cannot."""
        if self.pydantic_1 and sys.version_info >= (3, 14):
            return f"{self.title} cannot be imported on Python 3.14: it needs pydantic's version 1"
        return self.environment.missing()

    def command(self) -> list[str]:
        """What starts it."""
        if self.language == "Python":
            return [str(self.environment.python), str(PROGRAMS / self.program)]
        program = self.environment.folder / self.program
        if (source := PROGRAMS / self.program).exists():
            # Node.js looks for packages beside the file that imports them. Other tests may be doing the same.
            copy = program.with_name(f"{os.getpid()}-{self.program}")
            shutil.copy(source, copy)
            copy.replace(program)
        return ["node", str(program)]


class ClientError(Exception):
    """The error that a call ended with.

    Args:
        name: The error's class.
        status: The status of the response, if there was one.
    """

    def __init__(self, name: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.status = status


class Process:
    """A process that answers each line of JSON with one.

    Args:
        command: What to start.
        environment: Variables that are set for it, beside those of the tests.
        record: Called with the path of each call.
    """

    def __init__(
        self,
        command: list[str],
        environment: Mapping[str, str],
        record: Callable[[str], object] = lambda path: None,
    ) -> None:
        self.record = record
        self._process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._warnings: list[str] = []
        self._threads = [
            threading.Thread(target=self._read, args=(self._process.stdout, self._lines.put), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stderr, self._warnings.append), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def call(self, path: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Perform a call, and return its value as JSON.

        Args:
            path: A dotted path, such as `client.predictions.create`; programs/calls.py describes it.

        Raises:
            ClientError: If the call ends with an error.
        """
        return self._call(path, arguments, keywords)

    def keep(self, name: str, path: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Perform a call whose value later calls find under a name."""
        return self._call(path, arguments, keywords, name=name)

    def collect(self, path: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Perform a call and iterate over its value, which follows pages."""
        return self._call(path, arguments, keywords, collect=True)

    def _call(
        self, path: str, arguments: tuple[Any, ...], keywords: dict[str, Any], *, name: str = "", collect: bool = False
    ) -> Any:
        self.record(path)
        call = {"path": path, "arguments": arguments, "keywords": keywords, "name": name, "collect": collect}
        outcome = self.exchange(call)
        if "error" in outcome:
            raise ClientError(**outcome["error"])
        return outcome["value"]

    def exchange(self, message: Any) -> Any:
        """Send a line and return the next one."""
        self.send(message)
        try:
            line = self._lines.get(timeout=LIMIT)
        except queue.Empty:
            self._process.kill()
            line = ""
        if not line:
            raise AssertionError(f"The client did not answer {message}:\n{''.join(self._warnings)}")
        return json.loads(line)

    def send(self, message: Any) -> None:
        """Send a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()

    @staticmethod
    def _read(stream: Any, put: Callable[[str], object]) -> None:
        for line in stream:
            put(line)
        put("")

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._process.stdin.close()
        try:
            # Some libraries have threads that do not end.
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join()
        self._process.stdout.close()
        self._process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


_SERVER_URL = "`base_url` or `REPLICATE_BASE_URL`: the server's URL"
_WITH_V1 = "the server's URL with `/v1`"


def _python(name: str, program: str, base_url: str = "", setting: str = "", note: str = "", **more: bool) -> Client:
    return Client("Python", ENVIRONMENTS["python", name], program, base_url, setting, note, **more)


def _npm(name: str, program: str, base_url: str = "", setting: str = "", note: str = "") -> Client:
    return Client("JavaScript", ENVIRONMENTS["npm", name], program, base_url, setting, note)


REPLICATE_PYTHON = tuple(
    _python(f"replicate-{version}", "run_replicate.py", "", _SERVER_URL, pydantic_1=True)
    for version in ("0.25.2", "0.34.2", "1.0.7")
)
REPLICATE_BETA = _python(
    "replicate-2.0.0b4",
    "run_replicate_beta.py",
    "/v1",
    f"`base_url` or `REPLICATE_BASE_URL`: {_WITH_V1}",
    "See below for `use`",
)
LITELLM = _python(
    "litellm",
    "run_litellm.py",
    "",
    "`HTTPS_PROXY`: a proxy that connects `api.replicate.com` with a server on https (see below)",
    "Trust: `SSL_CERT_FILE`. `api_base` has no effect on this provider",
)
_ENVIRONMENT = "`REPLICATE_BASE_URL`: the server's URL"
LANGCHAIN = _python("langchain-community", "run_langchain.py", "", _ENVIRONMENT, pydantic_1=True)
LLAMA_INDEX = _python("llama-index-llms-replicate", "run_llama_index.py", "", _ENVIRONMENT, pydantic_1=True)
WEBHOOKS_PYTHON = _python("webhook-libraries", "run_webhooks.py")
REPLICATE_NPM = tuple(
    _npm(f"replicate-{version}", "replicate.mjs", "/v1", f"`baseUrl`: {_WITH_V1}")
    for version in ("0.25.2", "0.34.1", "1.4.0")
)
MCP = _npm("replicate-mcp", "node_modules/replicate-mcp/index.js", "/v1", f"`REPLICATE_BASE_URL`: {_WITH_V1}")
AI_SDK = _npm("ai-sdk", "ai_sdk.mjs", "/v1", f"`createReplicate({{ baseURL }})`: {_WITH_V1}")
WEBHOOKS_NPM = _npm("webhook-libraries", "webhooks.mjs")

CLIENTS = (
    *REPLICATE_PYTHON,
    REPLICATE_BETA,
    LITELLM,
    LANGCHAIN,
    LLAMA_INDEX,
    *REPLICATE_NPM,
    MCP,
    AI_SDK,
    WEBHOOKS_PYTHON,
    WEBHOOKS_NPM,
)
