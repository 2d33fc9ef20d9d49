"""Exit codes of the command, and the error that ends it with one."""

from __future__ import annotations

DONE, FAILED, USAGE, SERVICE, INTERRUPTED = 0, 1, 2, 3, 130


class CommandError(Exception):
    """Ends the command.

    Args:
        message: The sentence for stderr; empty where everything has been printed already.
        exit_code: The exit code of the process.
    """

    def __init__(self, message: str = "", exit_code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
