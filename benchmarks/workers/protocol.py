"""How a worker is talked to: a line of JSON in for each question, a line of JSON out for each answer."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def answer(questions: Mapping[str, Callable[..., Any]]) -> None:
    """Say that all is ready, then answer questions until there are no more.

    Args:
        questions: What answers each, called with what comes after its name.
    """
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(questions[name](*arguments)), flush=True)


def per_call(call: Callable[[], object], times: int) -> float:
    """How long a call takes, in microseconds, as the mean of so many."""
    begun = time.perf_counter_ns()
    for _ in range(times):
        call()
    return (time.perf_counter_ns() - begun) / times / 1000


def timed(call: Callable[[], Any]) -> Callable[[int], float]:
    """Answers how long a call takes; it has been made before, as whatever is done once is not what is asked for."""
    per_call(call, WARM_UP)
    return lambda times: per_call(call, times)


WARM_UP = 100
"""How often a call is made before it is timed."""
