"""The files of a client package: their differences, and their replacement."""

from __future__ import annotations

import filecmp
import glob
import shutil
import tempfile
from pathlib import Path

_MARKS = ("__init__.py", "api/__init__.py", "models/__init__.py", "py.typed", "spec.json")
"""The files that tell a generated package from any other folder."""


def files(folder: Path) -> set[Path]:
    """Return the paths of the files of a package, relative to its folder."""
    return {
        path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def differences(expected: Path, actual: Path) -> list[str]:
    """Describe each file that is missing, left over or different, in one line."""
    wanted, found = files(expected), files(actual) if actual.exists() else set()
    lines = [f"missing:   {path}" for path in wanted - found]
    lines += [f"left over: {path}" for path in found - wanted]
    lines += [f"differs:   {path}" for path in different(expected, actual)]
    return sorted(lines)


def different(one: Path, other: Path) -> list[Path]:
    """Return the files that two packages have, and whose contents differ."""
    both = files(one) & files(other) if other.exists() else set()
    return sorted(path for path in both if not filecmp.cmp(one / path, other / path, shallow=False))


def is_package(folder: Path) -> bool:
    """Whether a folder holds a generated package."""
    return all((folder / name).is_file() for name in _MARKS)


def is_replaceable(target: Path) -> bool:
    """Whether a package may take the place of what is there: nothing, an empty folder, or a generated package."""
    if not target.exists():
        return not target.is_symlink()
    return target.is_dir() and (is_package(target) or not any(target.iterdir()))


def recover(target: Path) -> None:
    """Put a package back that a replacement moved aside before it was killed."""
    target = target.resolve()
    for folder in sorted(target.parent.glob(f".{glob.escape(target.name)}.*")):
        if not target.exists() and is_package(folder / "old"):
            (folder / "old").rename(target)
            shutil.rmtree(folder)


def replace(fresh: Path, target: Path) -> None:
    """Replace a package by another.

    Whatever interrupts this, one of the two is there afterwards; if the process is killed, `recover` puts one back.
    """
    target = target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    recover(target)
    # In the same folder, and so in the same file system, where a folder is renamed and not copied.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        new, old = Path(folder, "new"), Path(folder, "old")
        shutil.copytree(fresh, new, ignore=shutil.ignore_patterns("__pycache__"))
        try:
            if target.exists():
                target.rename(old)
            new.rename(target)
        finally:
            if not target.exists() and old.exists():
                old.rename(target)
