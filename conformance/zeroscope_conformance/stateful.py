"""A state machine that walks through the API at random, from a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test

from .checks import entries, link
from .exchange import Exchange
from .target import AbandonedError, Target

Asked = tuple[dict[str, Any], Exchange]

# Named one by one: what else Hypothesis would choose depends on the code that happens to be loaded.
_PAUSES = st.sampled_from([0.1, 0.5, 1.0, 2.0, 5.0, 10.0])
_LOOKS = 3


def wander(target: Target, *, walks: int, steps: int, seconds: float, number: int) -> None:
    """Create, read, list, cancel and wait in any order; the ledger compares what comes of it with what was before.

    Args:
        target: the server.
        walks: how many walks.
        steps: how many steps each has at most.
        seconds: how much of their time they may spend waiting, together.
        number: decides the walks.
    """
    document, results = target.document, target.results
    inputs = [document.required_input, document.shaped_input, document.steered_input("slow")]
    inputs += [document.failing_input] if document.failing_input else []
    left = [seconds]

    class Life(RuleBasedStateMachine):
        """One walk."""

        predictions: Bundle[str] = Bundle("predictions")

        def __init__(self) -> None:
            super().__init__()
            self.lost = False
            self.order: list[str] = []

        def ask(self, what: Callable[[Any], Asked], about: Any) -> Asked | None:
            # What is drawn next must not depend on the server, so that a walk goes on, but asks for nothing any more.
            if self.lost:
                return None
            try:
                return what(about)
            except AbandonedError:
                self.lost = True
                return None

        @rule(target=predictions, input=st.sampled_from(inputs))
        def create(self, input: dict[str, Any]) -> str:
            asked = self.ask(target.create, input)
            if asked is None:
                return ""
            self.order.insert(0, asked[0]["id"])
            return self.order[0]

        @rule(id=predictions)
        def read(self, id: str) -> None:
            for _ in range(_LOOKS):
                self.ask(target.get, id)
                self.wait_for(1.0)

        @rule(id=predictions)
        def cancel(self, id: str) -> None:
            self.ask(target.get, id)
            asked = self.ask(target.cancel, id)
            if asked is not None:
                canceled, exchange = asked
                ended = canceled["status"] in document.final
                results.check("cancel-ends", ended, f"{id} has ended", exchange.seen, exchange)

        @rule()
        def list(self) -> None:
            if self.lost:
                return
            try:
                page = target.call("listPredictions")
            except AbandonedError:
                self.lost = True
                return
            shown = [entry.get("id") for entry in entries(page)]
            # On the only page there is, all are; a first page of several is full.
            wanted = self.order[: len(shown)] if link(page, "next") else self.order
            seen = ", ".join(map(str, shown[: len(wanted)])) or "no entries"
            kept = shown[: len(wanted)] == wanted
            results.check("list-current", kept, f"first {', '.join(wanted) or 'whatever'}", seen, page)

        @rule(pause=_PAUSES)
        def wait(self, pause: float) -> None:
            self.wait_for(pause)

        def wait_for(self, pause: float) -> None:
            pause = min(pause, left[0])
            left[0] -= pause
            target.clock.sleep(pause)

    limits = settings(
        max_examples=walks,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        phases=(Phase.generate,),
        # A server takes as long as it takes.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(seed(number)(Life), settings=limits)
