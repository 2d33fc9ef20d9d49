"""The results of a run, to which several threads add."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from helpers.failures import exchange, make_results
from zeroscope_conformance.causes import find_causes
from zeroscope_conformance.results import Finding, Results

RULE = "cancel-ends"

ADDITIONS: dict[str, Callable[[Results], object]] = {
    "check": lambda results: results.check(RULE, False, "status canceled", "status processing", exchange()),
    "add": lambda results: results.add(Finding(RULE, "status canceled", "status processing", exchange=exchange())),
}


@pytest.mark.parametrize("addition", ADDITIONS.values(), ids=ADDITIONS)
def test_threads__wait_for_each_other(monkeypatch: pytest.MonkeyPatch, addition: Callable[[Results], object]) -> None:
    """While one adds a failure, another one that wants to add waits: it would count from the same number."""
    results = make_results()
    others: list[threading.Thread] = []
    seen: list[int] = []

    def look_up(*arguments: object) -> object:
        """Let another thread begin to add in the middle of the first addition, and wait until it can go no further."""
        if not others:
            lock = Lock(results)
            others.append(threading.Thread(target=lock.tell_of, args=(addition, results)))
            others[0].start()
            lock.reached.wait()
            seen.append(results.by_name[RULE].checked)
        return find_causes(*arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr("zeroscope_conformance.results.find_causes", look_up)
    addition(results)
    others[0].join()

    result = results.by_name[RULE]
    assert seen == [1]
    assert (result.checked, result.failed, list(result.counts.values()), len(result.findings)) == (2, 2, [2], 1)


class Lock:
    """A lock in place of that of some results, which tells when a thread begins to wait for it, or ends without it."""

    def __init__(self, results: Results) -> None:
        self.reached = threading.Event()
        self._lock = results._lock
        results._lock = self  # type: ignore[assignment]  # as far as it is used

    def tell_of(self, addition: Callable[[Results], object], results: Results) -> None:
        """Add, and tell of the end."""
        addition(results)
        self.reached.set()

    def __enter__(self) -> None:
        self.reached.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
