"""The rules: each one catches its faulty servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from unittest.mock import patch

import pytest

from helpers.faulty_servers import MODEL_MUTANTS, MUTANTS, OTHER_TOKEN, SCHEMAS, TOKEN, Mutant, check_mutant, forward
from zeroscope_conformance import RULES, to_json, to_junit
from zeroscope_conformance.rules import inputs, schema
from zeroscope_conformance.rules import outputs as output_rules
from zeroscope_conformance.scenarios import accounts, concurrency, outputs, pagination, streams

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

ABOUT_ONE_RESPONSE = {rule.name for rules in (schema, inputs, output_rules) for rule in rules.RULES} - {
    # It compares downloads.
    "outputs-repeatable",
} | {
    *("refusals-are-problems", "refusal-names-field", "token-kept", "unknown-id-404", "input-echoed", "times-ordered"),
    *("succeeded-has-output", "failed-has-error", "urls-absolute", "urls-present", "urls-answer", "stream-answers"),
    *("stream-ordered", "stream-adds-up", "accounts-separate"),
    *("prefer-confirmed", "prefer-runs-out", "webhook-echoed", "webhook-signed", "file-digests", "file-expires"),
}
"""The rules that tell of a single response whether it is good."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_faulty_server__is_caught(mutant: Mutant, record_property: Callable[[str, object], None]) -> None:
    """The rule fails, and the suite itself has no error."""
    report = check_mutant(mutant)

    caught = report.named("failed")
    record_property("mutant", (mutant.name, caught))
    assert report.errors == []
    assert [token for token in (TOKEN, OTHER_TOKEN) if token in to_json([report]) + to_junit([report])] == []
    assert mutant.rule in caught
    # Such servers are caught although each of their responses is good.
    assert mutant.kind == "response" or ABOUT_ONE_RESPONSE.isdisjoint(caught)
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


def test_faulty_servers__are_wrong_in_order_time_and_concurrency_as_well() -> None:
    """There are faulty servers of each kind, and those of the other kinds are not about single responses."""
    kinds = Counter(mutant.kind for mutant in MUTANTS)
    others = [kinds[kind] for kind in ("order", "time", "concurrency")]

    assert len(MUTANTS) >= 150 and min(others) >= 10 and sum(others) >= 30
    assert {rule.name for rule in RULES} >= ABOUT_ONE_RESPONSE
    assert [one.name for one in MUTANTS if one.kind != "response" and one.rule in ABOUT_ONE_RESPONSE] == []


@pytest.mark.parametrize(
    "mutant", [one for one in MUTANTS if one.kind == "concurrency"], ids=lambda mutant: mutant.name
)
def test_faulty_server__is_good_to_one_request_after_another(mutant: Mutant) -> None:
    """What goes wrong only if requests come at once breaks no rule of a client that sends them one by one."""

    def run_in_turn(tracker: object, calls: Sequence[Callable[[], object]]) -> list[object]:
        return [call() for call in calls]

    with ExitStack() as stack:
        for module in (accounts, concurrency, outputs, pagination, streams):
            stack.enter_context(patch.object(module, "run_at_once", run_in_turn))
        report = check_mutant(mutant)

    assert (report.named("failed"), report.errors) == ([], [])


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
        "writer": [
            *("enum-enforced", "outputs-fetchable", "outputs-repeatable", "outputs-decode", "outputs-as-asked"),
        ],
        "painter": ["outputs-as-asked"],
    }
    assert report.named("not applicable") == inapplicable[model]
