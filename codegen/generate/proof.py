"""Proves a generated package in processes of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..document.errors import first_line
from .client import SCHEMAS
from .errors import GenerationError
from .package import different, files

ROOT = Path(__file__).parents[2]
PACKAGE = "zeroscope_api"
COMMITTED = ROOT / "generated" / PACKAGE
SEEDS = ("0", "1")
"""The hash seeds, on which the order of a set of strings depends."""
_LIMIT = 120.0
"""How long a process may take, in seconds, on a machine with a lot else to do."""


def generate_twice(spec: Path, document: Mapping[str, Any], folder: Path) -> Path:
    """Generate the package under two hash seeds, and return one of the two, which are equal.

    Args:
        spec: The file of the document.
        folder: An empty folder, for both.

    Raises:
        GenerationError: As `generate` does, and if the two differ.
    """
    targets = [folder / seed / PACKAGE for seed in SEEDS]
    for target in targets:
        target.parent.mkdir()
    processes = [
        _start(["-m", "codegen.generate.worker", str(spec.resolve()), str(target)], [], PYTHONHASHSEED=seed)
        for target, seed in zip(targets, SEEDS, strict=True)
    ]
    _results(processes)
    refuse_differences(document, *targets)
    return targets[0]


def refuse_differences(document: Mapping[str, Any], one: Path, other: Path) -> None:
    """Refuse two packages that were generated from the same document, unless they are equal."""
    if uncertain := sorted(files(one) ^ files(other)) + different(one, other):
        name, place = _schema_of(document, uncertain[0])
        raise GenerationError(f"{name} is generated differently each time, in {uncertain[0]}", place)


def prove(package: Path, document: Mapping[str, Any], before: Path) -> list[str]:
    """Import a package and use all of it, in another process.

    Args:
        package: The package.
        document: What it was generated from.
        before: The package that it replaces, if there is one; its document knows the names that are missing.

    Returns:
        A line for each field that is passed in another way than most are.

    Raises:
        GenerationError: If anything does not work.
    """
    wrapped = [package.parent, ROOT / "wrapper", ROOT / "mock"]
    arguments = ["-m", "codegen.generate.trial", str(package), str(before.resolve() if before.exists() else COMMITTED)]
    process = _start(arguments, wrapped)
    (result,) = _results([process])
    lines: list[str] = result["notes"]
    return lines


def _start(arguments: Sequence[str], path: Sequence[Path], **variables: str) -> subprocess.Popen[str]:
    search = os.pathsep.join(map(str, (*path, ROOT)))
    # Settings of the developer's own client are none of the package's, and a token least of all.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("REPLICATE_", "ZEROSCOPE_"))}
    environment = {**own, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200", **variables}
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def _results(processes: Sequence[subprocess.Popen[str]]) -> list[dict[str, Any]]:
    """Wait for processes, and return the JSON object at the end of each one's output.

    Raises:
        GenerationError: With what the first of them says that fails.
    """
    found = []
    try:
        for process in processes:
            out, err = process.communicate(timeout=_LIMIT)
            try:
                result = json.loads(out.splitlines()[-1])
            except (IndexError, ValueError):
                last = err.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
                raise GenerationError(f"the proof ended early, {last[0]:.200}") from None
            if "reason" in result:
                raise GenerationError(result["reason"], result["place"])
            found.append(result)
    except subprocess.TimeoutExpired as error:
        raise GenerationError(f"the proof took more than {_LIMIT:g} seconds") from error
    except OSError as error:
        raise GenerationError(f"the proof failed, {first_line(error)}") from error
    finally:
        for process in processes:
            with process:
                process.kill()
    return found


def _schema_of(document: Mapping[str, Any], file: Path) -> tuple[str, tuple[str, ...]]:
    """Return the schema that a generated file comes from, and its place: the one whose name the file's begins with."""
    stem = _plain(file.stem)
    names = [name for name in document["components"].get("schemas", {}) if stem.startswith(_plain(name))]
    if file.parts[0] != "models" or not names:
        return "the package", ()
    name = max(names, key=len)
    return f"the schema {name}", (*SCHEMAS, name)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
