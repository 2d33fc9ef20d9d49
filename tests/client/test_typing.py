"""The public API under mypy --strict and basedpyright."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import zeroscope
import zeroscope_api
from zeroscope import predictions

PROGRAM = Path(__file__).with_name("public_api.py")


def test_public_api__is_precise_under_mypy(tmp_path: Path) -> None:
    """A program that uses everything type-checks, and each of its planted mistakes is found."""
    # In this process mypy would leave half a million objects in memory, which every garbage collection visits.
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", f"--cache-dir={tmp_path}"]
    done = subprocess.run([*command, "--config-file=", str(PROGRAM)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("Success: no issues found in 1 source file\n", "")
    assert done.returncode == 0


def test_public_api__is_precise_under_basedpyright(tmp_path: Path) -> None:
    """The same program type-checks under basedpyright."""
    checker = Path(sys.executable).with_name("basedpyright")
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
    command = [str(checker), "-p", str(tmp_path), "--pythonpath", sys.executable]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "0 errors" in done.stdout, done.stdout
    assert done.returncode == 0


def test_program__uses_every_public_name_and_method() -> None:
    """The program leaves out no public name, no public method or property, and no error."""
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert sorted(set(zeroscope.__all__) - names) == []
    classes = [zeroscope.Zeroscope, zeroscope.AsyncZeroscope, zeroscope.Prediction, zeroscope.AsyncPrediction]
    classes += [zeroscope.Video, zeroscope.AsyncVideo, predictions.Predictions, predictions.AsyncPredictions]
    classes += [predictions.RawPredictions, predictions.AsyncRawPredictions, zeroscope.RawResponse]
    public = {name for cls in classes for name, _ in inspect.getmembers(cls) if not name.startswith("_")}
    assert sorted(public - attributes) == []


@pytest.mark.parametrize("package", [zeroscope, zeroscope_api])
def test_package__is_marked_as_typed(package: object) -> None:
    """The package carries the marker without which type checkers ignore its types."""
    assert (Path(inspect.getfile(package)).parent / "py.typed").exists()  # type: ignore[arg-type]  # a package has a file
