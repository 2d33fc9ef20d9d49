"""The costs of all tests, shown at the end of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pytest

from .options import COST_OPTION
from .servers import servers_of

if TYPE_CHECKING:
    from .. import MockServer, ModelCost
    from ..store import Store

_OUTPUT = "zeroscope_cost"


class _Costs:
    """Sums of predictions and seconds, by model."""

    def __init__(self) -> None:
        self._sums = defaultdict[str, list[float]](lambda: [0, 0.0])
        # What is known of servers: their data, how often it was cleared, and its costs.
        self._last: WeakKeyDictionary[MockServer, tuple[tuple[Store, int] | None, Mapping[str, ModelCost]]]
        self._last = WeakKeyDictionary()

    def add_server(self, server: MockServer) -> None:
        """Add what a server's predictions cost since it was last added."""
        cost, store = server.cost, server.core.state.store
        key = store, store.cleared
        last, before = self._last.get(server, (None, {}))
        # After a reset, or with other data, all costs are new.
        known = before if last == key else {}
        self.add(
            (
                model,
                max(0, one.predictions - (known[model].predictions if model in known else 0)),
                max(0, one.seconds - (known[model].seconds if model in known else 0)),
            )
            for model, one in cost.by_model.items()
        )
        self._last[server] = key, cost.by_model

    def add(self, rows: Iterable[tuple[str, float, float]]) -> None:
        """Add rows of a model, its predictions and their seconds."""
        for model, predictions, seconds in rows:
            self._sums[model][0] += predictions
            self._sums[model][1] += seconds

    def rows(self) -> list[tuple[str, int, float]]:
        """The rows, the most expensive model first."""
        rows = [(model, int(predictions), seconds) for model, (predictions, seconds) in self._sums.items()]
        return sorted(rows, key=lambda row: (-row[2], row[0]))


_costs_key = pytest.StashKey[_Costs]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Add the costs of a test's servers while these are there."""
    if item.config.getoption(COST_OPTION):
        for server in servers_of(item).values():
            _costs(item.config).add_server(server)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send the sums of a worker of pytest-xdist to its controller."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None and session.config.getoption(COST_OPTION):
        output[_OUTPUT] = [list(row) for row in _costs(session.config).rows()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add the sums of a worker; one that crashed sends none."""
    output: dict[str, Any] = getattr(node, "workeroutput", None) or {}
    _costs(node.config).add(output.get(_OUTPUT, ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the costs if the option asks for it."""
    if not config.getoption(COST_OPTION):
        return
    rows = _costs(config).rows()
    predictions = sum(row[1] for row in rows)
    total = ("total", predictions, sum(row[2] for row in rows))
    terminalreporter.section("zeroscope cost")
    if not rows:
        terminalreporter.write_line("No test made a prediction.")
        return
    width = max(len(row[0]) for row in (*rows, total))
    terminalreporter.write_line(f"{'model':<{width}}  predictions  seconds of compute")
    for model, count, seconds in (*rows, total) if len(rows) > 1 else rows:
        terminalreporter.write_line(f"{model:<{width}}  {count:>11,}  {seconds:>18,.1f}")


def _costs(config: pytest.Config) -> _Costs:
    return config.stash.setdefault(_costs_key, _Costs())
