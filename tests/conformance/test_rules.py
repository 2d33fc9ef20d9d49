"""The rules: each one catches its faulty servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from helpers.faulty_servers import MUTANTS, TOKEN, Mutant, check_mutant, forward
from zeroscope_conformance import RULES, to_json, to_junit


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_faulty_server__is_caught(mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    """The rule fails, and the suite itself has no error."""
    report = check_mutant(mutant)

    caught = report.named("failed")
    record_property("mutant", (mutant.name, caught))
    assert report.errors == []
    assert TOKEN not in to_json([report]) + to_junit([report])
    assert mutant.rule in caught
    finding = next(result for result in report.results if result.rule.name == mutant.rule).findings[0]
    assert finding.expected and finding.seen and finding.expected != finding.seen


def test_proxy__breaks_no_rule() -> None:
    """The mock server behind a proxy without a fault passes, so the rules catch the faults and not the proxy."""
    report = check_mutant(Mutant("nothing", "", handle=forward, fuzz=True))

    assert (report.named("failed"), report.named("not reached"), report.errors) == ([], [], [])


def test_rules__have_a_faulty_server_each() -> None:
    """Every rule catches at least one faulty server, and their names are unique."""
    assert {rule.name for rule in RULES} == {mutant.rule for mutant in MUTANTS}
    assert [name for name, number in Counter(mutant.name for mutant in MUTANTS).items() if number > 1] == []
