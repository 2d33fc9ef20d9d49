"""`zeroscope conformance`: what it prints, writes and returns."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import zeroscope_conformance
from helpers.command import Command
from helpers.faulty_servers import DOCUMENT, MUTANTS, OTHER_TOKEN, TOKEN, serve_mutant
from helpers.faulty_servers.models import MODEL, WRITER
from helpers.other_servers import Echo, serve
from zeroscope_conformance import RULES, Report, embedded, scenarios
from zeroscope_conformance.cli.runs import RunOptions
from zeroscope_conformance.embedded import mock_server
from zeroscope_mock import MockServer

SERVICE = DOCUMENT.raw["servers"][0]["url"]


def test_without_a_url__the_mock_server_passes_and_every_run_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes print a table of all rules, exit with 0, and check everything equally often."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    reports: list[Any] = []
    for number in range(2):
        files = [tmp_path / f"{number}.json", tmp_path / f"{number}.xml"]
        options = ["--quick", "--dialect", "published", "--json", str(files[0]), "--junit", str(files[1])]
        program = "from zeroscope.cli import main; raise SystemExit(main())"
        command = [sys.executable, "-c", program, "conformance", *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
        report = json.loads(files[0].read_bytes())["runs"][0]
        assert all(re.search(rf"{rule['rule']}\W+passed", done.stdout) for rule in report["rules"])
        assert f"{len(report['rules'])} rules: {len(report['rules'])} passed, 0 failed, 0 not reached" in done.stdout
        assert "published: schemathesis, stateful" in done.stderr
        assert len(list(ElementTree.parse(files[1]).iter("testcase"))) == len(report["rules"])
        reports.append([(rule["rule"], rule["checked"]) for rule in report["rules"]])

    assert reports[0] == reports[1]


@pytest.fixture
def faulty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A faulty server in place of the command's own."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == request.param)

    @contextmanager
    def run(dialect: str, spec: Path | None, models: dict[str, Path]) -> Iterator[dict[str, Any]]:
        with serve_mutant(mutant) as arguments:
            yield {**arguments, "document": DOCUMENT, "dialect": dialect}

    monkeypatch.setattr(embedded, "mock_server", run)


@pytest.mark.parametrize("faulty", ["does nothing when told to cancel"], indirect=True)
@pytest.mark.usefixtures("faulty")
def test_failure__is_reported_with_its_reproduction(command: Command, tmp_path: Path) -> None:
    """The rule, the expected and the actual response, and a curl command without the token; the exit code is 1."""
    outcome = command("conformance", "--quick", "--dialect", "live", "--json", "report.json", "--junit", "report.xml")

    assert outcome.code == 1 and TOKEN not in outcome.out + outcome.err
    assert re.search(r"cancel-ends\W+failed", outcome.out)
    rule = next(rule for rule in RULES if rule.name == "cancel-ends")
    lines = outcome.out.partition(f"cancel-ends: {rule.says}\n")[2].splitlines()
    assert lines[0] == "  expected  status canceled"
    assert re.match(r'  seen      200 application/json: {"id": ', lines[1])
    curl = "  repeat    curl -i -X POST -H 'authorization: Bearer '\"$REPLICATE_API_TOKEN\" http://"
    assert lines[2].startswith(curl)
    assert re.match(r"  document  the built-in document: #/paths/~1predictions~1{prediction_id}", lines[3])
    assert re.match(r"  failure   \w{8} cancel-ends of cancelPrediction, (once|\d times)$", lines[4])
    assert "1 failed" in outcome.out
    written = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert json.loads(written)["passed"] is False and TOKEN not in written
    assert ElementTree.parse(tmp_path / "report.xml").findall(".//testcase[@name='cancel-ends']/failure")


def test_internal_error__is_reported_as_one(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the suite itself is not blamed on the server, and the exit code is 1."""

    def broken(url: str, **settings: object) -> Report:
        return Report(url, "live", [], ["completion: a mistake"], 0.0)

    monkeypatch.setattr(zeroscope_conformance, "run_suite", broken)
    outcome = command("conformance", "--dialect", "live")

    assert outcome.code == 1
    assert "The suite itself failed, which says nothing of the server: completion: a mistake" in outcome.out


def test_rule_that_does_not_apply__is_named_with_its_reason(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without streams ends with exit code 0, and the output says which rule does not apply, and why."""
    monkeypatch.setattr(embedded, "mock_server", partial(mock_server, streams=False))
    outcome = command("conformance", "--quick", "--dialect", "live")

    assert outcome.code == 0
    assert re.search(r"stream-answers\W+not applicable", outcome.out)
    assert "not applicable: stream-answers, as a prediction that asked for a stream has no urls.stream" in outcome.out
    assert "0 failed, 0 not reached, 4 not applicable" in outcome.out


def test_interrupted_run__reports_its_results(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the run, prints the table of the results so far, and exits with 130."""

    def interrupt(target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setitem(scenarios.SCENARIOS, "completion", interrupt)
    outcome = command("conformance", "--quick", "--json", "report.json")

    assert outcome.code == 130 and "zeroscope: interrupted" in outcome.err
    assert re.search(r"unknown-id-404\W+passed", outcome.out) and "published" not in outcome.out
    assert re.search(r"list-complete\W+not reached", outcome.out)
    assert [run["interrupted"] for run in json.loads(Path("report.json").read_bytes())["runs"]] == [True]


def test_url__is_checked_with_the_token_of_the_environment(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server elsewhere must follow the same rules; a receiver's URL is passed to it."""
    seen: list[dict[str, Any]] = []

    def run_suite(url: str, **settings: Any) -> Report:
        seen.append({"url": url, **settings})
        return Report(url, "live", [], [], 0.0)

    monkeypatch.setattr(zeroscope_conformance, "run_suite", run_suite)
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    listen = ["--webhook-listen", "127.0.0.1:0", "--webhook-url", "https://tunnel.test/"]
    outcome = command("conformance", "http://127.0.0.1:1", *listen, "--patience", "7", "--seed", "3")

    assert outcome.code == 0
    given = {name: seen[0][name] for name in ("url", "token", "patience", "seed")}
    assert given == {"url": "http://127.0.0.1:1", "token": TOKEN, "patience": 7, "seed": 3}
    assert seen[0]["receiver"].url == "https://tunnel.test"


@pytest.mark.parametrize("given", ["option", "variable"])
def test_other_token__is_passed_on_and_shown_nowhere(
    command: Command, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """A token of another account; without one, the rules on two accounts use unknown tokens only."""
    seen: list[str | None] = []

    def run_suite(url: str, **settings: Any) -> Report:
        seen.append(settings["other_token"])
        return Report(url, "live", [], [], 0.0)

    monkeypatch.setattr(zeroscope_conformance, "run_suite", run_suite)
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    options = ["--json", "report.json", *(["--other-token", OTHER_TOKEN] if given == "option" else [])]
    command("conformance", "http://127.0.0.1:1")
    if given == "variable":
        monkeypatch.setenv("REPLICATE_OTHER_API_TOKEN", f" {OTHER_TOKEN}\n")
    outcome = command("conformance", "http://127.0.0.1:1", *options)

    report = Path("report.json").read_text(encoding="utf-8")
    assert seen == [None, OTHER_TOKEN]
    assert json.loads(report)["options"]["other_token"] is True
    assert OTHER_TOKEN not in outcome.out + outcome.err + report + repr(RunOptions(other_token=OTHER_TOKEN))


@pytest.mark.parametrize("variable", ["REPLICATE_OTHER_API_TOKEN", None])
def test_other_token__is_needed_again_by_a_replay(
    command: Command, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    """Without it, a failure between two accounts would seem to be gone."""
    finding = {"id": "abc", "step": "accounts"}
    run = {"dialect": "live", "rules": [{"rule": "accounts-separate", "findings": [finding]}]}
    options = {"url": "http://127.0.0.1:9", "other_token": True}
    Path("report.json").write_text(json.dumps({"options": options, "runs": [run]}), encoding="utf-8")
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    if variable:
        monkeypatch.setenv(variable, OTHER_TOKEN)
    outcome = command("conformance", "replay", "abc", "--from", "report.json")

    said = outcome.err.replace("\n", " ")
    assert ("that run had the token of another account; pass it again" in said) is (variable is None)
    assert ("cannot be reached" in said) is (variable is not None)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--other-token", "another-token"], 2, "--other-token are for a server with a URL"),
        (["http://127.0.0.1:9", "--other-token", TOKEN], 2, "is the one in REPLICATE_API_TOKEN; pass that of another"),
        (["http://127.0.0.1:9", "--other-token", "short"], 2, "the other account must have at least 8 characters"),
        (["--har", "a.har", "--other-token", "another-token"], 2, "so --other-token has no meaning with it"),
        ([SERVICE], 2, "is the service itself, which would bill you for several hundred predictions"),
        (["http://127.0.0.1:9"], 3, "http://127.0.0.1:9/v1/predictions cannot be reached"),
        (["127.0.0.1:9"], 2, "'127.0.0.1:9' is not the URL of a server"),
        (["ftp://a.test"], 2, "'ftp://a.test' is not the URL of a server"),
        (["http://[::1"], 2, "'http://[::1' is not the URL of a server"),
        (["http://127.0.0.1:port"], 2, "'http://127.0.0.1:port' is not the URL of a server"),
        (["http://127.0.0.1:9", "--webhook-listen", "a.test"], 2, "--webhook-listen a.test is not HOST:PORT"),
        (["http://127.0.0.1:9", "--webhook-listen", "127.0.0.1:99999"], 2, "--webhook-listen 127.0.0.1:99999: "),
        (["http://127.0.0.1:9", "--webhook-url", "http://a.test"], 2, "--webhook-url needs --webhook-listen"),
        (["--webhook-listen", "127.0.0.1:0"], 2, "are for a server with a URL"),
        (["--spec", "none.yaml"], 2, "none.yaml cannot be read: No such file or directory"),
        (["--json", "none/report.json"], 2, "there is no folder none"),
        (["--dialect", "spoken"], 2, 'Choose from: "live", "published"'),
        (["--patience", "0"], 2, "Must be > 0"),
        (["--model", "writer"], 2, "--model writer is not OWNER/NAME, OWNER/NAME:VERSION or OWNER/NAME=FILE"),
        (["--model", "a/b="], 2, "--model a/b needs a file"),
        (["--model", "a/b=none.json"], 2, "none.json cannot be read: No such file or directory"),
        (["--model", "a/b"], 3, "/models/a/b describes no version of the model"),
        (["http://127.0.0.1:9", "--model", "a/b=none.json"], 2, "none.json cannot be read: No such file or directory"),
    ],
)
def test_errors__are_reported_in_a_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, said: str
) -> None:
    """Errors are reported before the first request: exit code 2 for the command line, 3 for the server."""
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    outcome = command("conformance", *arguments)

    assert (outcome.code, outcome.out) == (code, "")
    assert outcome.err.startswith("zeroscope: ") and said in outcome.err.replace("\n", " ")


def test_url__with_a_password_is_refused(command: Command) -> None:
    """The sentence does not show it."""
    outcome = command("conformance", "http://me:0123pw@127.0.0.1:9")

    assert (outcome.code, outcome.out) == (2, "") and "0123pw" not in outcome.err
    assert "it has a user name or password in it" in outcome.err.replace("\n", " ")


def test_token__has_to_be_set(command: Command) -> None:
    """Without a token no request is sent; the sentence names the variable."""
    outcome = command("conformance", "http://127.0.0.1:9")

    assert outcome.code == 2 and "no token for http://127.0.0.1:9: set REPLICATE_API_TOKEN" in outcome.err


def test_token__has_to_be_long_enough(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short one could occur by chance, and the report would show the variable in its place."""
    monkeypatch.setenv("REPLICATE_API_TOKEN", "x")

    outcome = command("conformance", "http://127.0.0.1:9")

    assert outcome.code == 2 and "the token in REPLICATE_API_TOKEN must have at least 8 characters" in outcome.err


def test_other_server__is_reported_with_its_response(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """An echo server ends the command with 3 and its response."""
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    with serve(Echo) as url:
        outcome = command("conformance", url)

    assert outcome.code == 3 and outcome.out == ""
    assert "does not look like this API" in outcome.err and "returned 200 application/json" in outcome.err
    assert TOKEN not in outcome.err


@pytest.mark.parametrize(
    ("module", "arguments", "extra"),
    [("schemathesis", [], "zeroscope[conformance]"), ("httptools", [], "zeroscope[mock]")],
)
def test_missing_extra__is_named(
    command: Command, monkeypatch: pytest.MonkeyPatch, module: str, arguments: list[str], extra: str
) -> None:
    """Without a package that it needs, the command says which extra installs it."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find_spec(name))
    outcome = command("conformance", *arguments)

    assert outcome.code == 2 and f"'{extra}'" in outcome.err


def test_spec__applies_to_server_and_suite(tmp_path: Path) -> None:
    """The mock server and the rules both follow another document."""
    raw = json.loads(json.dumps(DOCUMENT.raw))
    raw["components"]["schemas"]["PredictionInput"]["properties"]["width"]["maximum"] = 512
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(raw), encoding="utf-8")

    with mock_server("live", path) as arguments:
        assert "bounds-enforced" in zeroscope_conformance.run_suite(**arguments, quick=True, fuzz=False).named("passed")
    with mock_server("live", path) as arguments:
        old = {**arguments, "document": DOCUMENT}
        assert zeroscope_conformance.run_suite(**old, quick=True, fuzz=False).named("failed") == []
    with MockServer(token=TOKEN, streams=True) as server, server.listen() as listening:
        new = {"document": arguments["document"], "clock": server.clock}
        report = zeroscope_conformance.run_suite(listening.url, token=TOKEN, quick=True, fuzz=False, **new)
    assert "bounds-enforced" in report.named("failed")


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_model__of_a_file_runs_on_the_mock_server(command: Command, tmp_path: Path, suffix: str) -> None:
    """The mock server loads the file, and the report says which rules do not apply to the model."""
    path = tmp_path / f"writer.{suffix}"
    path.write_text(json.dumps(WRITER), encoding="utf-8")
    options = ["--quick", "--dialect", "live", "--json", "report.json", "--junit", "report.xml"]
    outcome = command("conformance", "--model", f"{MODEL}={path}", *options)

    assert outcome.code == 0, outcome.out
    assert f"(live, {MODEL})" in outcome.out
    assert "not applicable: outputs-fetchable, as the output of the model has no files" in outcome.out
    run = json.loads(Path("report.json").read_bytes())["runs"][0]
    reasons = {rule["rule"]: rule["inapplicable"] for rule in run["rules"] if rule["verdict"] == "not applicable"}
    assert reasons["enum-enforced"] == "no field of the input has enum"
    assert (run["model"], run["passed"]) == (MODEL, True)
    suite = ElementTree.parse(Path("report.xml")).find("testsuite")
    assert suite is not None and suite.get("name", "").endswith(f"(live, {MODEL})")


@pytest.mark.parametrize("with_file", [False, True])
def test_model__of_a_server_elsewhere(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, with_file: bool
) -> None:
    """A server with a URL describes the model itself, unless the option has a file."""
    given: list[dict[str, Any]] = []

    def run_suite(url: str, **settings: Any) -> Report:
        given.append(settings)
        return Report(url, "live", [], [], 0.0)

    monkeypatch.setattr(zeroscope_conformance, "run_suite", run_suite)
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)
    path = tmp_path / "writer.json"
    outcome = command("conformance", "http://127.0.0.1:1", "--model", f"{MODEL}={path}" if with_file else MODEL)

    assert outcome.code == 0
    assert (given[0]["model"], given[0]["version"]) == (MODEL, path if with_file else None)
