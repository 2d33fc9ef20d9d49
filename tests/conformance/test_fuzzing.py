"""The run of schemathesis, alone."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest

from helpers.faulty_servers import DOCUMENT, MUTANTS, Mutant, failed_rules, forward, mutant_target
from zeroscope_conformance.fuzzing import run_schemathesis
from zeroscope_conformance.target import Target

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}


class FoundError(Exception):
    """The rule has failed, so further phases are not needed."""


def run(target: Target, rule: str = "") -> None:
    """Run schemathesis, up to the phase in which a rule fails."""

    def stop_when_found(step: str) -> None:
        if rule in failed_rules(target):
            raise FoundError

    with suppress(FoundError):
        run_schemathesis(
            target.base_url,
            DOCUMENT,
            target.results,
            target.tracker,
            token=target.token,
            dialect="live",
            examples=5,
            seed=None,
            on_step=stop_when_found,
        )


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("is always just created", "facts-stay"),
        ("ends before it starts", "times-ordered"),
        ("succeeds with nothing", "succeeded-has-output"),
        ("drops the status", "response-schema-conformance"),
        ("outputs one video alone", "response-schema-conformance"),
        ("breaks down over a bad value", "not-a-server-error"),
        ("answers a create with 203", "status-code-conformance"),
        ("calls JSON text", "content-type-conformance"),
        ("ignores a minimum", "negative-data-rejection"),
        ("has lost a model", "positive-data-acceptance"),
        ("cuts the connection of a cancel", "always-answered"),
    ],
)
def test_schemathesis__catches(name: str, rule: str) -> None:
    """Generated requests reach the fault, and their responses are checked against the same rules."""
    with mutant_target(BY_NAME[name]) as target:
        run(target, rule)

    assert rule in failed_rules(target)
    finding = next(one for one in target.results.all() if one.rule.name == rule).findings[0]
    assert finding.seen and (finding.curl.startswith("curl ") or rule == "always-answered")
    assert target.token not in finding.curl + finding.seen


def test_schemathesis__without_a_fault() -> None:
    """No rule fails on the mock server."""
    with mutant_target(Mutant("nothing", "", handle=forward)) as target:
        run(target)

    assert failed_rules(target) == set()


def test_schemathesis__uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment does not come between the suite and a server, and stays in the environment."""
    for name in ("http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with mutant_target(Mutant("nothing", "", handle=forward)) as target:
        run(target)

    assert failed_rules(target) == set()
    assert os.environ["http_proxy"] == os.environ["ALL_PROXY"] == "http://127.0.0.1:9"
