"""The Makefile: the conditions for a new environment, and the tools of `check`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
VERSION = " ".join(map(str, sys.version_info))

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")


def is_up_to_date(venv: Path, *variables: str) -> bool:
    """Whether `make install` would leave an environment as it is."""
    command = ["make", "--question", f"VENV={venv}", *variables, f"{venv}/.installed"]
    environment = {
        name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "PYTHON"}
    }
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False).returncode == 0


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """An environment with the files by which make recognizes it."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".interpreter").write_text(f"{BASE} {VERSION}\n", encoding="utf-8")
    (tmp_path / ".installed").write_text(f"{ROOT}\n", encoding="utf-8")
    return tmp_path


def test_environment__is_kept_for_the_same_interpreter(venv: Path) -> None:
    """Without PYTHON, and with the interpreter that it has under whatever name, the environment is ready."""
    assert is_up_to_date(venv)
    assert is_up_to_date(venv, f"PYTHON={sys.executable}")
    assert is_up_to_date(venv, f"PYTHON={BASE}")


@pytest.mark.parametrize("interpreter", [f"{BASE} 3 10 0 final 0", f"/elsewhere{BASE} {VERSION}", ""])
def test_environment__of_another_interpreter_is_created_anew(venv: Path, interpreter: str) -> None:
    """An environment of another version, of another path or of an unknown interpreter is not ready for PYTHON."""
    (venv / ".interpreter").write_text(interpreter, encoding="utf-8")
    assert is_up_to_date(venv)
    assert not is_up_to_date(venv, f"PYTHON={sys.executable}")


def test_environment__is_not_ready_for_an_interpreter_that_does_not_run(venv: Path) -> None:
    """A PYTHON that cannot be run is reported instead of ignored."""
    assert not is_up_to_date(venv, "PYTHON=/nowhere/python")


def test_environment__of_another_folder_is_created_anew(venv: Path) -> None:
    """An environment that was copied along with its folder does not work there."""
    (venv / ".installed").write_text("/elsewhere\n", encoding="utf-8")
    assert not is_up_to_date(venv)


@pytest.mark.parametrize(
    "tool",
    [
        "ruff check",
        "ruff format",
        "mypy",
        "basedpyright",
        "lint-imports",
        "openapi_spec_validator",
        "redocly",
        "--check",
    ],
)
def test_check__runs_every_tool(tool: str) -> None:
    """`make check` runs each tool that CONTRIBUTING promises."""
    command = ["make", "--dry-run", "--no-print-directory", "check"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert tool in printed
