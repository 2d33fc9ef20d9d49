"""The scenarios, each alone."""

from __future__ import annotations

import pytest

from helpers.faulty_servers import DOCUMENT, Mutant, failed_rules, forward, mutant_target
from helpers.faulty_servers.mutants import Handler, Request, Response
from zeroscope_conformance.scenarios import SCENARIOS, completion, filters, pagination

ALL = {
    **SCENARIOS,
    "pagination": pagination.follow_pages,
    "filters": filters.filter_list,
    "later reads": completion.read_again,
}
REACHED = {
    "refusals": {
        *("no-token-401", "wrong-token-401", "unknown-id-404", "refusals-are-problems", "refusal-names-field"),
        *("bounds-enforced", "enum-enforced", "types-enforced", "required-enforced", "unknown-names-refused"),
        "created-once",
    },
    "inputs": {"bounds-enforced", "enum-enforced", "positive-data-acceptance", "created-readable", "input-echoed"},
    "completion": {
        *("prediction-ends", "final-is-final", "final-is-stable", "succeeded-has-output", "failed-has-error"),
        *("times-ordered", "logs-grow", "outputs-grow", "start-stays", "status-forward", "cancel-repeatable"),
    },
    "cancellation": {"cancel-ends", "cancel-repeatable", "final-is-final", "final-is-stable"},
    "authentication": {"auth-schemes"},
    "versions": {"version-forms"},
    "held creates": {"prefer-waits", "prefer-confirmed", "prefer-runs-out", "prefer-limited", "prefer-agrees"},
    "limited runs": {"cancel-after-ends"},
    "outputs": {"outputs-fetchable", "outputs-repeatable", "outputs-decode", "outputs-as-asked"},
    "urls": {"urls-absolute", "urls-present", "urls-answer"},
    "streams": {"stream-answers", "stream-adds-up", "stream-ordered", "stream-shared"},
    "files": {"file-described", "file-digests", "file-expires"},
    "creates": {"created-once", "created-in-order", "creates-separate", "limits-separate"},
    "concurrency": {"creates-separate", "created-once", "created-readable", "responses-matched", "cancels-agree"},
    "accounts": {"accounts-separate", "secret-stays"},
    "later reads": {"data-kept"},
    "pagination": {"list-newest-first", "list-complete", "list-steady", "list-links", "list-current"},
    "filters": {"list-filtered", "filter-refused"},
}
"""The rules that each scenario has to reach by itself, without those of every response."""


@pytest.mark.parametrize("name", REACHED)
def test_scenario__reaches_its_rules(name: str) -> None:
    """A scenario reaches its rules, and none fails on the mock server."""
    run = ALL[name]
    with mutant_target(Mutant("nothing", "", handle=forward), listening=False) as target:
        run(target)

    reached = {result.rule.name for result in target.results.all() if result.checked}
    assert REACHED[name] - reached == set()
    assert failed_rules(target) == set()


def test_scenarios__are_all_tested() -> None:
    """Every scenario has its rules above."""
    assert set(ALL) == set(REACHED)


def hide_versions(request: Request) -> Response:
    """Hide the version of every prediction, as the service does for its official models."""
    response = request.forward()
    for prediction in response.predictions:
        prediction["version"] = DOCUMENT.hidden_version
    return response


def describe_no_models(request: Request) -> Response:
    """Respond to requests for models as to unknown paths."""
    if "/models/" in request.path:
        return Response(404, {"content-type": "application/problem+json"}, {"detail": "Not found.", "status": 404})
    return request.forward()


@pytest.mark.parametrize("handle", [hide_versions, describe_no_models])
def test_versions__need_not_be_known(handle: Handler) -> None:
    """A server that hides versions, or does not describe models, runs each form of a version."""
    with mutant_target(Mutant("tells less", "", handle=handle), listening=False) as target:
        SCENARIOS["versions"](target)

        assert failed_rules(target) == set()
