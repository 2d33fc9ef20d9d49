"""The state machine test, alone."""

from __future__ import annotations

import gc
import weakref

import pytest

from helpers.faulty_servers import MUTANTS, Mutant, failed_rules, forward, mutant_target
from zeroscope_conformance.stateful import run_state_machine
from zeroscope_conformance.target import Target

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}


def run(target: Target) -> None:
    run_state_machine(target, runs=20, steps=30, wait_budget=500, seed=1)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("does nothing when told to cancel", "cancel-ends"),
        ("goes back to the start", "status-forward"),
        ("goes on after the end", "final-is-final"),
        ("counts on after the end", "final-is-stable"),
        ("lists what was once", "list-current"),
        ("loses every fourth read", "created-readable"),
        ("shows the last line of the logs only", "logs-grow"),
    ],
)
def test_state_machine__catches(name: str, rule: str) -> None:
    """A few random sequences reach the fault."""
    with mutant_target(BY_NAME[name], listening=False) as target:
        run(target)

    assert rule in failed_rules(target)


def test_state_machine__without_a_fault() -> None:
    """No rule fails on the mock server."""
    with mutant_target(Mutant("nothing", "", handle=forward)) as target:
        run(target)

    assert failed_rules(target) == set()


def test_state_machine__keeps_nothing_of_its_target() -> None:
    """Hypothesis keeps the class of each state machine, which would keep the server with all that it has recorded."""
    with mutant_target(Mutant("nothing", "", handle=forward), listening=False) as target:
        run_state_machine(target, runs=1, steps=2, wait_budget=0, seed=1)
        watched = weakref.ref(target)
    del target
    gc.collect()
    assert watched() is None
