"""Compares two versions of openapi.yaml and classifies the changes.

Usage: python -m codegen.diff BASE [--spec FILE] [--format text|json|markdown]

BASE is a git ref, whose openapi.yaml is read, or a file. The exit code is 0 if no change is breaking, 1 if one is, and
2 if the versions cannot be compared.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ..document.errors import first_line
from ..document.values import equal
from .changes import group_changes
from .markdown import markdown
from .operations import DocumentComparison
from .report import Report
from .revisions import NAME, SpecDiffError, read_base, read_file, read_version

ROOT = Path(__file__).parents[2]
VERSION = "wrapper/zeroscope/_constants.py"
_FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": Report.text,
    "json": lambda report: json.dumps(report.json(), indent=2, ensure_ascii=False),
    "markdown": markdown,
}


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
    parser.add_argument("--format", choices=[*_FORMATS], default="text", help="markdown is for a pull request")
    parser.add_argument("--json", action="store_const", dest="format", const="json", help="the same as --format json")
    options = parser.parse_args(arguments)
    try:
        report = compare(options.base, options.spec, root)
        written = _FORMATS[options.format](report)
    except SpecDiffError as error:
        print(f"{error}.", file=sys.stderr)
        return 2
    except RecursionError:
        print("The schemas are nested too deeply to be compared; flatten them first.", file=sys.stderr)
        return 2
    except Exception as error:
        # Python's own exit code would be 1, which means that a change is breaking.
        fault = f"{type(error).__name__}: {first_line(error)}"
        print(f"The versions cannot be compared ({fault}); this is a fault of spec-diff.", file=sys.stderr)
        return 2
    try:
        print(written, flush=True)
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe; without this, Python would fail again when it flushes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if report.breaks else 0


if __name__ == "__main__":
    raise SystemExit(main())
