"""The environment that all tests share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from helpers.environment import REMOVED, reset_environment

SETTINGS = {
    "REPLICATE_API_TOKEN": "r8_a",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "TERM": "dumb",
    "NO_COLOR": "1",
    "COLUMNS": "60",
    "LC_ALL": "C",
    "GIT_DIR": "elsewhere",
}


def test_environment__has_no_settings_of_the_machine() -> None:
    """Neither this process nor those it starts has a variable that changes what the project does."""
    program = "import os, time; print(time.timezone, *os.environ)"
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    for names in (os.environ, started[1:]):
        # C is the locale that Python turns into one with UTF-8, which it puts into its environment.
        left = [name for name in names if any(fnmatchcase(name.upper(), pattern) for pattern in REMOVED)]
        assert [name for name in left if name not in {"COLUMNS", "LINES", "LC_CTYPE"}] == []
    assert time.timezone == int(started[0]) == 0


def test_reset__removes_settings_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting is removed, and what programs need to run at all stays."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", "a")
    reset_environment()
    assert os.environ.keys() & SETTINGS.keys() == set()
    assert os.environ["PYTHONPATH"] == "a" and "PATH" in os.environ


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_reset__lets_signals_through() -> None:
    """Processes that a test starts are interrupted by Ctrl-C, also if the tests run in the background."""
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGHUP, signal.SIG_IGN); "
        "from helpers.environment import reset_environment; reset_environment(); "
        "print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, "
        "signal.getsignal(signal.SIGHUP) == signal.SIG_DFL)"
    )
    tests = Path(__file__).parent
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tests)
    assert started.stdout.split() == ["True", "True"]
