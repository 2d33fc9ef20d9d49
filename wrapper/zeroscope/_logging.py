"""Prints the package's log to standard error if the environment says so."""

from __future__ import annotations

import logging
import os
import sys
from typing import TextIO

from ._constants import LOG_VARIABLE
from ._text import log

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_FORMAT = "%(asctime)s %(name)s %(levelname)s: %(message)s"


class _Printer(logging.StreamHandler[TextIO]):
    """Prints the records that no other handler takes, whenever the program adds one."""

    def emit(self, record: logging.LogRecord) -> None:
        # The stream of this moment: notebooks, progress bars and pytest replace it.
        if sys.stderr is not None and not self._is_taken(record):
            self.stream = sys.stderr
            super().emit(record)

    def _is_taken(self, record: logging.LogRecord) -> bool:
        logger: logging.Logger | None = log
        while logger is not None:
            for handler in logger.handlers:
                if not isinstance(handler, _Printer | logging.NullHandler) and record.levelno >= handler.level:
                    return True
            logger = logger.parent if logger.propagate else None
        return False


def follow_environment() -> None:
    """Log from the level that the environment variable names, if it names one, and print what no handler takes."""
    named = os.environ.get(LOG_VARIABLE, "").strip().lower()
    if not named:
        return
    level = _LEVELS.get(named)
    if level is None:
        log.warning("%s is %s, which is not a level; it should be %s", LOG_VARIABLE, named, ", ".join(_LEVELS))
        return
    handler = _Printer()
    handler.setFormatter(logging.Formatter(_FORMAT))
    log.addHandler(handler)
    log.setLevel(level)
