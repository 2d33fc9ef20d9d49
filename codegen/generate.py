"""Generates the client package generated/zeroscope_api from openapi.yaml.

Usage: python -m codegen.generate [--check] [--spec FILE] [--output FOLDER]
"""

from __future__ import annotations

import argparse
import filecmp
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from .document.errors import first_line
from .document.nullable import convert_nullable
from .document.operations import METHODS
from .document.references import dereference
from .document.yaml import load

ROOT = Path(__file__).parents[1]


class GenerationError(Exception):
    """No client could be generated from the document."""


def generate(spec: Path, target: Path) -> None:
    """Generate the client package.

    Args:
        spec: The OpenAPI document.
        target: The folder of the package; it must not exist yet.

    Raises:
        GenerationError: If the document cannot be read, or the generator fails, warns or leaves an operation out.
    """
    from openapi_python_client.cli import app

    document = _load(spec)
    operations = _operation_ids(document)
    arguments = [
        *("generate", "--path", str(spec.resolve()), "--output-path", str(target.resolve())),
        *("--config", str(ROOT / "codegen/config.yml"), "--meta", "none", "--fail-on-warning"),
        *("--custom-template-path", str(ROOT / "codegen/templates"), "--overwrite"),
    ]
    output = io.StringIO()
    with pinned_ruff_first(), redirect_stdout(output), redirect_stderr(output):
        # A process of its own would take as long to start as the generator takes to run.
        code = app(arguments, standalone_mode=False)
    if code:
        raise GenerationError(output.getvalue().strip())

    # The generator can leave out an operation without a warning, for example if its path item is a reference.
    modules = {path.stem.replace("_", "").lower() for path in target.glob("api/*/*.py") if path.stem != "__init__"}
    missing = {name for name in operations if name.lower() not in modules}
    if missing or len(modules) != len(operations):
        raise GenerationError(f"no endpoint came out for {', '.join(sorted(missing)) or 'some operations'}")

    (target / "spec.json").write_text(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    (target / "py.typed").touch()


@contextmanager
def pinned_ruff_first() -> Iterator[None]:
    """Put the pinned ruff, which is beside this interpreter, first on the PATH for the generator's post hooks."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before or ""])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line; that of the process if left out.

    Returns:
        The exit code: 1 if generation failed or, with `--check`, the package is out of step with the document.
    """
    parser = argparse.ArgumentParser(
        prog="generate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, list the files that are out of step")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml", metavar="FILE")
    parser.add_argument("--output", type=Path, default=ROOT / "generated/zeroscope_api", metavar="FOLDER")
    options = parser.parse_args(arguments)

    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "zeroscope_api"
        try:
            generate(options.spec, fresh)
        except GenerationError as error:
            print(f"{options.spec} could not be turned into a client:\n{error}", file=sys.stderr)
            return 1
        changed = _differences(fresh, options.output)
        if options.check:
            for line in changed:
                print(line, file=sys.stderr)
            if changed:
                print(f"{options.output} is out of step with {options.spec}; run `make generate`.", file=sys.stderr)
            return 1 if changed else 0
        if changed:
            shutil.rmtree(options.output, ignore_errors=True)
            shutil.copytree(fresh, options.output)
        print(f"{options.output}: {len(changed)} file(s) changed, {len(_files(fresh))} in all")
    return 0


def _load(spec: Path) -> dict[str, Any]:
    """Read the document, with anchors, merge keys and `nullable` resolved."""
    try:
        document = convert_nullable(load(spec.read_text(encoding="utf-8")))
    except OSError as error:
        raise GenerationError(f"it cannot be read, {first_line(error)}") from error
    except ValueError as error:
        raise GenerationError(f"it is not YAML, {first_line(error)}") from error
    if not isinstance(document, dict) or not isinstance(document.get("paths"), dict):
        raise GenerationError("it is not an OpenAPI document with paths")
    return document


def _operation_ids(document: dict[str, Any]) -> set[str]:
    names = set()
    for path, item in document["paths"].items():
        try:
            operations = dereference(document, item)
        except KeyError as error:
            raise GenerationError(f"{path} refers to {item['$ref']}, which is not in the document") from error
        for method in METHODS & operations.keys():
            if "operationId" not in operations[method]:
                raise GenerationError(f"{method.upper()} {path} has no operationId")
            names.add(operations[method]["operationId"])
    return names


def _files(folder: Path) -> set[Path]:
    return {
        path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def _differences(expected: Path, actual: Path) -> list[str]:
    """Describe each file that is missing, left over or different, in one line."""
    wanted, found = _files(expected), _files(actual) if actual.exists() else set()
    lines = [f"missing:   {path}" for path in wanted - found]
    lines += [f"left over: {path}" for path in found - wanted]
    lines += [
        f"differs:   {path}"
        for path in wanted & found
        if not filecmp.cmp(expected / path, actual / path, shallow=False)
    ]
    return sorted(lines)


if __name__ == "__main__":
    raise SystemExit(main())
