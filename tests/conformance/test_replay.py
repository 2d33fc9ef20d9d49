"""`zeroscope conformance` with baselines, reports and recordings, and its replay."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis.configuration import storage_directory

import zeroscope_conformance
from helpers.command import Command
from helpers.failures import HOSTILE, PREDICTION, TOKEN, exchange, faulty_report, make_results, report_of
from helpers.faulty_servers import DOCUMENT, MUTANTS, serve_mutant
from zeroscope.cli.app import app
from zeroscope_conformance import Report, embedded, to_har
from zeroscope_conformance.cli.files import last_run_file, write_file
from zeroscope_conformance.cli.show import print_lines
from zeroscope_conformance.coverage import Coverage, Point

LIVE = ("conformance", "--dialect", "live")
Serve = Callable[[Report], None]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Makes the next runs have a report."""

    @contextmanager
    def nothing(dialect: str, spec: Path | None, models: dict[str, Path]) -> Iterator[dict[str, Any]]:
        yield {"url": "http://127.0.0.1:1", "token": TOKEN, "dialect": dialect}

    def use(report: Report) -> None:
        monkeypatch.setattr(zeroscope_conformance, "run_suite", lambda **settings: report)

    monkeypatch.setattr(embedded, "mock_server", nothing)
    return use


def complete(*failed: tuple[str, str], without: str = "") -> Report:
    """Return the report of a run that reached all rules but one."""
    results = make_results()
    for name in results.by_name:
        if name != without:
            results.check(name, True, "", "")
    for name, expected in failed:
        results.check(name, False, expected, "seen", exchange())
    return report_of(results, [exchange()])


FAILED = complete(("cancel-ends", "status canceled"))
ID = next(finding.id for result in FAILED.results for finding in result.findings)


def test_baseline__is_made_kept_and_updated(command: Command, serve: Serve) -> None:
    """Known failures pass, new ones fail, mended ones are told and stay until the next update."""
    options = (*LIVE, "--baseline", "known.json")
    serve(FAILED)
    assert command(*options).err == "zeroscope: known.json does not exist; --update-baseline makes it\n"
    made = command(*options, "--update-baseline")
    assert made.code == 0 and "known.json is updated" in made.out
    before = Path("known.json").read_bytes()

    again = command(*options)
    assert again.code == 0 and "baseline: 0 new, 1 known, 0 mended" in again.out
    assert f"{ID} cancel-ends of getPrediction, once, known" in again.out

    serve(complete(("cancel-ends", "status canceled"), ("logs-grow", "more logs")))
    worse = command(*options)
    assert worse.code == 1 and "baseline: 1 new, 1 known, 0 mended" in worse.out and " logs-grow" in worse.out

    serve(complete())
    mended = command(*options)
    assert mended.code == 0 and f"mended: {ID} cancel-ends" in mended.out
    assert Path("known.json").read_bytes() == before
    assert command(*options, "--update-baseline").code == 0
    assert json.loads(Path("known.json").read_bytes()) == {"failures": [], "not_reached": []}


def test_baseline__knows_rules_that_are_not_reached(command: Command, serve: Serve) -> None:
    """A rule that is known not to be reached fails no run; one that no longer is does."""
    options = (*LIVE, "--baseline", "known.json")
    serve(complete(without="webhook-once"))
    command(*options, "--update-baseline")
    assert command(*options).code == 0

    serve(complete(without="webhook-signed"))
    outcome = command(*options)
    assert outcome.code == 1 and "new: webhook-signed is not reached" in outcome.out
    assert "mended: webhook-once is reached" in outcome.out


@pytest.mark.parametrize("change", [{"errors": ["a mistake"]}, {"interrupted": True}])
def test_baseline__of_an_incomplete_run(command: Command, serve: Serve, change: dict[str, Any]) -> None:
    """A run that broke off or failed by itself does not pass, and changes no baseline."""
    serve(replace(complete(), **change))
    outcome = command(*LIVE, "--baseline", "known.json", "--update-baseline")

    assert outcome.code in {1, 130} and not Path("known.json").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--update-baseline"], "--update-baseline needs --baseline, the file to write"),
        (["--baseline", "broken.json"], "broken.json is not a baseline, which --update-baseline writes"),
        (["--baseline", "none/known.json", "--update-baseline"], "there is no folder none"),
        (["--html", "none/report.html"], "there is no folder none"),
        (["--sarif", "none/report.sarif"], "there is no folder none"),
        (["--save-har", "none/run.har"], "there is no folder none"),
        (["--html", "."], "--html . is a folder, not a file"),
        (["--baseline", ".", "--update-baseline"], "--baseline . is a folder, not a file"),
        (["--html", "same", "--json", "./same"], "--json same would overwrite the file of --html"),
        (
            ["--har", "broken.json", "--save-har", "broken.json"],
            "--save-har broken.json would overwrite the file of --har",
        ),
        (["--spec", "broken.json", "--json", "broken.json"], "--json broken.json would overwrite the file of --spec"),
        (
            ["--baseline", "known.json", "--json", "known.json"],
            "--json known.json would overwrite the file of --baseline",
        ),
        (
            ["--json", "a.json", "--baseline", "a.json", "--update-baseline"],
            "--baseline a.json would overwrite the file of --json",
        ),
        (["--model", "a/b=broken.json", "--json", "broken.json"], "would overwrite the file of --model"),
        (["replay", "abcdefgh"], "conformance.json does not exist; run zeroscope conformance first, or name a report"),
        (["replay", "abcdefgh", "--from", "none.json"], "none.json does not exist"),
        (["replay", "abcdefgh", "--from", "broken.json"], "broken.json is not a report that --json writes"),
        (["replay", "abcdefgh", "--from", "."], ". cannot be read: "),
        (["replay", "abcdefgh", "--from", "empty.json"], "empty.json has no failure abcdefgh"),
    ],
)
def test_errors__are_reported_in_a_sentence(command: Command, arguments: list[str], said: str) -> None:
    """Errors are reported before the first request, with exit code 2."""
    Path("broken.json").write_text("[1]", encoding="utf-8")
    Path("empty.json").write_text('{"runs": []}', encoding="utf-8")
    outcome = command("conformance", *arguments)

    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("zeroscope: ") and said in outcome.err.replace("\n", " ")


def test_folder__has_to_be_writable(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without permission is told before the run."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != Path.cwd())
    outcome = command(*LIVE, "--html", "a.html")

    assert (outcome.code, outcome.out) == (2, "") and "--html a.html cannot be written: no permission" in outcome.err


def test_folder__of_a_baseline_may_be_read_only(
    command: Command, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without an update, a baseline is only read."""
    serve(FAILED)
    options = (*LIVE, "--baseline", "known.json")
    command(*options, "--update-baseline")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != Path.cwd())

    assert command(*options).code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="there is no /dev/null")
def test_devices__may_be_named_twice(command: Command, serve: Serve) -> None:
    """What is written to a device overwrites nothing."""
    serve(complete())

    assert command(*LIVE, "--html", "/dev/null", "--json", "/dev/null").code == 0


def test_tables_of_hypothesis__are_in_the_cache(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run leaves nothing in the current folder."""
    monkeypatch.delenv("HYPOTHESIS_STORAGE_DIRECTORY", raising=False)
    folders: list[Path] = []

    @contextmanager
    def nothing(dialect: str, spec: Path | None, models: dict[str, Path]) -> Iterator[dict[str, Any]]:
        yield {"url": "http://127.0.0.1:1", "token": TOKEN, "dialect": dialect}

    def run_suite(**settings: Any) -> Report:
        folders.append(storage_directory("constants").path)
        return complete()

    monkeypatch.setattr(embedded, "mock_server", nothing)
    monkeypatch.setattr(zeroscope_conformance, "run_suite", run_suite)
    command(*LIVE)

    cache = last_run_file().parent / "hypothesis"
    assert folders == [cache / "constants"]
    assert cache not in storage_directory("constants").path.parents


@pytest.mark.parametrize("is_terminal", [False, True])
def test_lines__are_wrapped_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    """Lists of names fit the terminal, between words; a pipe gets whole lines, and a command is never cut."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal)
    names = ", ".join(result.rule.name for result in complete().results)
    lines = ["", f"not reached: {names}", f"  seen      {names}", f"  repeat    curl {names}", f"{'':12}{names}"]
    print_lines(lines)
    printed = capsys.readouterr().out.splitlines()

    if is_terminal:
        assert all(len(line) <= 60 for line in printed if not line.startswith("  repeat"))
        assert " ".join(" ".join(printed).split()) == " ".join(" ".join(lines).split())
        assert printed[0] == "" and printed[2].startswith("  ") and lines[3] in printed
        after = printed[next(index for index, line in enumerate(printed) if line.startswith("  seen")) + 1]
        assert after.startswith(" " * 12) and after[12] != " "
    else:
        assert printed == lines


def test_annotations__of_a_baseline(command: Command, serve: Serve) -> None:
    """An update that ends with 0 prints no error, and a later run tells nothing that is known."""
    serve(complete(("cancel-ends", "status canceled"), without="webhook-once"))
    options = (*LIVE, "--github", "--baseline", "known.json")
    for outcome in (command(*options, "--update-baseline"), command(*options)):
        assert outcome.code == 0 and "\n::notice title=" in outcome.out
        assert "::error" not in outcome.out and "::warning" not in outcome.out


def test_reports__are_all_written(command: Command, serve: Serve) -> None:
    """Each option writes its format, in place of an older file; none has the token."""
    serve(faulty_report())
    files = {"--html": "a.html", "--json": "a.json", "--junit": "a.xml", "--sarif": "a.sarif", "--save-har": "a.har"}
    Path("a.html").write_text("old", encoding="utf-8")
    outcome = command(*LIVE, *(word for option in files.items() for word in option))

    assert outcome.code == 1
    starts = {"a.html": "<!doctype html>", "a.json": "{", "a.xml": "<?xml", "a.sarif": "{", "a.har": "{"}
    for name, start in starts.items():
        text = Path(name).read_text(encoding="utf-8")
        assert text.startswith(start) and TOKEN not in text, name
    assert set(os.listdir()) == set(starts)
    values = json.loads(Path("a.json").read_bytes())
    assert values["options"]["dialect"] == "live" and values["options"]["spec"] is None
    finding = next(rule for rule in values["runs"][0]["rules"] if rule["rule"] == "bounds-enforced")["findings"][0]
    assert finding["request"]["method"] == "POST" and finding["response"]["status"] == 201
    assert finding["count"] == 2 and finding["step"] == "refusals"
    assert {"cause": "Responses lack the required property `id`"}.items() <= values["runs"][0]["causes"][0].items()


def test_terminal__gets_no_control_characters(command: Command, serve: Serve) -> None:
    """What the server sends, its URL included, is printed as escapes."""
    report = faulty_report()
    serve(replace(report, url=f"http://127.0.0.1/{HOSTILE}[red]", errors=[HOSTILE]))
    outcome = command(*LIVE, "--github", "--baseline", "known.json", "--update-baseline")

    assert all(line.isprintable() for line in outcome.out.split("\n"))
    assert "[red] (live)" in outcome.out and r"\x1b[31m" in outcome.out


@pytest.mark.parametrize(
    ("variable", "options", "annotated"),
    [(None, [], False), ("true", [], True), (None, ["--github"], True), ("true", ["--no-github"], False)],
)
def test_annotations__are_for_workflows(
    command: Command,
    serve: Serve,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    options: list[str],
    annotated: bool,
) -> None:
    """They are printed in a workflow of GitHub, or if the option says so."""
    if variable is not None:
        monkeypatch.setenv("GITHUB_ACTIONS", variable)
    serve(FAILED)

    assert ("\n::error title=" in command(*LIVE, *options).out) is annotated


def test_replay__repeats_the_step_of_the_last_run(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure is there as long as the server is faulty, is gone when it is mended, and costs one step only."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "ignores a minimum")
    server = [mutant]

    @contextmanager
    def run(dialect: str, spec: Path | None, models: dict[str, Path]) -> Iterator[dict[str, Any]]:
        with serve_mutant(server[0], listening=False) as arguments:
            yield {**arguments, "document": DOCUMENT, "dialect": dialect, "fuzz": False}

    monkeypatch.setattr(embedded, "mock_server", run)
    assert command(*LIVE, "--quick").code == 1
    last = json.loads(last_run_file().read_bytes())
    found = [one for rule in last["runs"][0]["rules"] if rule["rule"] == "bounds-enforced" for one in rule["findings"]]
    still = command("conformance", "replay", found[0]["id"])
    assert (still.code, f"{found[0]['id']} still fails" in still.out) == (1, True)
    assert "createPrediction accepts requests that break `minimum`" in still.out and TOKEN not in still.out
    assert set(still.err.split()) == {"live:", "refusals"}

    server[0] = replace(mutant, handle=lambda request: request.forward())
    gone = command("conformance", "replay", found[0]["id"])
    assert gone.code == 0 and f"{found[0]['id']} is gone: bounds-enforced was checked " in gone.out


@pytest.mark.parametrize(("whole", "code"), [(FAILED, 1), (complete(), 0), (report_of(make_results()), 1)])
def test_replay__repeats_the_whole_run_if_a_step_is_not_enough(
    command: Command, monkeypatch: pytest.MonkeyPatch, serve: Serve, whole: Report, code: int
) -> None:
    """A step that does not reach the rule by itself, such as pagination, is followed by all of them."""
    found = complete(("cancel-ends", "status canceled"))
    for result in found.results:
        result.findings = [replace(finding, step="pagination") for finding in result.findings]
    serve(found)
    command(*LIVE, "--seed", "7", "--json", "report.json")
    runs: list[Any] = []

    def run_suite(*, only: list[str] | None, seed: int, **settings: Any) -> Report:
        runs.append((only, seed, settings["dialect"]))
        return whole if only is None else complete(without="cancel-ends")

    monkeypatch.setattr(zeroscope_conformance, "run_suite", run_suite)
    outcome = command("conformance", "replay", ID, "--from", "report.json")

    assert runs == [(["pagination"], 7, "live"), (None, 7, "live")]
    assert outcome.code == code
    assert "cancel-ends was not reached by the step pagination alone; repeating the whole run" in outcome.out


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A HAR file in which a prediction has no id, and one request got a 418."""
    path = tmp_path / "session.har"
    shown = [exchange(body={"status": "starting"}), exchange(status=418, body={"detail": "no"})]
    path.write_text(to_har([report_of(make_results(), shown)]), encoding="utf-8")
    return path


def test_recording__is_checked_without_a_request(command: Command, recording: Path) -> None:
    """Rules and drift are printed and in the reports; rules that are not reached do not fail it."""
    outcome = command("conformance", "--har", recording.name, "--html", "a.html", "--junit", "a.xml")

    assert outcome.code == 1 and outcome.err == ""
    assert "Responses lack the required property `id`" in outcome.out
    assert "drift: the document and the service part in " in outcome.out
    assert "coverage of the document: " in outcome.out
    assert "<h3>Drift</h3>" in Path("a.html").read_text(encoding="utf-8")
    suite = ElementTree.parse("a.xml").find("testsuite")
    failed = set(re.findall(r"^│ ([a-z0-9-]+) +│ failed", outcome.out, re.MULTILINE))
    assert suite is not None and suite.get("failures") == str(len(failed)) != "0"


def test_recording__has_a_baseline_and_is_replayed(command: Command, recording: Path) -> None:
    """Known failures of recorded traffic pass, and a failure is repeated from the same file."""
    options = ("conformance", "--har", recording.name, "--baseline", "known.json")
    command(*options, "--update-baseline")
    assert command(*options).code == 0
    known = json.loads(Path("known.json").read_bytes())
    assert known["not_reached"] == [] and known["failures"]
    id = known["failures"][0]["id"]
    assert f"{id} still fails" in command("conformance", "replay", id).out

    mended = exchange(body={**PREDICTION, "urls": {"web": "https://example.test/p/1"}})
    recording.write_text(to_har([report_of(make_results(), [mended])]), encoding="utf-8")
    assert command(*options).code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://127.0.0.1:9"], "--har checks recorded traffic and sends nothing, so a URL has no meaning with it"),
        (["--quick"], "so --quick has no meaning with it"),
        (["--webhook-listen", "9"], "so --webhook-listen has no meaning with it"),
        (["--har", "none.har"], "none.har"),
        (["--min-coverage", "101"], "Must be <= 100"),
    ],
)
def test_recording__errors_are_reported_in_a_sentence(
    command: Command, recording: Path, arguments: list[str], said: str
) -> None:
    """Options of a run and files that cannot be read end the command with 2."""
    outcome = command("conformance", "--har", recording.name, *arguments)

    assert (outcome.code, outcome.out) == (2, "") and said in outcome.err.replace("\n", " ")


@pytest.mark.parametrize(
    ("points", "least", "code", "said"),
    [
        (None, None, 0, ""),
        (None, 1, 1, "the coverage of the document was not measured"),
        ((3, 1), None, 0, "coverage of the document: 75.0 %, 3 of 4"),
        ((3, 1), 75, 0, "coverage of the document: 75.0 %, 3 of 4"),
        ((3, 1), 75.1, 1, "the coverage is below 75.1 %"),
        ((3, 50), None, 0, "50 places were not reached; --html and --json list them"),
    ],
)
def test_coverage__has_to_be_enough(
    command: Command, serve: Serve, points: tuple[int, int] | None, least: float | None, code: int, said: str
) -> None:
    """The coverage is printed, and a run with less than demanded fails."""
    report = complete()
    if points is not None:
        made = [
            Point("parameters", "listPredictions", f"/paths/{number}", f"{number}") for number in range(sum(points))
        ]
        report = replace(report, coverage=Coverage(tuple(made[: points[0]]), dict.fromkeys(made[points[0] :], "why")))
    serve(report)
    outcome = command(*LIVE, *([] if least is None else ["--min-coverage", str(least)]), "--html", "a.html")

    assert outcome.code == code and said in outcome.out
    assert ("<h3>Coverage of the document</h3>" in Path("a.html").read_text(encoding="utf-8")) is (points is not None)


def test_last_run__is_for_the_user_alone(command: Command, serve: Serve) -> None:
    """The report is in the cache folder, without a token, and only its owner may read it."""
    serve(faulty_report())
    command(*LIVE)

    path = last_run_file()
    assert path.parent.name == "zeroscope" and TOKEN not in path.read_text(encoding="utf-8")
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_last_run__that_cannot_be_kept(command: Command, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run is not lost for that; the command says so."""
    Path("cache").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path("cache").resolve()))
    serve(complete())
    outcome = command(*LIVE)

    assert outcome.code == 0 and "this run cannot be replayed without --from, as it was not kept" in outcome.err


def test_file__is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """A file that cannot be replaced stays as it is, and nothing is left beside it; a pipe gets the text."""
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_file(tmp_path / "folder", "new")
    write_file(tmp_path / "file", "new")

    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_text(encoding="utf-8") == "new"
    if sys.platform != "win32":
        write_file(Path("/dev/null"), "new")
        assert Path("/dev/null").is_char_device()


def test_replay__is_a_command_of_the_command() -> None:
    """`zeroscope conformance URL` takes any other word for the URL."""
    assert app.parse_args(["conformance", "replay", "abcdefgh"])[0].__name__ == "replay"
    assert app.parse_args(["conformance", "http://replay"])[0].__name__ == "conformance"
