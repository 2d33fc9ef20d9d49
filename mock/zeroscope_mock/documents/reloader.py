"""The reloader, which follows the file of a document while it is edited."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from .reading import SpecError
from .spec import Spec

_log = logging.getLogger("zeroscope_mock")


class SpecReloader:
    """Reads a document again when its file has changed; keeps the last good one while the file is broken.

    Args:
        path: The file.
        load: Reads it.
        use: Puts the new document into force.

    Attributes:
        error: Why the file as it is now cannot be used; None if it can.
        notify: Called with a sentence whenever the file has changed; logs it unless set.
    """

    def __init__(self, path: str | Path, load: Callable[[], Spec], use: Callable[[Spec], object]) -> None:
        self.error: str | None = None
        self.notify: Callable[[str], object] = _log.warning
        self._path = Path(path)
        self._load = load
        self._use = use
        self._seen = self._fingerprint()
        self._lock = threading.Lock()

    def reload_if_changed(self) -> None:
        """Read the file again if it has changed since the last call."""
        if self._fingerprint() == self._seen:
            return
        with self._lock:
            seen = self._fingerprint()
            if seen == self._seen:
                return
            try:
                self._use(self._load())
            except Exception as error:
                # The server goes on with the document it has, whatever the error.
                self.error = str(error) if isinstance(error, SpecError) else repr(error)
                sentence = f"cannot be used, the last good one stays in use: {self.error}"
            else:
                self.error = None
                sentence = "has changed and is in use now"
            # Not earlier: another thread that finds the file seen relies on its being in use.
            self._seen = seen
            self.notify(f"{self._path} {sentence}")

    def _fingerprint(self) -> tuple[int, int, int] | None:
        """Values that differ between two states of the file; None while there is no file."""
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
