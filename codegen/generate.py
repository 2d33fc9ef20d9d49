"""Write generated/zeroscope_api from openapi.yaml, or say where the two are out of step.

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

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class GenerationError(Exception):
    """The document could not be turned into a client."""


def load(spec: Path) -> dict[str, Any]:
    """Read the document, with its anchors and merges resolved."""
    document: dict[str, Any] = modern(YAML(typ="safe", pure=True).load(spec))
    return document


def modern(part: Any) -> Any:
    """A part of the document in the words of OpenAPI 3.1, where the service still writes `nullable: true`.

    The generator knows both. JSON Schema, by which inputs are checked, knows no `nullable`.
    """
    if isinstance(part, list):
        return [modern(one) for one in part]
    if not isinstance(part, dict):
        return part
    plain = {name: modern(value) for name, value in part.items() if name != "nullable" or value is not True}
    if part.get("nullable") is not True:
        return plain
    if isinstance(kind := plain.get("type"), str):
        return {**plain, "type": [kind, "null"]}
    # Of a reference all that stands beside it stays outside.
    inner = {name: plain.pop(name) for name in ("$ref", "allOf", "anyOf", "oneOf") if name in plain}
    return {**plain, "anyOf": [inner, {"type": "null"}]}


def operations(document: dict[str, Any]) -> set[str]:
    """The operationIds of the document."""
    found: set[str] = set()
    for item in document["paths"].values():
        while "$ref" in item:
            item = resolve(document, item["$ref"])
        found |= {operation["operationId"] for method, operation in item.items() if method in METHODS}
    return found


def resolve(document: dict[str, Any], reference: str) -> dict[str, Any]:
    """The place in the document that a reference such as `#/components/pathItems/x` names."""
    place: Any = document
    for step in reference.removeprefix("#/").split("/"):
        place = place[step.replace("~1", "/").replace("~0", "~")]
    found: dict[str, Any] = place
    return found


def generate(spec: Path, target: Path) -> None:
    """Write the client of `spec` into the new folder `target`."""
    from openapi_python_client.cli import app

    document = load(spec)
    arguments = [
        *("generate", "--path", str(spec.resolve()), "--output-path", str(target.resolve())),
        *("--config", str(ROOT / "codegen/config.yml"), "--meta", "none", "--fail-on-warning"),
        *("--custom-template-path", str(ROOT / "codegen/templates"), "--overwrite"),
    ]
    told = io.StringIO()
    with pinned_first(), redirect_stdout(told), redirect_stderr(told):
        # Its own command, here and not in a process of its own, which would take as long to start as all of this.
        code = app(arguments, standalone_mode=False)
    if code:
        raise GenerationError(told.getvalue().strip())

    # The generator can drop an operation without a word, a `$ref` to a path item for one.
    modules = {path.stem.replace("_", "").lower() for path in target.glob("api/*/*.py") if path.stem != "__init__"}
    missing = {name for name in operations(document) if name.lower() not in modules}
    if missing or len(modules) != len(operations(document)):
        raise GenerationError(f"no endpoint came out for {', '.join(sorted(missing)) or 'some operations'}")

    (target / "spec.json").write_text(
        json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
    (target / "py.typed").touch()


@contextmanager
def pinned_first() -> Iterator[None]:
    """The post hooks call ruff by name; the one beside this interpreter is the pinned one."""
    before = os.environ.get("PATH")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before or ""])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PATH"]
        else:
            os.environ["PATH"] = before


def files(folder: Path) -> set[Path]:
    """All files of a generated folder, relative to it."""
    return {
        path.relative_to(folder) for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    }


def differences(expected: Path, actual: Path) -> list[str]:
    """One line for each file that is missing, left over or not the same."""
    wanted, found = files(expected), files(actual) if actual.exists() else set()
    lines = [f"missing:   {path}" for path in wanted - found]
    lines += [f"left over: {path}" for path in found - wanted]
    lines += [
        f"differs:   {path}"
        for path in wanted & found
        if not filecmp.cmp(expected / path, actual / path, shallow=False)
    ]
    return sorted(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit code is 0 when generated/ is in step with the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is out of step")
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
        changed = differences(fresh, options.output)
        if options.check:
            for line in changed:
                print(line, file=sys.stderr)
            if changed:
                print(f"{options.output} is out of step with {options.spec}; run `make generate`.", file=sys.stderr)
            return 1 if changed else 0
        if changed:
            shutil.rmtree(options.output, ignore_errors=True)
            shutil.copytree(fresh, options.output)
        print(f"{options.output}: {len(changed)} file(s) changed, {len(files(fresh))} in all")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
