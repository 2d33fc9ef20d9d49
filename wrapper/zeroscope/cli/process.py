"""The process of a command: its signals, its memory, and its missing extra."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .errors import INTERRUPTED
from .extras import missing_extra

# How long the end of a command may take after Ctrl-C, in seconds; to cancel predictions takes a few.
END_LIMIT = 60.0
_is_told = threading.Event()


def run_process(arguments: Sequence[str]) -> int:
    """Run a command line, and return the exit code."""
    try:
        with _less_garbage_collection(), _interrupted_by_signals():
            from .app import run

            return run(arguments)
    except ModuleNotFoundError as error:
        missing = missing_extra(error)
        if missing is None:
            raise
        print(f"zeroscope: {missing}", file=sys.stderr)
        return missing.exit_code


def ignore_signals() -> None:
    """Let no signal interrupt what is left of a command that has printed its result.

    Python would print an interrupt that hits the end of an object, as a traceback below that result.
    """
    _is_told.set()


@contextmanager
def _less_garbage_collection() -> Iterator[None]:
    """Collect garbage rarely: imports produce none, and each collection would go through all that is loaded."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], 100_000), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Treat the end of the terminal or the job as Ctrl-C, so that a prediction is not left running unattended.

    A signal that the caller ignores, as nohup does, stays ignored. A command that does not end is killed.
    """
    _is_told.clear()
    names = ("SIGINT", "SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    end = threading.Timer(END_LIMIT, _kill)
    end.daemon = True

    def interrupt(number: int, frame: object) -> None:
        # The first of several starts it.
        if not end.is_alive() and not end.finished.is_set():
            end.start()
        if not _is_told.is_set():
            raise KeyboardInterrupt

    before = {
        number: signal.signal(number, interrupt)
        for number in (getattr(signal, name) for name in names if hasattr(signal, name))
        # None stands for a handler that was not installed from Python.
        if signal.getsignal(number) not in {signal.SIG_IGN, None}
    }
    try:
        yield
    finally:
        end.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)


def _kill() -> None:
    """End a process whose main thread is stuck, for example in a lock that an interrupt has left taken."""
    advice = "a prediction may still run and be billed; see zeroscope list"
    print(f"zeroscope: interrupted, but not done within {END_LIMIT:.0f} s: {advice}", file=sys.stderr, flush=True)
    os._exit(INTERRUPTED)
