"""Screens of every command with every option, kept in docs/screens.

`make screens` writes them anew.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from helpers.pages import ROOT
from zeroscope.cli.app import COMMANDS, app

if TYPE_CHECKING:
    from helpers.screens import Runner, Screen
elif sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)
else:
    from helpers.screens import Runner

FOLDER = ROOT / "docs" / "screens"
WIDTHS = (60, 80, 200, None)
VIDEO = "--init-video https://example.test/a.mp4 --init-weight 0.5"
FIELDS = (
    "--batch-size 1 --fps 8 --guidance-scale 7.5 --height 320 --model xl --negative-prompt text --num-frames 8 "
    "--num-inference-steps 50 --remove-watermark --seed 7 --width 576"
)
URL = "--base-url https://api.example.test/v1"
MOCK = "--mock --mock-speed 1000 --mock-seed 5"
# The command lines of each command; {done}, {failed} and {slow} are predictions.
LINES = {
    "": ["--help", "-h", "--version", "rum", ""],
    "run": [
        "run --help",
        'run "A lighthouse in a storm" -o lighthouse.mp4 --num-frames 8',
        'run "A lighthouse in a storm" "mock:fail out of luck" -o videos/ --num-frames 8',
        f'run --prompt "A lighthouse in a storm" {VIDEO} {FIELDS} --json --timeout 600 --no-stream {URL}',
        f'run "A lighthouse in a storm" -o old.mp4 --overwrite --open --num-frames 8 {MOCK}',
        'run "A lighthouse in a storm" --output old.mp4 --no-remove-watermark',
        "run --default-prompt --width 1 --fps x",
        'run "mock:slow" --timeout 1',
        "run A lighthouse",
        "run < /dev/null",
    ],
    "upscale": [
        "upscale --help",
        "upscale {done} --strength 0.7 -o large.mp4 --num-frames 8",
        f'upscale {{done}} --prompt "A lighthouse" {FIELDS} --json --timeout 600 --no-stream {URL}',
        f"upscale draft.mp4 --default-prompt --output old.mp4 --overwrite --open --no-remove-watermark {MOCK}",
        "upscale {failed}",
        "upscale missing.mp4",
        "upscale {done} --strength 2",
    ],
    "batch": [
        "batch --help",
        "batch prompts.txt --num-frames 8 --default-prompt",
        f"batch inputs.jsonl --json --concurrency 1 --timeout 600 --no-stream --journal storm.journal {URL}",
        # One after the other: on a real clock, any of two might end first.
        f"batch inputs.csv --format csv -o videos/ --concurrency 1 {MOCK}",
        f'batch prompts.txt --dry-run --prompt "A lighthouse" {VIDEO} {FIELDS}',
        "batch invalid.csv --no-remove-watermark",
        "batch empty.txt",
        "batch prompts.txt --output storm.mp4",
        "batch - --dry-run",
    ],
    "wait": [
        "wait --help",
        "wait {slow} {done} -o videos/",
        f"wait {{slow}} --output old.mp4 --overwrite --json --timeout 600 --no-stream {URL}",
        "wait {failed}",
        "wait {slow} --timeout 1",
    ],
    "get": ["get --help", "get {done}", f"get https://replicate.com/p/{{slow}} --json {URL}", "get unknown", "get"],
    "cancel": ["cancel --help", "cancel {slow}", f"cancel {{done}} --json {URL}", "cancel unknown"],
    "list": [
        "list --help",
        "list",
        f"list --status failed --limit 1 --json {URL}",
        "list --prompt storm --created-after 2h",
        "list --created-before 2000-01-01",
        "list --source web --created-after yesterday",
        "list --cursor x --status done",
    ],
    "mock": [
        "mock --help",
        "mock --port 0",
        (
            "mock --host 127.0.0.1 --port 0 --speed 10 --seed 7 --dialect published --account me --token the-token "
            "--clock virtual --rate-limits live --streams --blocking final --expired-wait processing "
            "--webhook-event logs --deployment-names short --inline-outputs --insecure-webhooks "
            "--prediction-limit 10 "
            "--storage-limit 1000 --journal-limit 10 --journal-body-limit 1000 --no-control --cors * "
            "--trust-forwarded --any-model"
        ),
        "mock --port 0 --quiet --no-streams --control --allow-host mock.test --state mock.db --log-format json",
        "mock --port 99999 --tls",
        "mock --tls-dir old.mp4/certificates --port 0",
        "mock --model nothing",
        "mock --models missing",
        "mock --save-model nothing",
        "mock --scripts missing.yaml --port 0",
        "mock --spec missing.yaml",
        "mock --reload",
    ],
    "conformance": [
        "conformance --help",
        "conformance http://127.0.0.1:1 --quick --dialect live --seed 7 --patience 5 --junit missing/report.xml",
        "conformance --webhook-listen 127.0.0.1:0 --webhook-url http://127.0.0.1:1",
        "conformance http://127.0.0.1:1 --webhook-url http://127.0.0.1:1 --json report.json",
        "conformance https://api.replicate.com/v1 --model nothing",
        "conformance https://api.replicate.com/v1 --allow-cost --webhook-listen nowhere",
        "conformance --spec missing.yaml",
        "conformance --html missing/report.html --sarif report.sarif --save-har run.har --github",
        "conformance --update-baseline --no-github",
        "conformance --baseline missing.json",
        "conformance --har missing.har --min-coverage 98",
        "conformance --dialect live --other-token a-token-of-another-account",
        "conformance http://127.0.0.1:1 --har missing.har",
        "conformance replay --help",
        "conformance replay unknown --from missing.json --allow-cost",
        "conformance replay",
    ],
    "completion": [
        "completion --help",
        "completion bash --install",
        "completion fish --install --overwrite",
        "completion tcsh",
    ],
}
SERVERS = [line for line in LINES["mock"] if "--port 0" in line and "missing" not in line and "--tls" not in line]


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """A process that runs command lines."""
    runner = Runner()
    yield runner
    runner.close()


def options_of(name: str) -> set[str]:
    """Return the options of a command."""
    if not name:
        return {*app.help_flags, *app.version_flags}
    arguments = app[name].assemble_argument_collection(parse_docstring=True)
    return {option for argument in arguments for option in argument.names if option.startswith("-")}


def written(line: str, screens: list[Screen]) -> str:
    """Return the screens of a command line as text."""
    parts = []
    for width, screen in zip(WIDTHS, screens, strict=True):
        place = f"a terminal of {width} columns" if width else "a pipe"
        err = f"--- stderr ---\n{screen.err}" if screen.err else ""
        parts.append(f"--- {place}, exit code {screen.code} ---\n{screen.out}{err}")
    return "\n".join([f"$ zeroscope {line}".rstrip(), "", *parts])


@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_screens__are_those_in_the_documentation(name: str, runner: Runner) -> None:
    """Each command line shows on terminals of three widths and in a pipe what docs/screens says."""
    texts = []
    for line in LINES[name]:
        words = [word for word in shlex.split(line) if word not in {"<", "/dev/null"}]
        texts.append(written(line, [runner.run(words, width, line in SERVERS) for width in WIDTHS]))
    text, path = "\n\n".join(texts), FOLDER / f"{name or 'zeroscope'}.txt"
    if "REWRITE_SCREENS" in os.environ:
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text.splitlines() == path.read_text(encoding="utf-8").splitlines(), "run `make screens`, and look at them"


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_option__is_on_a_screen(name: str) -> None:
    """A new command, and a new option, are tried in some command line."""
    tried = {word for line in LINES[name] for word in shlex.split(line)}
    assert options_of(name) - tried == set()


def test_files__are_those_of_the_commands() -> None:
    """No screen of a command that is gone is left."""
    assert {path.stem for path in FOLDER.iterdir()} == {name or "zeroscope" for name in LINES}


def test_screens__hold_no_traceback_and_no_tab() -> None:
    """No command line fails unforeseen, and nothing on a screen is wider than that."""
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert "Traceback" not in text and "\t" not in text and "exit code 70" not in text, path.name
