"""Running the `zeroscope` command in tests, in process or as a process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

COMMAND = [sys.executable, "-c", "import sys; from zeroscope.cli import main; sys.exit(main())"]
"""The command as a process of its own."""


@dataclass
class Outcome:
    """The outcome of a command line.

    Attributes:
        code: The exit code.
        out: The text on stdout.
        err: The text on stderr.
    """

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The text on stdout, parsed as JSON."""
        return json.loads(self.out)


Command = Callable[..., Outcome]


@contextmanager
def mock_process(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Run `zeroscope mock` as a process on a free port, and end it afterwards."""
    process = subprocess.Popen(
        [*COMMAND, "mock", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
