"""Compares two versions of openapi.yaml and classifies the changes.

Usage: python -m codegen.diff BASE [--spec FILE] [--json]

BASE is a git ref, whose openapi.yaml is read, or a file. The exit code is 0 if no change is breaking, 1 if one is, and
2 if the versions cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from ..document.values import equal
from .changes import group_changes
from .operations import DocumentComparison
from .report import Report
from .revisions import NAME, SpecDiffError, read_base, read_file, read_version

ROOT = Path(__file__).parents[2]
VERSION = "wrapper/zeroscope/_constants.py"


def compare(base: str, spec: Path | None, root: Path) -> Report:
    """Compare two versions of the document.

    Args:
        base: The older version, a file or a git ref.
        spec: The newer version; None for that of the project.
        root: The folder of the project.

    Raises:
        SpecDiffError: If they cannot be compared.
    """
    name = str(spec or NAME)
    old, new = read_base(base, root), read_file(spec or root / NAME, name)
    changes = group_changes(DocumentComparison(old, new).compare())
    return Report(base, name, equal(old, new), changes, read_version(root / VERSION))


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command.

    Args:
        arguments: The command line; that of the process if left out.
        root: The folder of the project.

    Returns:
        The exit code: 1 if a change is breaking, 2 if the versions cannot be compared.
    """
    parser = argparse.ArgumentParser(
        prog="spec-diff", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", metavar="BASE")
    parser.add_argument(
        "--spec", type=Path, metavar="FILE", help="the newer version; openapi.yaml of the working tree if left out"
    )
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
        # The reader, such as `head`, has closed the pipe; without this, Python would fail again when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if report.breaks else 0


if __name__ == "__main__":
    raise SystemExit(main())
