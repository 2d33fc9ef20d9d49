"""The rules: each one catches its faulty servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from helpers.faulty_servers import MODEL_MUTANTS, MUTANTS, SCHEMAS, TOKEN, Mutant, check_mutant, forward
from zeroscope_conformance import RULES, to_json, to_junit

MODEL_INDEPENDENT = (
    "asks for no token",
    "takes any token",
    "knows every id",
    "does not say which field",
    "runs any version when none is named",
    "takes null for nothing",
    "fills the defaults in",
    "turns success into failure",
    "goes back to the start",
    "succeeds with nothing",
    "fails without a word",
    "does nothing when told to cancel",
    "does not hold what it is asked to hold",
    "calls its stream text",
    "ends a stream without saying so",
    "loses a prediction for the list",
    "lists the oldest first",
    "does not send the end",
    "signs nothing",
)
"""Faulty servers whose fault does not depend on the fields of the document's model."""


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


@pytest.mark.parametrize(("model", "mutant"), MODEL_MUTANTS, ids=lambda value: getattr(value, "name", value))
def test_faulty_server__is_caught_with_another_model(model: str, mutant: Mutant) -> None:
    """A fault of a model's input or output breaks its rule."""
    report = check_mutant(mutant, SCHEMAS[model])

    assert (mutant.rule in report.named("failed"), report.errors) == (True, [])


@pytest.mark.parametrize("model", SCHEMAS)
@pytest.mark.parametrize("name", MODEL_INDEPENDENT)
def test_faulty_server__is_caught_with_any_model(model: str, name: str) -> None:
    """Rules that do not depend on the model catch their faulty servers with inputs from its schema."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    report = check_mutant(mutant, SCHEMAS[model])

    assert (mutant.rule in report.named("failed"), report.errors) == (True, [])


@pytest.mark.parametrize("model", SCHEMAS)
def test_proxy__breaks_no_rule_with_another_model(model: str) -> None:
    """The mock server passes with other models, and the rules that do not apply are those of the schema alone."""
    report = check_mutant(Mutant("nothing", "", handle=forward, fuzz=True), SCHEMAS[model])

    assert (report.named("failed"), report.named("not reached"), report.errors) == ([], [], [])
    inapplicable = {
        "writer": ["enum-enforced", "outputs-fetchable", "outputs-decode", "outputs-as-asked"],
        "painter": ["outputs-as-asked"],
    }
    assert report.named("not applicable") == inapplicable[model]
