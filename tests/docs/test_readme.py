"""Runs the code and the commands that the README shows."""

from __future__ import annotations

import gc
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.command import Command
from helpers.faulty_servers import MUTANTS
from helpers.pages import ROOT, broken_links, code_blocks, read_page
from zeroscope_conformance.rules import RULES
from zeroscope_mock import MockServer
from zeroscope_mock.lifecycle import prompts

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = code_blocks(README, "python")
# Those that need no server of the block before them.
PYTHON = [block for block in BLOCKS if "127.0.0.1" not in block]
CONSOLE = re.findall(r"^\$ (zeroscope .*|make .*)$", README, re.MULTILINE)


@pytest.mark.parametrize("code", PYTHON, ids=lambda code: code.splitlines()[0])
def test_python__runs_as_shown(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each Python block runs on its own, with the mock server in place of the service."""
    monkeypatch.chdir(tmp_path)
    client = MockServer().client()
    if "import Zeroscope" in code:
        monkeypatch.setattr(zeroscope, "Zeroscope", lambda: client)
    exec(compile(code, "README.md", "exec"), {})
    if "astronaut.mp4" in code:
        assert (tmp_path / "astronaut.mp4").read_bytes()[4:8] == b"ftyp"


def test_example__is_about_ten_lines() -> None:
    """The first examples stay short."""
    assert max(len(block.splitlines()) for block in BLOCKS[:2]) <= 10


@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="replicate 1.0.7 cannot be imported: it needs pydantic's version 1"
)
# The official client cannot be closed.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_first_command_and_example__run_as_shown() -> None:
    """The first command starts a server, with which the first example gets a text and a picture."""
    (line,) = [line for line in CONSOLE if line.startswith("zeroscope mock")]
    words = ["0" if word == "8000" else word for word in line.split()]
    names: dict[str, Any] = {}
    with subprocess.Popen(
        [Path(sys.executable).with_name(words[0]), *words[1:]], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            exec(compile(BLOCKS[0].replace("http://127.0.0.1:8000", url), "README.md", "exec"), names)
            picture = httpx.get(names["images"][0]).content
        finally:
            process.kill()
    names.pop("client")
    gc.collect()

    assert "lighthouse" in names["poem"]
    assert picture.startswith(b"\x89PNG")


@pytest.mark.parametrize("line", [line for line in CONSOLE if line.startswith("zeroscope ") and " mock " not in line])
def test_command__succeeds(line: str, command: Command, server: MockServer) -> None:
    """Each command line of the README runs, succeeds and prints something."""
    prediction = server.client().predictions.create({"prompt": "A lighthouse in a storm"})
    words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)[1:]]
    words = [prediction.id if word == "gm3qorzdhgbfurvjtvhg6dckhu" else word for word in words if word != "--mock"]
    outcome = command(*words)
    assert outcome.code == 0, outcome.err
    assert outcome.out


@pytest.mark.parametrize("target", sorted({line.split()[1] for line in CONSOLE if line.startswith("make ")}))
def test_make_target__exists(target: str) -> None:
    """Each make target of the README is in the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_prompt_table__lists_every_prompt() -> None:
    """The table lists exactly the prompts that steer the mock server."""
    assert set(re.findall(r"^\| `mock:(\w+)", README, re.MULTILINE)) == set(prompts.PROMPTS)


def test_numbers__are_those_of_the_code() -> None:
    """There are as many operations, rules and faulty servers as the README says."""
    assert "more than eighty rules" in " ".join(README.split()) and len(RULES) > 80
    assert "more than two hundred faulty servers" in " ".join(README.split()) and len(MUTANTS) > 200
    operations = re.findall(r"^\| `\w+` \| \w+ \| `[A-Z]+ ", read_page("service-operations.md"), re.MULTILINE)
    assert f"[all {len(operations)} operations]" in README


def test_links__have_targets() -> None:
    """The targets of relative links and images exist."""
    assert broken_links(ROOT / "README.md") == []


def test_license_and_independence__are_stated() -> None:
    """The README states the license of the weights, and that the project is not Replicate's."""
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


def test_demo__prints_the_line_shown(command: Command) -> None:
    """`make demo` prints a line in the form that the README shows."""
    shown = re.search(r"^build/demo/(astronaut\.mp4: .*)$", README, re.MULTILINE)
    assert shown
    printed: Any = command("run", "An astronaut riding a horse", "--output", "astronaut.mp4").out.strip()
    assert re.sub(r"\d+ KiB, seed \d+", "", printed) == re.sub(r"\d+ KiB, seed \d+", "", shown[1])
