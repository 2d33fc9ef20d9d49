"""Exit codes of the command, and the error that ends it with one."""

from __future__ import annotations

import json
import re
import shlex

DONE, FAILED, USAGE, SERVICE, INTERRUPTED = 0, 1, 2, 3, 130


# Calls of the library that notes advise.
_CALL = re.compile(r'client\.predictions\.(cancel|get)\(("(?:[^"\\]|\\.)*")\)(?:\.wait\(\))?')


class CommandError(Exception):
    """Ends the command.

    Args:
        message: The sentence for stderr; empty where everything has been printed already.
        exit_code: The exit code of the process.
    """

    def __init__(self, message: str = "", exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def advise_command(note: str) -> str:
    """Return a note with commands in place of the library's calls."""
    note = note.replace("client.predictions.list()", "zeroscope list")
    return _CALL.sub(lambda call: command("cancel" if call[1] == "cancel" else "wait", json.loads(call[2])), note)


def command(name: str, id: str) -> str:
    """Return the command line for a prediction, quoted for a shell, as the service chooses the ID."""
    return f"zeroscope {name} {shlex.quote(id)}"
