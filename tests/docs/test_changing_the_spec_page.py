"""What the page on changing the spec shows, run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/changing-the-spec.md").read_text(encoding="utf-8")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one of the tools of codegen/."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^\$ make ([a-z-]+)", PAGE, re.MULTILINE))))
def test_target__is_one_that_exists(target: str) -> None:
    """Each make target of the page is one of the Makefile's."""
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_difference__is_told_as_shown(tmp_path: Path) -> None:
    """The change that the page speaks of gives the lines that it shows."""
    (shown,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    width = text.index("        width:\n")
    changed = text[:width] + text[width:].replace("minimum: 256", "minimum: 512", 1)
    changed = changed.replace("default: 8\n", "default: 12\n", 1)
    old, new = tmp_path / "HEAD", tmp_path / "openapi.yaml"
    old.write_text(text, encoding="utf-8")
    new.write_text(changed, encoding="utf-8")
    done = run("codegen.diff", old, "--spec", new)

    told = done.stdout.replace(str(old), "HEAD").replace(str(new), "openapi.yaml")
    assert (done.returncode, told.startswith(shown)) == (1, True), told


def test_update__shows_before_it_writes(tmp_path: Path) -> None:
    """A file that is no version is told in a sentence, and nothing is written."""
    spec, file = tmp_path / "openapi.yaml", tmp_path / "version.json"
    spec.write_bytes((ROOT / "openapi.yaml").read_bytes())
    file.write_text("{}", encoding="utf-8")
    done = run("codegen.update", file, "--spec", spec)

    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert spec.read_bytes() == (ROOT / "openapi.yaml").read_bytes()
