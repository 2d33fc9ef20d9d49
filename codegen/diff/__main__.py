"""Tell what changed between two versions of openapi.yaml, and for whom it breaks.

Usage: python -m codegen.diff BASE [--spec FILE] [--json]

BASE is a git ref, whose openapi.yaml is read, or a file. The exit code is 0 if nothing breaks anybody, 1 if something
does, and 2 if the two cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from referencing.exceptions import Unresolvable

from ..document.errors import first_line
from ..document.nullable import convert_nullable
from ..document.values import equal
from ..document.yaml import load
from .changes import rows
from .operations import Documents
from .report import Report

ROOT = Path(__file__).parents[2]
NAME = "openapi.yaml"
VERSION = "wrapper/zeroscope/_version.py"


class SpecDiffError(Exception):
    """Two versions cannot be compared; the message is one sentence that says what to do."""


def compare(base: str, spec: Path | None, root: Path) -> Report:
    """Compare two versions of the document.

    Args:
        base: The older version, a file or a git ref.
        spec: The newer version; None for the project's own.
        root: The folder of the project.

    Raises:
        SpecDiffError: If they cannot be compared.
    """
    old = _document(_base(base, root), base)
    new = _document(_read(spec or root / NAME), str(spec or NAME))
    found = rows(Documents(old, new).compare())
    return Report(base, str(spec or NAME), equal(old, new), found, _version(root / VERSION))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command.

    Args:
        arguments: Those of the command line.
        root: The folder of the project.
    """
    parser = argparse.ArgumentParser(
        prog="spec-diff", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", metavar="BASE")
    parser.add_argument("--spec", type=Path, metavar="FILE", help="the newer version; that of the tree if left out")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    try:
        report = compare(options.base, options.spec, root)
    except SpecDiffError as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    try:
        print(json.dumps(report.json(), indent=2, ensure_ascii=False) if options.json else report.text(), flush=True)
    except BrokenPipeError:
        # Whoever reads has seen enough, as `head` has; Python would write the rest at its end, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if report.breaks else 0


def _base(base: str, root: Path) -> str:
    """The text of the older version."""
    if Path(base).is_file():
        return _read(Path(base))
    try:
        # The root may be a folder within a repository.
        command = ["git", "-C", str(root), "show", "--end-of-options", f"{base}:./{NAME}"]
        shown = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    except FileNotFoundError as error:
        raise SpecDiffError(f"git is not there to read {base}; install it, or name a file") from error
    if shown.returncode != 0:
        reason = first_line(Exception(shown.stderr)).removeprefix("fatal: ")
        raise SpecDiffError(
            f"{base!r} is neither a file nor a git ref with {NAME} in it ({reason}); name one, such as HEAD or main"
        )
    return shown.stdout


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecDiffError(
            f"{path} cannot be read ({first_line(error)}); name a file with an OpenAPI document"
        ) from error


def _document(text: str, name: str) -> dict[str, Any]:
    """A valid document, with all keys as text."""
    try:
        found = load(text)
        if not isinstance(found, dict) or not str(found.get("openapi", "")).startswith("3.1"):
            raise SpecDiffError(f"{name} is no OpenAPI 3.1 document; name one")
        document: dict[str, Any] = json.loads(json.dumps(found, default=str))
        validate(document)
    except (OpenAPIValidationError, Unresolvable, ValueError) as error:
        reason = first_line(error)
        if isinstance(error, Unresolvable):
            reason = f"{error.ref} leads nowhere"
        elif isinstance(error, OpenAPIValidationError):
            reason = f"{reason}, at {error.json_path}"
        raise SpecDiffError(f"{name} is no valid OpenAPI document ({reason}); mend it first") from error
    written: dict[str, Any] = convert_nullable(document)
    return written


def _version(path: Path) -> tuple[int, int, int]:
    numbers = re.search(r'^__version__ = "(\d+)\.(\d+)\.(\d+)', _read(path), re.MULTILINE)
    if not numbers:
        raise SpecDiffError(f"{path} names no version of three numbers; write one as 1.2.3")
    major, minor, patch = map(int, numbers.groups())
    return major, minor, patch


if __name__ == "__main__":
    raise SystemExit(main())
