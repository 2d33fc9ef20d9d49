"""The suite, against the mock server."""

from __future__ import annotations

import json
from functools import partial
from xml.etree import ElementTree

import httpx
import pytest

from helpers.faulty_servers import DOCUMENT, TOKEN, Mutant, check_mutant
from helpers.faulty_servers.mutants import Request, Response
from zeroscope_conformance import NotThisAPIError, Report, run_suite, scenarios, suite, to_json, to_junit
from zeroscope_conformance.embedded import mock_server
from zeroscope_conformance.rules import DialectName, rules_for
from zeroscope_mock import MockServer, Rate, RateLimits


def test_mock_server__passes(report: Report) -> None:
    """All rules of the dialect are reached and pass."""
    verdicts = {result.rule.name: result.verdict for result in report.results}
    assert verdicts == {rule.name: "passed" for rule in rules_for(DOCUMENT, report.dialect)}
    assert report.passed and report.errors == []


def test_webhooks__are_not_reached_without_a_receiver() -> None:
    """A run without a receiver does not pass, and reports the rules that it did not reach."""
    with mock_server("live") as arguments:
        report = run_suite(**{**arguments, "receiver": None}, quick=True, fuzz=False)

    assert not report.passed and report.named("failed") == []
    assert {name for name in report.named("not reached") if name.startswith("webhook-")} == {
        rule.name for rule in rules_for(DOCUMENT, "live") if rule.name.startswith("webhook-")
    }


@pytest.mark.parametrize("dialect", ["live", "published"])
def test_streams__are_not_demanded(dialect: DialectName) -> None:
    """A server without streams passes; the rule about them does not apply to it, which the reports say."""
    with mock_server(dialect, streams=False) as arguments:
        report = run_suite(**arguments, quick=True)

    assert report.passed and report.named("not applicable") == ["stream-answers", "stream-adds-up"]
    reason = "a prediction that asked for a stream has no urls.stream"
    rules = {rule["rule"]: rule for rule in json.loads(to_json([report]))["runs"][0]["rules"]}
    assert (rules["stream-answers"]["verdict"], rules["stream-answers"]["inapplicable"]) == ("not applicable", reason)
    suite = ElementTree.fromstring(to_junit([report])).find("testsuite")
    assert suite is not None and (suite.get("failures"), suite.get("skipped")) == ("0", "2")
    skipped = suite.find("testcase[@name='stream-answers']/skipped")
    assert skipped is not None and skipped.get("message") == reason


def test_webhooks__need_not_be_shown() -> None:
    """The rule about the webhook that a prediction shows does not apply to a server that shows none."""

    def hide(request: Request) -> Response:
        response = request.forward()
        for prediction in response.predictions:
            prediction.pop("webhook", None)
        return response

    report = check_mutant(Mutant("shows no webhook", "", handle=hide))

    assert report.named("not applicable") == ["webhook-echoed"]


def test_rate_limits__are_respected() -> None:
    """A server that returns 429 to frequent requests breaks no rule."""
    limits = RateLimits(creates=Rate(30), reads=Rate(200), others=Rate(60))
    with MockServer(token=TOKEN, rate_limits=limits, streams=True) as server:
        run = partial(run_suite, "http://mock.test", token=TOKEN, quick=True, fuzz=False)
        report = run(clock=server.clock, transport=server.transport)

    assert (report.named("failed"), report.errors) == ([], [])
    assert 429 in {exchange.status for exchange in server.journal}


def test_account__that_has_predictions_of_other_models() -> None:
    """Their outputs are not those of the model that is checked."""
    output = {"type": "array", "items": {"type": "object", "required": ["file"], "properties": {"file": {}}}}
    models = {"someone/files": {"Output": output}, "someone/text": {"Output": {"type": "string"}}}
    files = {name: {"components": {"schemas": schemas}} for name, schemas in models.items()}
    with MockServer(token=TOKEN, models=files) as server:
        client = httpx.Client(transport=server.transport, headers={"Authorization": f"Bearer {TOKEN}"})
        client.post("http://mock.test/v1/predictions", json={"version": "someone/files", "input": {}})
        server.clock.advance(60)
        run = partial(run_suite, "http://mock.test", token=TOKEN, quick=True, fuzz=False, model="someone/text")
        report = run(clock=server.clock, transport=server.transport)

    assert (report.named("failed"), report.errors) == ([], [])
    assert "response-schema-conformance" in report.named("passed")


def test_transport__is_refused_with_schemathesis() -> None:
    """A transport without `fuzz=False` is refused before the first request."""
    server = MockServer()
    with pytest.raises(ValueError, match="pass fuzz=False with a transport"):
        run_suite("nowhere", token=TOKEN, transport=server.transport)
    assert len(server.journal) == 0


def test_certificates__of_the_environment_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of SSL_CERT_FILE, in every step, while the proxies of the environment are ignored."""
    monkeypatch.setattr(suite, "SCENARIOS", {"completion": scenarios.SCENARIOS["completion"]})
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with MockServer(token=TOKEN, streams=True) as server, server.listen(tls=True) as listening:
        run = partial(run_suite, listening.url, token=TOKEN, clock=server.clock, quick=True)
        with pytest.raises(NotThisAPIError, match="CERTIFICATE_VERIFY_FAILED"):
            run()
        monkeypatch.setenv("SSL_CERT_FILE", listening.environment["SSL_CERT_FILE"])
        report = run()

    assert (report.named("failed"), report.errors) == ([], [])
    assert "negative-data-rejection" in {result.rule.name for result in report.results if result.checked}


def test_certificates__that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the file."""
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(NotThisAPIError, match=r"the certificates in /nowhere/ca\.pem cannot be used: .*No such file"):
        run_suite("https://127.0.0.1:9", token=TOKEN)


def test_error_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario that raises is reported as an error, and breaks no rule."""

    def broken(target: object) -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setitem(scenarios.SCENARIOS, "completion", broken)
    with mock_server("live") as arguments:
        report = run_suite(**arguments, quick=True, fuzz=False)

    assert report.named("failed") == [] and not report.passed
    assert [error.splitlines()[-1] for error in report.errors] == ["RuntimeError: a mistake"]
