"""The suite, against the mock server."""

from __future__ import annotations

import base64
import html
import json
import logging
from functools import partial
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest

from helpers.faulty_servers import DOCUMENT, MUTANTS, OTHER_TOKEN, TOKEN, Mutant, check_mutant, serve_mutant
from helpers.faulty_servers.mutants import Request, Response
from helpers.pages import ROOT
from zeroscope_conformance import (
    RULES,
    DocumentSource,
    NotThisAPIError,
    Report,
    run_suite,
    scenarios,
    suite,
    to_har,
    to_html,
    to_json,
    to_junit,
    to_sarif,
)
from zeroscope_conformance.embedded import mock_server
from zeroscope_conformance.reports.terminal import format_report
from zeroscope_conformance.rules import DialectName, rules_for
from zeroscope_mock import MockServer, Rate, RateLimits

SOURCE = DocumentSource.load(folder=ROOT)
STREAMS = [rule.name for rule in RULES if rule.name.startswith("stream-")]


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

    assert report.passed and report.named("not applicable") == STREAMS
    reason = "a prediction that asked for a stream has no urls.stream"
    rules = {rule["rule"]: rule for rule in json.loads(to_json([report]))["runs"][0]["rules"]}
    assert (rules["stream-answers"]["verdict"], rules["stream-answers"]["inapplicable"]) == ("not applicable", reason)
    suite = ElementTree.fromstring(to_junit([report])).find("testsuite")
    assert suite is not None and (suite.get("failures"), suite.get("skipped")) == ("0", str(len(STREAMS)))
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

    # Without a socket, the mock server sends no dates.
    assert report.named("not applicable") == ["date-forward", "webhook-echoed"]


@pytest.mark.parametrize("fuzz", [False, True])
def test_cookies__are_refused(fuzz: bool) -> None:
    """A proxy's session, which needs no token, is not kept from one request to the next, and shows nowhere."""

    def proxy(request: Request) -> Response:
        if "sid=0123cookie" in request.headers.get("cookie", ""):
            request.headers["authorization"] = f"Bearer {TOKEN}"
        response = request.forward()
        if response.status < 300:
            response.headers["set-cookie"] = "sid=0123cookie; Path=/"
        return response

    report = check_mutant(Mutant("keeps a session", "", handle=proxy, fuzz=fuzz))

    assert (report.named("failed"), report.errors) == ([], [])
    assert not any("cookie" in exchange.request_headers for exchange in report.exchanges)
    assert "0123cookie" not in to_html([report], SOURCE) + to_json([report]) + to_har([report])


@pytest.mark.parametrize("token", ['r8_"&<+/=%41\\secretzzQ', "r8_0123456789abcdefgh"])
def test_tokens__show_nowhere(token: str) -> None:
    """A server that repeats tokens, in whatever form, brings them into no report; nor does another account's."""
    other, document = "the-token-of-another-account", "http://mock.test"
    forms = [
        token,
        other,
        json.dumps(token)[1:-1],
        json.dumps(token)[1:-1].replace("/", "\\/"),
        quote(token, safe=""),
        quote(token),
        base64.b64encode(token.encode()).decode(),
        base64.b64encode(f"{other}:".encode()).decode().rstrip("=")[:-2],
    ]

    def respond(request: httpx.Request) -> httpx.Response:
        response = server.transport.handle_request(request)
        body, content = response.read(), "\n".join(forms)
        if request.method == "POST" and response.status_code < 300:
            headers = {
                "content-type": "text/plain",
                "x-copy": json.dumps(forms),
                "link": f"</?sig=0123secret&{forms[4]}>",
            }
            return httpx.Response(500, headers=headers, content=content)
        return httpx.Response(response.status_code, headers=response.headers, content=body)

    with MockServer(streams=True) as server:
        run = partial(run_suite, document, token=token, other_token=other, quick=True, fuzz=False, dialect="live")
        report = run(clock=server.clock, transport=httpx.MockTransport(respond))

    assert report.named("failed")
    shown = to_json([report]) + to_html([report], SOURCE) + to_junit([report]) + to_har([report])
    shown += to_sarif([report], SOURCE) + "\n".join(format_report(report, SOURCE))
    for form in (*forms, "0123secret"):
        for written in (form, json.dumps(form)[1:-1], html.escape(form)):
            assert written not in shown


@pytest.mark.parametrize(
    "url", ["http://me:0123pw@a.test", "me:0123pw@a.test", "ftp://0123pw@a.test", "http://0123pw@["]
)
def test_url__with_a_password_is_refused(url: str) -> None:
    """The sentence does not show it."""
    with pytest.raises(NotThisAPIError, match="it has a user name or password in it") as caught:
        run_suite(url, token=TOKEN)
    assert "0123pw" not in str(caught.value)


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


def test_other_account__need_not_be_there() -> None:
    """Without a token of another account, unknown tokens and none show whether accounts are separate."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "takes a read for any token from a cache")
    with serve_mutant(mutant, listening=False) as arguments:
        report = run_suite(**{**arguments, "other_token": None}, quick=True, fuzz=False)

    assert (report.named("failed"), report.errors) == (["accounts-separate"], [])


def test_other_account__whose_token_is_refused() -> None:
    """That is a mistake of the caller, and no broken rule."""
    with MockServer(token=TOKEN, streams=True) as server:
        run = partial(run_suite, "http://mock.test", token=TOKEN, other_token=OTHER_TOKEN, quick=True, fuzz=False)
        with pytest.raises(NotThisAPIError) as caught:
            run(clock=server.clock, transport=server.transport)

    assert "does not accept the token of the other account; set REPLICATE_OTHER_API_TOKEN" in str(caught.value)
    assert OTHER_TOKEN not in str(caught.value)


def test_other_account__whose_token_is_returned() -> None:
    """A server that sends back the token of the other account does not make a finding show it."""

    def send_back(request: Request) -> Response:
        if OTHER_TOKEN in request.headers.get("authorization", ""):
            return Response(200, {"content-type": "application/json"}, {"id": OTHER_TOKEN, "status": "starting"})
        return request.forward()

    report = check_mutant(Mutant("sends a token back", "", handle=send_back))

    (result,) = (result for result in report.results if result.rule.name == "accounts-separate")
    assert result.findings and OTHER_TOKEN not in to_json([report]) + to_junit([report])


def test_embedded_server__prints_no_advice(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its log is for its users; in the command's output, it would be about the suite's own polls."""
    log = logging.getLogger("zeroscope_mock")
    # As in a program that does not handle logs.
    monkeypatch.setattr(log, "propagate", False)
    with mock_server("live"):
        log.warning("the list was polled")
    assert capfd.readouterr().err == ""
    log.warning("the list was polled")
    assert "polled" in capfd.readouterr().err
