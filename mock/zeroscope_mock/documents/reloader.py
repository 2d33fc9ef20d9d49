"""Follow the file of the document while somebody edits it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from .reading import SpecError
from .spec import Spec

_log = logging.getLogger("zeroscope_mock")


class Reload:
    """Reads the document again when its file has changed; a bad one is told and the last good one stays in use.

    Args:
        path: the file.
        load: reads it.
        use: puts what was read into force.

    Attributes:
        error: why the file as it is now cannot be used; None if it can.
        tell: called with a sentence whenever the file has changed; logs it unless set.
    """

    def __init__(self, path: str | Path, load: Callable[[], Spec], use: Callable[[Spec], object]) -> None:
        self.error: str | None = None
        self.tell: Callable[[str], object] = _log.warning
        self._path = Path(path)
        self._load = load
        self._use = use
        self._seen = self._look()
        self._lock = threading.Lock()

    def check(self) -> None:
        """Read the file again if it has changed since the last look."""
        if self._look() == self._seen:
            return
        with self._lock:
            seen = self._look()
            if seen == self._seen:
                return
            try:
                self._use(self._load())
            except Exception as error:
                # Whatever goes wrong, the server goes on with what it has.
                self.error = str(error) if isinstance(error, SpecError) else repr(error)
                sentence = f"cannot be used, the last good one stays in use: {self.error}"
            else:
                self.error = None
                sentence = "has changed and is in use now"
            # Not before: whoever finds the file seen relies on its being in use.
            self._seen = seen
            self.tell(f"{self._path} {sentence}")

    def _look(self) -> tuple[int, int, int] | None:
        """What tells one state of the file from another; None while there is no file."""
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
