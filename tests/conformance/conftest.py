"""Tells, at the end of a run, which rule caught which faulty server."""

from __future__ import annotations

from typing import Any

import pytest

MUTANT = "mutant"
"""The property of a test that names a faulty server and the rules that caught it."""


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    caught: dict[str, list[str]] = {}
    for report in reports:
        if isinstance(report, pytest.TestReport) and report.when == "call":
            found: dict[str, Any] = dict(report.user_properties)
            if MUTANT in found:
                name, rules = found[MUTANT]
                caught[name] = rules
    if not caught:
        return
    terminalreporter.section("faulty servers and the rules that caught them")
    for name, rules in sorted(caught.items()):
        terminalreporter.write_line(f"{name}: {', '.join(rules) or 'NOT CAUGHT'}")
    number = sum(bool(rules) for rules in caught.values())
    terminalreporter.write_line(f"{number} of {len(caught)} caught: {number / len(caught):.0%}")
