"""The public API under mypy --strict, as an installed and typed package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import zeroscope
import zeroscope_api


def test_public_api__is_precise_and_catches_mistakes(tmp_path: Path) -> None:
    """A program that uses everything type-checks, and each of its planted mistakes is found."""
    program = Path(__file__).with_name("public_api.py")
    # In this process it would stay in memory, half a million objects that every garbage collection looks at.
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", f"--cache-dir={tmp_path}"]
    done = subprocess.run([*command, "--config-file=", str(program)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("Success: no issues found in 1 source file\n", "")
    assert done.returncode == 0


def test_packages__say_that_they_are_typed() -> None:
    """Both packages carry the marker by which checkers trust their types."""
    for package in (zeroscope, zeroscope_api):
        assert (Path(package.__file__ or "").parent / "py.typed").exists()
