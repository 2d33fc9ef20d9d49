"""What the README shows, run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import zeroscope
from helpers.command import Command
from helpers.pages import broken_links
from zeroscope_mock import MockServer
from zeroscope_mock.courses import prompts

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
CONSOLE = re.findall(r"^\$ (zeroscope .*|make .*)$", README, re.MULTILINE)


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.splitlines()[0])
def test_python__runs_as_shown(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Python block runs as it stands, with the mock server in place of the service."""
    monkeypatch.chdir(tmp_path)
    client = MockServer().client()
    if "import Zeroscope" in code:
        monkeypatch.setattr(zeroscope, "Zeroscope", lambda: client)
    exec(compile(code, "README.md", "exec"), {})
    if "astronaut.mp4" in code:
        assert (tmp_path / "astronaut.mp4").read_bytes()[4:8] == b"ftyp"


def test_example__is_about_ten_lines() -> None:
    """The first example stays short enough to be read at a glance."""
    assert len(PYTHON[0].splitlines()) <= 10


@pytest.mark.parametrize("line", [line for line in CONSOLE if line.startswith("zeroscope ")])
def test_command__is_one_that_exists(line: str, command: Command, server: MockServer) -> None:
    """Each command line of the README is accepted, and does what it is shown for."""
    prediction = server.client().predictions.create({"prompt": "A lighthouse in a storm"})
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)[1:]]
    words = [prediction.id if word == "gm3qorzdhgbfurvjtvhg6dckhu" else word for word in words if word != "--mock"]
    outcome = command(*words)
    assert outcome.code == 0, outcome.err
    assert outcome.out


@pytest.mark.parametrize("target", sorted({line.split()[1] for line in CONSOLE if line.startswith("make ")}))
def test_make_target__is_one_that_exists(target: str) -> None:
    """Each make target of the README is in the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_prompts__are_the_ones_there_are() -> None:
    """The table of prompts names every one that steers the mock server, and no other."""
    assert set(re.findall(r"^\| `mock:(\w+)", README, re.MULTILINE)) == set(prompts.PROMPTS)


def test_links__lead_to_files_that_exist() -> None:
    """Relative links and pictures are there."""
    assert broken_links(ROOT / "README.md") == []


def test_licence_and_independence__are_said() -> None:
    """Users are told of the weights' licence, and that the project is not Replicate's."""
    assert "CC-BY-NC-4.0" in README and "no commercial use" in README
    assert "not Replicate's" in README


def test_exit_codes__are_those_of_the_command() -> None:
    """The exit codes of the README are those of the command."""
    from zeroscope.cli import errors

    for code, meaning in (
        (errors.DONE, "when done"),
        (errors.FAILED, "when the prediction failed"),
        (errors.USAGE, "for bad"),
    ):
        assert f"{code} {meaning}" in README
    assert f"{errors.SERVICE} for the service" in README and f"{errors.INTERRUPTED} when" in README


def test_demo_line__looks_as_shown(command: Command) -> None:
    """`make demo` prints a line of the form that the README shows."""
    shown = re.search(r"^build/demo/(astronaut\.mp4: .*)$", README, re.MULTILINE)
    assert shown
    printed: Any = command("run", "An astronaut riding a horse", "--output", "astronaut.mp4").out.strip()
    assert re.sub(r"\d+ KiB, seed \d+", "", printed) == re.sub(r"\d+ KiB, seed \d+", "", shown[1])
