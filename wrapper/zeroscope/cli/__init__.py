"""The `zeroscope` command, which needs the extra `cli`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line after the program's name; by default the process's own.

    Returns:
        The exit code: 0 done, 1 the prediction failed or did not end in time, 2 bad usage or input, 3 the service or
        the network, 130 interrupted.
    """
    try:
        # Not above, where Ctrl-C would end in a traceback.
        from .process import run_process

        return run_process(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        # Before the command was ready, or a second time while it was cleaning up.
        from .errors import INTERRUPTED

        print("zeroscope: interrupted", file=sys.stderr)
        return INTERRUPTED
