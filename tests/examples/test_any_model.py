"""The projects in examples/any_model, run as their users run them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from helpers.pages import ROOT, code_blocks
from helpers.projects import run_node, run_pytest
from zeroscope_mock import MockServer

EXAMPLES = ROOT / "examples" / "any_model"
needs_replicate = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="replicate 1.0.7 cannot be imported: it needs pydantic's version 1"
)


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A copy of the folder of examples."""
    return shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))


@needs_replicate
def test_python_project__passes() -> None:
    """The tests pass in the project's folder, with its own settings instead of this repository's."""
    assert "4 passed" in run_pytest(EXAMPLES / "python")


@pytest.mark.slow
def test_node_project__passes(examples: Path) -> None:
    """The tests pass in the project's folder."""
    assert "# pass 4\n" in run_node(examples / "node", "replicate-1.4.0", "--test", "--test-reporter=tap")


@needs_replicate
def test_picture_book__runs_as_its_readme_says(examples: Path) -> None:
    """The program makes a page against a server with the options that the README shows."""
    folder = examples / "python"
    (block,) = code_blocks((folder / "README.md").read_text(encoding="utf-8"), "console")
    start, run = re.findall(r"^\$ (.*)$", block, re.MULTILINE)
    assert shlex.split(start)[2:] == ["--port", "8000", "--models", "models", "--inline-outputs"]
    *settings, _, program, topic = shlex.split(run)
    variables = dict(setting.split("=", 1) for setting in settings)
    models = {path.stem.replace("__", "/"): path for path in (folder / "models").iterdir()}

    with (
        MockServer(clock="real", speed=1000, models=models, inline_outputs=True) as server,
        server.listen() as listening,
    ):
        variables["REPLICATE_BASE_URL"] = variables["REPLICATE_BASE_URL"].replace(
            "http://127.0.0.1:8000", listening.url
        )
        command = [sys.executable, program, topic]
        subprocess.run(command, cwd=folder, env={**os.environ, **variables}, check=True, timeout=60)

    assert (folder / "page.txt").read_text(encoding="utf-8")
    with Image.open(folder / "page.png") as image:
        assert image.format == "PNG"
