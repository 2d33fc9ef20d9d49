"""The Pythons that `make test-all` and `make test-wheel` find."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash")

pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash")


def test_pythons__are_those_that_run(tmp_path: Path) -> None:
    """Pythons of PATH and of pyenv are listed, the newest first; others, and those that do not run, are not."""
    path, versions = tmp_path / "bin", tmp_path / "pyenv" / "versions"
    for file, answer in {
        path / "python3.11": "3.11",
        path / "python3.10": "3.10",
        path / "python3.13": "",  # pyenv has one of this name on PATH that fails
        path / "python3.14": "3.12",
        versions / "3.13.2" / "bin" / "python": "3.13",
        versions / "3.12.1" / "bin" / "other": "3.12",
    }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!{BASH}\necho {answer}\ntest {answer or '0'} != 0\n", encoding="utf-8")
        file.chmod(0o755)
    assert BASH is not None
    done = subprocess.run(
        [BASH, ROOT / ".ci" / "pythons"],
        env={"PATH": str(path), "PYENV_ROOT": str(tmp_path / "pyenv")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        f"3.13 {versions}/3.13.2/bin/python",
        "3.11 python3.11",
        "3.14",
        "3.12",
    ]
