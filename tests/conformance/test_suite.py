"""The conformance suite on the mock server, and what it says of servers that are none of this API."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from helpers.faulty_servers.mutants import TOKEN
from helpers.other_servers import Echo, Files, serving
from zeroscope_conformance import Document, NotThisAPIError, Report, check, to_json, to_junit
from zeroscope_conformance import scenarios as all_scenarios
from zeroscope_conformance.detect import dialect_of, find
from zeroscope_conformance.embedded import mock
from zeroscope_conformance.rules import DialectName, rules_for
from zeroscope_mock import MockServer, Rate, RateLimits

DOCUMENT = Document.load()
DIALECTS: list[DialectName] = ["live", "published"]


@pytest.fixture(scope="module", params=DIALECTS)
def report(request: pytest.FixtureRequest) -> Report:
    """A short run on the unchanged mock server."""
    with mock(request.param) as arguments:
        return check(**arguments, quick=True)


def test_mock__keeps_every_rule(report: Report) -> None:
    """All rules of the dialect are reached and kept."""
    verdicts = {result.rule.name: result.verdict for result in report.results}

    assert verdicts == {rule.name: "passed" for rule in rules_for(DOCUMENT, report.dialect)}
    assert report.passed and report.errors == []


def test_webhooks__are_not_reached_without_a_receiver() -> None:
    """A run that nobody can send webhooks to does not pass, and says which rules it did not reach."""
    with mock("live") as arguments:
        report = check(**{**arguments, "receiver": None}, quick=True, explored=False)

    assert not report.passed and report.named("failed") == []
    assert {name for name in report.named("not reached") if name.startswith("webhook-")} == {
        rule.name for rule in rules_for(DOCUMENT, "live") if rule.name.startswith("webhook-")
    }


def test_limits__are_waited_for() -> None:
    """A server that turns away whoever asks too often breaks no rule."""
    limits = RateLimits(creates=Rate(30), reads=Rate(200), others=Rate(60))
    with MockServer(token=TOKEN, rate_limits=limits, streams=True) as server:
        asked = partial(check, "http://mock.test", token=TOKEN, quick=True, explored=False)
        report = asked(clock=server.clock, transport=server.transport)

    assert (report.named("failed"), report.errors) == ([], [])
    assert 429 in {exchange.status for exchange in server.journal}


def test_transport__is_none_for_schemathesis() -> None:
    """Where schemathesis is to make up requests, a transport is refused before anything is asked for."""
    server = MockServer()
    with pytest.raises(ValueError, match="give explored=False with a transport"):
        check("nowhere", token=TOKEN, transport=server.transport)
    assert len(server.journal) == 0


def test_mistake_of_the_suite__is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk that breaks down says so, and is counted neither for nor against the server."""

    def broken(target: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setitem(all_scenarios.WALKS, "course", broken)
    with mock("live") as arguments:
        report = check(**arguments, quick=True, explored=False)

    assert report.named("failed") == [] and not report.passed
    assert [error.splitlines()[-1] for error in report.errors] == ["RuntimeError: a mistake"]


def test_reports__hold_every_rule_and_finding(report: Report) -> None:
    """JSON and JUnit XML name each rule with what came of it."""
    told = json.loads(to_json([report, report]))
    suites = ElementTree.fromstring(to_junit([report, report]))

    names = [result.rule.name for result in report.results]
    assert told["passed"] and [run["dialect"] for run in told["runs"]] == [report.dialect] * 2
    assert [rule["rule"] for rule in told["runs"][0]["rules"]] == names
    assert [case.get("name") for case in suites.iter("testcase")] == names * 2
    assert [suite.get("failures") for suite in suites] == ["0", "0"]


@pytest.mark.parametrize(
    ("handler", "seen"),
    [
        (Echo, 'answers 200 application/json: {"method": "GET"'),
        (partial(Files, directory=str(Path(__file__).parent)), "answers 404 text/html"),
    ],
    ids=["echo", "files"],
)
def test_other_server__is_told_as_it_was_seen(handler: Callable[..., Any], seen: str) -> None:
    """A server that is none of this API ends the run before it begins, with what it answered."""
    with serving(handler) as url, pytest.raises(NotThisAPIError) as caught:
        check(url, token=TOKEN)

    assert f"{url} does not look like this API" in str(caught.value)
    assert f"GET {url}/v1/predictions {seen}" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:8000", "is no address of a server"),
        ("ftp://127.0.0.1", "is no address of a server"),
        ("http://127.0.0.1:9", "cannot be reached"),
    ],
)
def test_no_server__is_told(url: str, said: str) -> None:
    """An address that is none, and one where nobody answers, end the run before it begins."""
    with pytest.raises(NotThisAPIError, match=said):
        check(url, token=TOKEN)


def test_refused_token__is_told_without_it() -> None:
    """A server that does not take the token is not held to anything."""
    with MockServer(token="another").listen() as listening, pytest.raises(NotThisAPIError) as caught:
        check(listening.url, token=TOKEN)

    assert "does not accept the token; set REPLICATE_API_TOKEN" in str(caught.value)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "found"), [("", "/v1"), ("/", "/v1"), ("/v1", "/v1"), ("/v1/", "/v1"), ("/v2", None), ("/v1/files", None)]
)
def test_address__is_completed(given: str, found: str | None) -> None:
    """Where the API begins is found out if no path is given, and taken as given otherwise."""
    with httpx.Client(transport=MockServer().transport) as client:
        if found is not None:
            assert find(client, f"http://a.test{given}", TOKEN, DOCUMENT) == f"http://a.test{found}"
            return
        with pytest.raises(NotThisAPIError):
            find(client, f"http://a.test{given}", TOKEN, DOCUMENT)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_dialect__is_found_out_for_the_price_of_a_canceled_prediction(dialect: DialectName) -> None:
    """One create tells how a server speaks, and what it made is canceled."""
    server = MockServer(dialect=dialect)
    with httpx.Client(transport=server.transport) as client:
        assert dialect_of(client, "http://a.test/v1", TOKEN, DOCUMENT) == dialect
    assert [exchange.operation for exchange in server.journal] == ["createPrediction", "cancelPrediction"]
