"""The `zeroscope` command; it needs the extra `cli`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line after the program's name; by default the process's own.

    Returns:
        The exit code: 0 done, 1 the prediction failed, 2 bad usage or input, 3 the service or the network,
        130 interrupted.
    """
    try:
        from .app import run
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] not in {"cyclopts", "rich"}:
            raise
        print(
            f"zeroscope: the command needs {error.name}; install it with: pip install 'zeroscope[cli]'", file=sys.stderr
        )
        return 2
    return run(sys.argv[1:] if arguments is None else arguments)
