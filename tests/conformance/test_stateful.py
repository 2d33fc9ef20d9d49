"""Random walks and schemathesis each find by themselves what contradicts an earlier answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
import pytest

from helpers.faulty_servers import MUTANTS, Mutant
from helpers.faulty_servers.mutants import DOCUMENT, TOKEN, running, untouched
from zeroscope_conformance.fuzzing import explore
from zeroscope_conformance.lifecycle import Ledger
from zeroscope_conformance.results import Results
from zeroscope_conformance.rules import rules_for
from zeroscope_conformance.stateful import wander
from zeroscope_conformance.target import Target

BY_NAME = {mutant.name: mutant for mutant in MUTANTS} | {"nothing": Mutant("nothing", "", spoil=untouched)}


class FoundError(Exception):
    """What was looked for is found."""


@dataclass
class Bench:
    """A faulty server and what is known of it."""

    target: Target

    def wander(self) -> None:
        wander(self.target, walks=20, steps=30, seconds=500, number=1)

    def explore(self, rule: str = "") -> None:
        """Run schemathesis, and no further phase of it once a rule is broken."""

        def tell(step: str) -> None:
            if rule in self.failed:
                raise FoundError

        target = self.target
        more = {"token": target.token, "dialect": "live", "examples": 5, "seed": None, "tell": tell}
        with suppress(FoundError):
            explore(target.base_url, DOCUMENT, target.results, target.ledger, **more)  # type: ignore[arg-type]  # of several types

    @property
    def failed(self) -> set[str]:
        """The rules that were broken."""
        return {result.rule.name for result in self.target.results.all() if result.verdict == "failed"}


@contextmanager
def bench(name: str, *, listening: bool = True) -> Iterator[Bench]:
    """The faulty server of a name, on a socket unless it is told otherwise."""
    results = Results(rules_for(DOCUMENT, "live"), TOKEN)
    with (
        running(BY_NAME[name], listening=listening) as given,
        httpx.Client(trust_env=False, transport=given.get("transport")) as client,
    ):
        ledger = Ledger(DOCUMENT, results)
        url = f"{given['url']}/v1"
        yield Bench(Target(client, url, given["token"], DOCUMENT, results, ledger, given["clock"], given["patience"]))


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
def test_random_walks__catch(name: str, rule: str) -> None:
    """A few walks in any order meet the fault."""
    with bench(name, listening=False) as tried:
        tried.wander()

    assert rule in tried.failed


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("is always just created", "facts-stay"),
        ("ends before it starts", "times-ordered"),
        ("succeeds with nothing", "succeeded-has-output"),
        ("drops the status", "response-schema-conformance"),
        ("breaks down over a bad value", "not-a-server-error"),
        ("answers a create with 203", "status-code-conformance"),
        ("calls JSON text", "content-type-conformance"),
        ("ignores a minimum", "negative-data-rejection"),
        ("has lost a model", "positive-data-acceptance"),
        ("cuts the connection of a cancel", "always-answered"),
    ],
)
def test_schemathesis__catches(name: str, rule: str) -> None:
    """Made-up requests meet the fault, and the answers go through the same rules."""
    with bench(name) as tried:
        tried.explore(rule)

    assert rule in tried.failed
    finding = next(one for one in tried.target.results.all() if one.rule.name == rule).findings[0]
    assert finding.seen and (finding.curl.startswith("curl ") or rule == "always-answered")
    assert tried.target.token not in finding.curl + finding.seen


def test_unspoiled_server__breaks_nothing() -> None:
    """Neither finds anything in a server that nobody spoiled."""
    with bench("nothing") as tried:
        tried.wander()
        tried.explore()

    assert tried.failed == set()
