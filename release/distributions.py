"""Builds the sdist and the wheel twice, and compares them to the byte."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from .errors import ReleaseError
from .materials import describe
from .project import read_project

# The second build has little in common with the first but the files.
_OTHER_ENVIRONMENT = {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1", "USER": "another"}
_UMASKS = 0o022, 0o077


def make_dist(root: Path, output: Path) -> list[Path]:
    """Build the distributions, with their bill of materials and the licenses beside them.

    hatchling gives all files one date, so that the bytes depend on no clock and no history. `SOURCE_DATE_EPOCH` sets
    another date.

    Args:
        root: The folder of the project.
        output: A folder, which is replaced once all is done.

    Returns:
        The files.

    Raises:
        ReleaseError: If a build fails, or two builds differ.
    """
    project = read_project(root)
    with tempfile.TemporaryDirectory() as folder:
        first, second, tree = (Path(folder) / name for name in ("first", "second", "tree"))
        _build(root, first, {}, _UMASKS[0])
        (sdist,) = first.glob("*.tar.gz")
        with tarfile.open(sdist) as archive:
            archive.extractall(tree, filter="data")
        (copy,) = tree.iterdir()
        _build(copy, second, _OTHER_ENVIRONMENT, _UMASKS[1])
        compare(first, second)
        (wheel,) = first.glob("*.whl")
        for name, text in describe(project, digest(wheel)).items():
            (first / name).write_text(text, encoding="utf-8")
        shutil.rmtree(output, ignore_errors=True)
        shutil.move(first, output)
    return sorted(output.iterdir())


def digest(file: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def compare(first: Path, second: Path) -> None:
    """Compare the files of two folders.

    Raises:
        ReleaseError: If they differ; the message names the members of archives that do.
    """
    ours, theirs = ({file.name: file for file in folder.iterdir()} for folder in (first, second))
    different = [name for name in sorted(ours.keys() | theirs.keys()) if _bytes(ours, name) != _bytes(theirs, name)]
    if different:
        lines = (f"{name} {_difference(ours.get(name), theirs.get(name))}" for name in different)
        raise ReleaseError("\n".join(["two builds differ:", *lines]))


def _build(source: Path, output: Path, variables: Mapping[str, str], umask: int) -> None:
    """Build the sdist and, from it, the wheel."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output)]
    environment = {**os.environ, **variables}
    done = subprocess.run(
        command, cwd=source, env=environment, umask=umask, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise ReleaseError(f"the build failed:\n{done.stdout}{done.stderr}".rstrip())


def _bytes(files: Mapping[str, Path], name: str) -> bytes | None:
    return files[name].read_bytes() if name in files else None


def _difference(one: Path | None, other: Path | None) -> str:
    if one is None or other is None:
        return "comes out of one build only"
    ours, theirs = _members(one), _members(other)
    names = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return f"differs in {', '.join(names) or 'the archive itself'}"


def _members(file: Path) -> dict[str, bytes]:
    """The contents of an archive's files."""
    if file.suffix == ".whl":
        with zipfile.ZipFile(file) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(file) as sdist:
        opened = ((member.name, sdist.extractfile(member)) for member in sdist)
        return {name: content.read() for name, content in opened if content}
