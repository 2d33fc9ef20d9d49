"""Source trees with a client that is generated from a changed document."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen.document.yaml import load
from codegen.generate import generate, main, pinned_ruff_first

from helpers.command import Outcome

__all__ = [
    "HAND_WRITTEN",
    "ROOT",
    "Change",
    "GeneratedTree",
    "generate",
    "generate_tree",
    "input_fields",
    "load",
    "main",
    "pinned_ruff_first",
    "read_spec",
    "replace_input",
    "write_spec",
]

ROOT = Path(__file__).parents[2]
HAND_WRITTEN = tuple(ROOT / name for name in ("wrapper", "mock", "conformance"))
"""The folders with hand-written code."""

SPEC = "openapi.json"
"""The file name of a changed document."""

Change = Callable[[Any], object]


@dataclass(frozen=True)
class GeneratedTree:
    """A folder with a generated client, which takes precedence over the one of the repository.

    Args:
        types: The cache folder of the type checker; trees may share it.
    """

    folder: Path
    types: Path

    @property
    def spec(self) -> Path:
        """The document from which the client was generated."""
        return self.folder / SPEC

    def run(self, *command: str | Path) -> Outcome:
        """Run a program with the tree before the installed packages on its path.

        Args:
            command: The program and its arguments.
        """
        path = os.pathsep.join(map(str, (self.folder, *HAND_WRITTEN)))
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "MYPYPATH": path,
            "COLUMNS": "200",
            "PYTHONWARNINGS": "error",
            # Hypothesis caches the constants of the source code here; collecting them takes a second.
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder.parent / "hypothesis"),
        }
        result = subprocess.run(
            list(map(str, command)), cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        return Outcome(result.returncode, result.stdout, result.stderr)

    def python(self, program: str, *arguments: Any) -> Any:
        """Run a Python program and return the JSON value on the last line of its output.

        Args:
            program: Its source.
            arguments: Its arguments in `sys.argv`, each as JSON.
        """
        done = self.run(sys.executable, "-c", program, *map(json.dumps, arguments))
        assert done.code == 0, done.err
        return json.loads(done.out.splitlines()[-1])

    def probe(self, inputs: Sequence[Mapping[str, Any]], commands: Sequence[Sequence[str]] = ()) -> Any:
        """Send inputs through the client and straight to the mock server, and run command lines.

        Args:
            commands: The command lines, without the program's name.

        Returns:
            ``from``, the file of the generated package; ``client``, the client's invalid fields for each input;
            ``sent``, the number of inputs that the client sent; ``mock``, the server's status and invalid fields for
            each input; ``commands``, the exit code, stdout and stderr of each command line.
        """
        return self.python(_PROBE, inputs, commands)

    def mypy(self, *arguments: str | Path) -> dict[int, str]:
        """Return the errors of mypy in a program or in packages, by line."""
        done = self.run(
            *(sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={self.types}"),
            *("--hide-error-codes", "--no-error-summary", *arguments),
        )
        assert done.err == "" and done.code in {0, 1}, done.err
        found = re.findall(r"^\S+?:(\d+): error: (.*)$", done.out, re.MULTILINE)
        assert bool(found) == bool(done.code), done.out
        return {int(line): message for line, message in found}

    def pyright(self, program: Path) -> dict[int, str]:
        """Return the errors of basedpyright in a program or a folder, by line."""
        settings = self.folder / "pyright.json"
        configuration = {
            "include": [str(program)],
            "extraPaths": [str(self.folder), *map(str, HAND_WRITTEN)],
            "pythonVersion": "3.11",
            "typeCheckingMode": "standard",
        }
        settings.write_text(json.dumps(configuration), encoding="utf-8")
        checker = Path(sys.executable).with_name("basedpyright")
        done = self.run(checker, "-p", settings, "--pythonpath", sys.executable, "--outputjson")
        found = json.loads(done.out)["generalDiagnostics"]
        assert done.code == int(bool(found)), done.out
        return {one["range"]["start"]["line"] + 1: one["message"] for one in found}


_PROBE = """
import contextlib, io, json, sys
import httpx
import zeroscope_api
from zeroscope import InvalidInputError
from zeroscope.cli import main
from zeroscope_mock import MockServer

inputs, commands = map(json.loads, sys.argv[1:])
server, other = MockServer(), MockServer()
http = httpx.Client(transport=other.transport, headers={"Authorization": "Bearer me"})

def client(input):
    try:
        with server.client() as client:
            client.predictions.create(input)
    except InvalidInputError as error:
        return [[invalid.field, invalid.description] for invalid in error.invalid_fields]
    return []

def mock(input):
    response = http.post("https://mock.test/v1/predictions", json={"version": "9" * 64, "input": input})
    invalid_fields = response.json().get("invalid_fields", [])
    return [response.status_code, [[invalid["field"], invalid["description"]] for invalid in invalid_fields]]

def command(arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(arguments)
    return [code, out.getvalue(), err.getvalue()]

print(json.dumps({
    "from": zeroscope_api.__file__,
    "client": [client(input) for input in inputs],
    "sent": len(server.journal),
    "mock": [mock(input) for input in inputs],
    "commands": [command(arguments) for arguments in commands],
}))
"""


@functools.cache
def _document() -> str:
    return json.dumps(load((ROOT / "openapi.yaml").read_text(encoding="utf-8")))


def read_spec() -> Any:
    """Return a copy of the document; the YAML is read once, which takes as long as many of the tests."""
    return json.loads(_document())


def write_spec(folder: Path, change: Change) -> Path:
    """Write a changed copy of the document into a folder."""
    document = read_spec()
    change(document)
    spec = folder / SPEC
    spec.write_text(json.dumps(document), encoding="utf-8")
    return spec


def generate_tree(folder: Path, change: Change) -> GeneratedTree:
    """Change a copy of the document, and generate the client from it as `make generate` does."""
    generate(write_spec(folder, change), folder / "zeroscope_api")
    return GeneratedTree(folder, folder.parent / "types")


def input_fields(document: Any) -> dict[str, Any]:
    """Return the properties of the input schema of a document."""
    properties: dict[str, Any] = document["components"]["schemas"]["PredictionInput"]["properties"]
    return properties


def replace_input(document: Any, schemas: Mapping[str, Any]) -> None:
    """Replace the input schema of a document by that of another model, as the service describes it.

    Args:
        schemas: ``Input``, and the schemas to which it refers.
    """
    others = {name: schema for name, schema in schemas.items() if name != "Input"}
    document["components"]["schemas"] |= {**others, "PredictionInput": schemas["Input"]}
