"""Runs the commands that the page on changing the spec shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.pages import ROOT, code_blocks, read_page

PAGE = read_page("changing-the-spec.md")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of codegen/."""
    command = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^\$ make ([a-z-]+)", PAGE, re.MULTILINE))))
def test_make_target__exists(target: str) -> None:
    """Each make target of the page is in the Makefile."""
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_keywords__are_those_of_the_spec() -> None:
    """The text and the table name every keyword of the spec that OpenAPI does not have, and no other."""
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    table = re.findall(r"^\| `(x-[a-z-]+)` \|", PAGE, re.MULTILINE)
    assert len(table) == len(set(table))
    assert {*table, "x-departure", "x-uncertain"} == set(re.findall(r"^ *(x-[a-z-]+):", text, re.MULTILINE))


def test_spec_diff__prints_what_is_shown(tmp_path: Path) -> None:
    """The example change of the page makes spec-diff print the lines that the page shows."""
    (shown,) = code_blocks(PAGE, "text")
    text = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
    width = text.index("        width:\n")
    changed = text[:width] + text[width:].replace("minimum: 256", "minimum: 512", 1)
    changed = changed.replace("default: 8\n", "default: 12\n", 1)
    old, new = tmp_path / "HEAD", tmp_path / "openapi.yaml"
    old.write_text(text, encoding="utf-8")
    new.write_text(changed, encoding="utf-8")
    done = run("codegen.diff", old, "--spec", new)

    printed = done.stdout.replace(str(old), "HEAD").replace(str(new), "openapi.yaml")
    # The page need not follow each release.
    versions = re.compile(r"\d+\.\d+\.\d+")
    printed, shown = versions.sub("VERSION", printed), versions.sub("VERSION", shown)
    assert (done.returncode, printed.startswith(shown)) == (1, True), printed


def test_update_spec__rejects_a_file_that_is_no_version(tmp_path: Path) -> None:
    """A file that is no version is reported in one line, and nothing is written."""
    spec, file = tmp_path / "openapi.yaml", tmp_path / "version.json"
    spec.write_bytes((ROOT / "openapi.yaml").read_bytes())
    file.write_text("{}", encoding="utf-8")
    done = run("codegen.update", file, "--spec", spec)

    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert spec.read_bytes() == (ROOT / "openapi.yaml").read_bytes()
