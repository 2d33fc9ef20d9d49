"""Exit codes of the command, and the error that ends it with one."""

from __future__ import annotations

import json
import re
import shlex

DONE, FAILED, USAGE, SERVICE, INTERRUPTED = 0, 1, 2, 3, 130


# Calls of the library that notes advise.
_CALL = re.compile(r'client\.predictions\.(cancel|get)\(("(?:[^"\\]|\\.)*")\)(?:\.wait\(\))?')
_LIST = re.compile(r"client\.predictions\.list\(\)|\.find\(\) on this error(?:, or in predictions\.list\(\))?")
_AGAIN = re.compile(r"([;,] )create it again\b")
# Arguments of the library, where messages advise them.
_ARGUMENT = re.compile(r"\b(pass|use|as) ([a-z_]+)=(?:True)?(?![^\s;,.)])")


class CommandError(Exception):
    """Ends the command.

    Args:
        message: The sentence for stderr; empty where everything has been printed already.
        exit_code: The exit code of the process.
    """

    def __init__(self, message: str = "", exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def advise_command(text: str) -> str:
    """Return a message or note with commands and options in place of the library's calls and arguments."""
    text = _AGAIN.sub(r"\1make it again with zeroscope run", text)
    text = _LIST.sub("zeroscope list", text)
    text = _CALL.sub(lambda call: command("cancel" if call[1] == "cancel" else "wait", json.loads(call[2])), text)
    return _ARGUMENT.sub(lambda argument: f"{argument[1]} {option(argument[2])}", text)


def command(name: str, id: str) -> str:
    """Return the command line for a prediction, quoted for a shell, as the service chooses the ID."""
    return f"zeroscope {name} {shlex.quote(id)}"


def option(name: str) -> str:
    """Return the option for an argument or a field of the input."""
    return f"--{name.replace('_', '-')}"
