"""Runs the code of the page on any model, as files of a project."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from helpers.command import Command
from helpers.pages import ROOT, code_blocks, read_page
from helpers.projects import run_node, run_pytest
from zeroscope_mock import MockServer

PAGE = read_page("any-model.md")
# The files that the blocks are, by their names, which their first lines say.
FILES = {block.split()[1]: block for language in ("python", "js") for block in code_blocks(PAGE, language)}
PYTHON = ("picture_book.py", "test_picture_book.py", "test_poem.py", "test_receiver.py")
# The files that use a library, each with its environment and what pytest prints.
LIBRARIES = {
    "test_langchain.py": ("langchain-community", "1 passed"),
    "test_litellm.py": ("litellm", "2 passed"),
}
NODE, AI_SDK = "poem.test.js", "fox.mjs"
COMMANDS = re.findall(r"^\$ zeroscope (.*?)(?: &)?$", PAGE, re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the schemas that the page copies."""
    (source,) = re.findall(r"^\$ cp -r (\S+) \.\./my-project/models$", PAGE, re.MULTILINE)
    shutil.copytree(ROOT / source, tmp_path / "my-project" / "models")
    return tmp_path / "my-project"


def write(project: Path, *names: str) -> None:
    """Write some of the files."""
    for name in names:
        (project / name).write_text(FILES[name], encoding="utf-8")


@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="replicate 1.0.7 cannot be imported: it needs pydantic's version 1"
)
def test_python__runs_as_shown(project: Path) -> None:
    """The tests of the Python programs pass."""
    write(project, *PYTHON)

    assert "7 passed" in run_pytest(project)


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARIES)
def test_library__runs_as_shown(name: str, project: Path) -> None:
    """The tests of the programs that use a library pass."""
    client, passed = LIBRARIES[name]
    write(project, name)

    # Else LiteLLM loads a list of prices when it is imported.
    assert passed in run_pytest(project, client=client, LITELLM_LOCAL_MODEL_COST_MAP="True")


@pytest.mark.slow
def test_node__runs_as_shown(project: Path) -> None:
    """The tests of the program for Node.js pass."""
    write(project, NODE)
    (project / "package.json").write_text('{"type": "module"}', encoding="utf-8")

    assert "# pass 2\n" in run_node(project, "replicate-1.4.0", "--test", "--test-reporter=tap")


@pytest.mark.slow
def test_ai_sdk__runs_as_shown(project: Path) -> None:
    """The program saves an image of the aspect ratio that it asks for."""
    models = {path.stem.replace("__", "/"): path for path in (project / "models").iterdir()}
    with MockServer(models=models, clock="real", speed=1000) as server, server.listen() as listening:
        program = FILES[AI_SDK].replace("http://127.0.0.1:8000", listening.url)
        (project / AI_SDK).write_text(program, encoding="utf-8")
        run_node(project, "ai-sdk", AI_SDK)

    with Image.open(project / "fox.webp") as image:
        assert (image.format, image.size) == ("WEBP", (1344, 768))


def test_blocks__are_all_run() -> None:
    """Each block is a file that a test here runs."""
    assert sorted(FILES) == sorted([*PYTHON, *LIBRARIES, NODE, AI_SDK])


@pytest.mark.parametrize("line", COMMANDS)
def test_command__has_only_known_options(line: str, command: Command) -> None:
    """The help has each option."""
    help_text = command("mock", "--help").out
    options = re.findall(r"--[a-z-]+", line)
    assert options
    assert [option for option in options if option not in help_text] == []
