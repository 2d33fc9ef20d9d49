"""Replacement of generated packages: of nothing else, and undone after a kill."""

from __future__ import annotations

import io
import shutil
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from codegen.generate.package import is_replaceable, recover

from helpers.source_trees import ROOT, main

GENERATED = ROOT / "generated/zeroscope_api"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A generated package."""
    return shutil.copytree(GENERATED, tmp_path / "package", ignore=shutil.ignore_patterns("__pycache__"))


def test_output__that_is_no_generated_package_is_left_alone(tmp_path: Path) -> None:
    """A folder of other files, or a file, is refused before anything is generated, and stays."""
    folder, file = tmp_path / "folder", tmp_path / "file"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    file.write_text("mine", encoding="utf-8")
    for output in (folder, file):
        with redirect_stderr(io.StringIO()) as err:
            assert main(["--output", str(output)]) == 1
        assert err.getvalue() == f"{output} is not a generated package, so it is left as it is.\n"
    assert (folder / "notes.txt").read_text(encoding="utf-8") == file.read_text(encoding="utf-8") == "mine"


def test_output__that_may_be_replaced(tmp_path: Path, package: Path) -> None:
    """Nothing, an empty folder and a generated package may be replaced, even if files of the package are gone."""
    (tmp_path / "empty").mkdir()
    (package / "types.py").unlink()
    assert all(map(is_replaceable, (tmp_path / "missing", tmp_path / "empty", package)))
    (package / "spec.json").unlink()
    assert not is_replaceable(package)


def test_recovery__of_a_package_that_was_moved_aside(tmp_path: Path, package: Path) -> None:
    """What a killed replacement moved aside is put back where nothing is, and only there."""
    target, aside = tmp_path / "zeroscope_api", tmp_path / ".zeroscope_api.abc"
    aside.mkdir()
    package.rename(aside / "old")
    target.mkdir()
    recover(target)
    assert not any(target.iterdir()) and (aside / "old").exists()
    target.rmdir()
    recover(target)
    assert (target / "spec.json").read_bytes() == (GENERATED / "spec.json").read_bytes() and not aside.exists()


def test_recovery__is_the_first_thing_that_the_command_does(tmp_path: Path, package: Path) -> None:
    """The package is put back even if no new one comes out of the document."""
    target, aside = tmp_path / "zeroscope_api", tmp_path / ".zeroscope_api.abc"
    aside.mkdir()
    package.rename(aside / "old")
    with redirect_stderr(io.StringIO()) as err:
        assert main(["--spec", str(tmp_path / "nowhere.yaml"), "--output", str(target)]) == 1
    assert "it cannot be read" in err.getvalue() and (target / "spec.json").exists() and not aside.exists()
