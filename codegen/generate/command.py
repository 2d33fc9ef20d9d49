"""Generates the client package generated/zeroscope_api from openapi.yaml.

Usage: python -m codegen.generate [--check] [--spec FILE] [--output FOLDER]

The package replaces the one that is there only after a proof: two processes with different hash seeds generate the same
bytes, and a third imports the result, builds the types, the command and a mock server from it, and calls the server.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from ..document.errors import first_line
from .client import read_document
from .errors import GenerationError, line_of
from .package import differences, files, is_replaceable, recover, replace
from .proof import generate_twice, prove

ROOT = Path(__file__).parents[2]


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line; that of the process if left out.

    Returns:
        The exit code: 1 if generation or the proof failed or, with `--check`, the package is out of step with the
        document.
    """
    parser = argparse.ArgumentParser(
        prog="generate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, list the files that are out of step")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml", metavar="FILE")
    parser.add_argument("--output", type=Path, default=ROOT / "generated/zeroscope_api", metavar="FOLDER")
    options = parser.parse_args(arguments)
    try:
        return _generate(options.spec, options.output, check=options.check)
    except GenerationError as error:
        line = line_of(options.spec, error.place) if error.place else None
        where = f" (line {line})" if line else ""
        print(f"{options.spec} could not be turned into a client: {error}{where}.", file=sys.stderr)
    except OSError as error:
        print(f"{options.output} could not be written: {first_line(error)}.", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"Interrupted; {options.output} is as it was, or has been replaced as a whole.", file=sys.stderr)
    return 1


def _generate(spec: Path, output: Path, *, check: bool) -> int:
    if not check:
        recover(output)
        if not is_replaceable(output):
            print(f"{output} is not a generated package, so it is left as it is.", file=sys.stderr)
            return 1
    with tempfile.TemporaryDirectory() as folder:
        # Before any process is started, as most mistakes show here.
        document = read_document(spec)
        fresh = generate_twice(spec, document, Path(folder))
        notes = prove(fresh, document, output)
        changed = differences(fresh, output)
        if check:
            for line in changed:
                print(line, file=sys.stderr)
            if changed:
                print(f"{output} is out of step with {spec}; run `make generate`.", file=sys.stderr)
            return 1 if changed else 0
        if changed:
            replace(fresh, output)
        for note in notes:
            print(note)
        print(f"{output}: {len(changed)} file(s) changed, {len(files(fresh))} in all")
    return 0
