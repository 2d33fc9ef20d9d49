"""The protocol of the workers: a command and its result are a line of JSON each."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def serve(commands: Mapping[str, Callable[..., Any]]) -> None:
    """Report that the worker is ready, then execute commands until the input is closed.

    Args:
        commands: The functions that execute the commands, by name.
    """
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(commands[name](*arguments)), flush=True)


def mean_time(call: Callable[[], object], times: int) -> float:
    """Return the mean time of a number of calls, in microseconds."""
    start = time.perf_counter_ns()
    for _ in range(times):
        call()
    return (time.perf_counter_ns() - start) / times / 1000


def timer(call: Callable[[], Any]) -> Callable[[int], float]:
    """Return a function that measures a call; earlier calls have done what happens only once."""
    mean_time(call, WARM_UP)
    return lambda times: mean_time(call, times)


WARM_UP = 100
"""The number of calls before the first measurement."""
