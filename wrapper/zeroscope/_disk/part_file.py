"""A file that appears under its own name only when it is complete."""

from __future__ import annotations

import itertools
import os
import stat
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from .outputs import require_writable

# File systems allow 255 bytes for a name, some of which the parts around it need.
_MAX_NAME_LENGTH = 200


class PartFile:
    """A file under a temporary name beside its target, which it replaces at the end.

    A process that is killed leaves it behind, and the next one that writes to the same target takes it over. It is
    locked while it is written, so that two processes never share it.

    Args:
        target: The path that the file gets at the end.
        overwrite: Whether a file at that path is replaced.

    Raises:
        OSError: If the target cannot or must not be written.
    """

    def __init__(self, target: Path, overwrite: bool) -> None:
        require_writable(target, overwrite)
        if target.is_symlink():
            # The file that it leads to is replaced, not the link.
            target = Path(os.path.realpath(target))
            require_writable(target, overwrite)
        self._target = target
        self._overwrite = overwrite
        name = os.fsencode(target.name)[:_MAX_NAME_LENGTH].decode(errors="ignore")
        for number in itertools.count():
            self._path = target.with_name(f".{name}.{number}.part")
            file = _open_unlocked(self._path)
            if file is not None:
                self._file = file
                return

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)

    def restart(self) -> None:
        """Discard what was written so far."""
        self._file.seek(0)
        self._file.truncate()

    def commit(self) -> Path:
        """Rename the complete file to its target, and return that."""
        self._file.flush()
        require_writable(self._target, self._overwrite)
        if sys.platform == "win32":
            # Windows renames no open file.
            self._file.close()
        self._path.replace(self._target)
        self._file.close()
        return self._target

    def discard(self) -> None:
        """Remove the file, unless it is at its target already."""
        if self._file.closed:
            return
        # Before the lock ends, after which it may be another process's, as it may be since a rename. Windows removes no
        # open file.
        if sys.platform != "win32" and _is_at(self._path, self._file):
            self._path.unlink(missing_ok=True)
        # On a full disk, the bytes left in the buffer fail again.
        with suppress(OSError):
            self._file.close()
        if sys.platform == "win32":
            self._path.unlink(missing_ok=True)


def _open_unlocked(path: Path) -> BinaryIO | None:
    """Create or take over a part file, empty and locked; None if it is another process's, or something else."""
    if sys.platform == "win32":
        try:
            # Windows removes no file that is open.
            path.unlink(missing_ok=True)
            return path.open("xb")
        except PermissionError:
            return None
    import fcntl

    while True:
        try:
            descriptor, is_new = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666), True
        except FileExistsError:
            try:
                # Not through a link, which another user may have put there, and not waiting for the reader of a pipe.
                descriptor, is_new = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK), False
            except FileNotFoundError:
                continue
            except OSError:
                return None
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            os.close(descriptor)
            return None
        with ExitStack() as stack:
            file = stack.enter_context(os.fdopen(descriptor, "r+b"))
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            except OSError:
                # Some network file systems have no locks; there, only a new file is certainly no other process's.
                if not is_new:
                    return None
            # The process that held the lock before may have renamed or removed the file.
            if _is_at(path, file):
                file.truncate(0)
                stack.pop_all()
                return file


def _is_at(path: Path, file: BinaryIO) -> bool:
    """Whether a path leads to an open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except FileNotFoundError:
        return False
