"""The environment of the tests: nothing in it changes what the project does."""

from __future__ import annotations

import os
import signal
import threading
import time
from fnmatch import fnmatchcase

# Patterns in upper case, as programs read some of these in either case.
REMOVED = (
    # The project's own.
    "REPLICATE_*",
    "ZEROSCOPE_*",
    # Where HTTP clients send their requests, and what they trust.
    "*_PROXY",
    "NETRC",
    "SSL_CERT_*",
    "SSLKEYLOGFILE",
    "CURL_*",
    # What rich and others know of the terminal.
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR*",
    "PY_COLORS",
    "PYTHON_COLORS",
    "TTY_*",
    "JUPYTER_*",
    # Languages and encodings.
    "LANG",
    "LANGUAGE",
    "LC_*",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    # What Python programs do otherwise.
    "PYTHONOPTIMIZE",
    "PYTHONWARNINGS",
    # The repository and the settings of git, which sets the first in hooks.
    "GIT_*",
    # What conformance runs print in a workflow of GitHub.
    "GITHUB_*",
    # What the libraries of the tests keep, and how much they try.
    "HYPOTHESIS_*",
    "SCHEMATHESIS_*",
)


def reset_environment() -> None:
    """Remove the settings of the machine and its user from the environment, which subprocesses inherit.

    Time is UTC, also where the machine's clock says otherwise. Ctrl-C and the end of the terminal are not ignored, as
    they are under nohup and in the background of a shell script.
    """
    for name in list(os.environ):
        if any(fnmatchcase(name.upper(), pattern) for pattern in REMOVED):
            del os.environ[name]
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    if threading.current_thread() is threading.main_thread():
        for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) == signal.SIG_IGN:
                signal.signal(number, handler)
