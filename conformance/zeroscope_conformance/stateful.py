"""A state machine test: random sequences of operations and waits."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from .exchange import Exchange
from .target import ScenarioAbandonedError, Target

# A fixed list, as the choices of `st.floats` depend on the constants in all modules that happen to be loaded.
_PAUSES = st.sampled_from([0.1, 0.5, 1.0, 2.0, 5.0, 10.0])
_READS = 3


def run_state_machine(target: Target, *, runs: int, steps: int, wait_budget: float, seed: int) -> None:
    """Run random sequences of operations; the lifecycle tracker compares each response with earlier ones.

    Args:
        target: The server under test.
        runs: The number of sequences.
        steps: The maximum number of steps of each sequence.
        wait_budget: The longest wait of all sequences together, in seconds.
        seed: The seed that determines the sequences.
    """
    document = target.document
    # Hypothesis keeps the class for ever, and with it all that the class refers to.
    server, results = weakref.proxy(target), weakref.proxy(target.results)
    inputs = [document.required_input, document.shaped_input, document.scripted_input("slow")]
    inputs += [document.failing_input] if document.failing_input else []
    budget = [wait_budget]

    class PredictionMachine(RuleBasedStateMachine):
        """One sequence."""

        predictions: Bundle[str] = Bundle("predictions")

        def __init__(self) -> None:
            super().__init__()
            self.abandoned = False
            self.newest_first: list[str] = []

        def call(
            self, operation: Callable[[Any], tuple[dict[str, Any], Exchange]], argument: Any
        ) -> tuple[dict[str, Any], Exchange] | None:
            # Hypothesis's next choice must not depend on the server, so an abandoned sequence continues, but sends
            # nothing.
            if self.abandoned:
                return None
            try:
                return operation(argument)
            except ScenarioAbandonedError:
                self.abandoned = True
                return None

        @rule(target=predictions, input=st.sampled_from(inputs))
        def create(self, input: dict[str, Any]) -> str:
            created = self.call(server.create, input)
            if created is None:
                return ""
            self.newest_first.insert(0, created[0]["id"])
            return self.newest_first[0]

        @rule(id=predictions)
        def read(self, id: str) -> None:
            for _ in range(_READS):
                self.call(server.get, id)
                self.sleep(1.0)

        @rule(id=predictions)
        def cancel(self, id: str) -> None:
            self.call(server.get, id)
            canceled = self.call(server.cancel, id)
            if canceled is not None:
                prediction, exchange = canceled
                ended = prediction["status"] in document.final
                results.check("cancel-ends", ended, f"{id} has ended", exchange.summary, exchange)

        @rule()
        def list(self) -> None:
            if self.abandoned:
                return
            try:
                page = server.call("listPredictions")
            except ScenarioAbandonedError:
                self.abandoned = True
                return
            listed = [entry.get("id") for entry in page.page_entries]
            # The only page has all predictions; the first of several is full.
            expected = self.newest_first[: len(listed)] if page.page_link("next") else self.newest_first
            first = listed[: len(expected)]
            seen = ", ".join(map(str, first)) or "no entries"
            results.check("list-current", first == expected, f"first {', '.join(expected) or 'anything'}", seen, page)

        @rule(pause=_PAUSES)
        def wait(self, pause: float) -> None:
            self.sleep(pause)

        def sleep(self, pause: float) -> None:
            pause = min(pause, budget[0])
            budget[0] -= pause
            server.clock.sleep(pause)

    limits = settings(
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        phases=(Phase.generate,),
        # A server may be slow.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(hypothesis.seed(seed)(PredictionMachine), settings=limits)
