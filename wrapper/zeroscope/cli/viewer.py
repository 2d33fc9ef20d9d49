"""The system's viewer, which `--open` starts for a saved video."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# A viewer that could not be found has ended by then.
_SECONDS = 2.0


def open_file(path: Path) -> str | None:
    """Open a file as a double click does, and leave the viewer running.

    Returns:
        Why it could not be opened, in a sentence; None if it was.
    """
    # Absolute, as a name that begins with a hyphen would be an option.
    name = str(path.absolute())
    if sys.platform == "win32":
        try:
            os.startfile(name)
        except OSError as error:
            return f"{path} could not be opened: {error.strerror}"
        return None
    program = _program()
    if program is None:
        return f"{path} was not opened, as this machine has no viewer for it"
    viewer = subprocess.Popen(
        [program, name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        failed = viewer.wait(_SECONDS) != 0
    except subprocess.TimeoutExpired:
        # Some wait for the viewer to be closed.
        return None
    return f"{path} could not be opened: {Path(program).name} failed" if failed else None


def _program() -> str | None:
    """The program that opens files; on Linux, it would open a text browser where there is no display."""
    if sys.platform == "darwin":
        return shutil.which("open")
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return shutil.which("xdg-open") if has_display else None
