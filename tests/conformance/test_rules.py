"""The conformance suite catches every faulty server, each by the rule that is there for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from helpers.faulty_servers import MUTANTS, Mutant, judged
from helpers.faulty_servers.mutants import TOKEN, untouched
from zeroscope_conformance import RULES, to_json, to_junit


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_faulty_server__is_caught(mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    """The rule fails, and the suite itself does not."""
    report = judged(mutant)

    caught = report.named("failed")
    record_property("mutant", (mutant.name, caught))
    assert report.errors == []
    assert TOKEN not in to_json([report]) + to_junit([report])
    assert mutant.rule in caught
    finding = next(result for result in report.results if result.rule.name == mutant.rule).findings[0]
    assert finding.expected and finding.seen and finding.expected != finding.seen


def test_layer__spoils_nothing_by_itself() -> None:
    """The server behind a layer that changes nothing keeps all rules, so what is caught is the fault."""
    report = judged(Mutant("nothing", "", spoil=untouched, explored=True))

    assert (report.named("failed"), report.named("not reached"), report.errors) == ([], [], [])


def test_every_rule__is_seen_to_fail() -> None:
    """There is a faulty server for each rule, and each has a name of its own."""
    assert {rule.name for rule in RULES} == {mutant.rule for mutant in MUTANTS}
    assert [name for name, number in Counter(mutant.name for mutant in MUTANTS).items() if number > 1] == []
