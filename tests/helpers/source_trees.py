"""Trees whose document was changed: the client is generated anew, and all that is written by hand stays as it is."""

from __future__ import annotations

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
    "ROOT",
    "WRITTEN",
    "Change",
    "Tree",
    "fields",
    "generate",
    "grow",
    "load",
    "main",
    "pinned_ruff_first",
    "swap",
    "write",
]

ROOT = Path(__file__).parents[2]
WRITTEN = tuple(ROOT / name for name in ("wrapper", "mock", "conformance"))
"""The folders of what is written by hand."""

SPEC = "openapi.json"
"""What a changed document is called."""

Change = Callable[[Any], object]


@dataclass(frozen=True)
class Tree:
    """A generated client in a folder of its own, which goes before the one of the repository.

    Args:
        folder: The folder that holds it.
        types: Where the type checker keeps what it knows; trees may share it.
    """

    folder: Path
    types: Path

    @property
    def spec(self) -> Path:
        """The document that it was generated from."""
        return self.folder / SPEC

    def run(self, *command: str | Path) -> Outcome:
        """Run a program with the tree in front of what is installed.

        Args:
            command: The program and its arguments.
        """
        path = os.pathsep.join(map(str, (self.folder, *WRITTEN)))
        environment = {
            **os.environ,
            "PYTHONPATH": path,
            "MYPYPATH": path,
            "COLUMNS": "200",
            "PYTHONWARNINGS": "error",
            # Hypothesis keeps here what it has read in the code, which takes a second.
            "HYPOTHESIS_STORAGE_DIRECTORY": str(self.folder.parent / "hypothesis"),
        }
        result = subprocess.run(
            list(map(str, command)), cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        return Outcome(result.returncode, result.stdout, result.stderr)

    def python(self, program: str, *arguments: Any) -> Any:
        """What a program prints as JSON on its last line.

        Args:
            program: Its text.
            arguments: What it finds in `sys.argv`, each as JSON.
        """
        done = self.run(sys.executable, "-c", program, *map(json.dumps, arguments))
        assert done.code == 0, done.err
        return json.loads(done.out.splitlines()[-1])

    def probe(self, inputs: Sequence[Mapping[str, Any]], commands: Sequence[Sequence[str]] = ()) -> Any:
        """What becomes of inputs and of command lines.

        Args:
            inputs: The inputs; the client checks each, and the mock server is asked for each without the client.
            commands: The command lines, without the program's name.

        Returns:
            ``from``, the folder of the generated client; ``client``, what it finds wrong with each input; ``sent``, how
            many of them it sent; ``mock``, the server's status for each and what that finds wrong; ``commands``, code,
            stdout and stderr of each.
        """
        return self.python(_PROBE, inputs, commands)

    def mypy(self, *arguments: str | Path) -> dict[int, str]:
        """What mypy finds in a program, or in packages, by line."""
        done = self.run(
            *(sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={self.types}"),
            *("--hide-error-codes", "--no-error-summary", *arguments),
        )
        assert done.err == "" and done.code in {0, 1}, done.err
        found = re.findall(r"^\S+?:(\d+): error: (.*)$", done.out, re.MULTILINE)
        assert bool(found) == bool(done.code), done.out
        return {int(line): message for line, message in found}

    def pyright(self, program: Path) -> dict[int, str]:
        """What basedpyright finds in a program or a folder, by line."""
        settings = self.folder / "pyright.json"
        told = {
            "include": [str(program)],
            "extraPaths": [str(self.folder), *map(str, WRITTEN)],
            "pythonVersion": "3.11",
            "typeCheckingMode": "standard",
        }
        settings.write_text(json.dumps(told), encoding="utf-8")
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
        return [[fault.field, fault.description] for fault in error.invalid_fields]
    return []

def mock(input):
    answer = http.post("https://mock.test/v1/predictions", json={"version": "9" * 64, "input": input})
    faults = answer.json().get("invalid_fields", [])
    return [answer.status_code, [[fault["field"], fault["description"]] for fault in faults]]

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


def write(folder: Path, change: Change) -> Path:
    """Write a changed copy of the document into a folder."""
    document = load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    change(document)
    spec = folder / SPEC
    spec.write_text(json.dumps(document), encoding="utf-8")
    return spec


def grow(folder: Path, change: Change) -> Tree:
    """Change a copy of the document, and generate the client of it as `make generate` does."""
    generate(write(folder, change), folder / "zeroscope_api")
    return Tree(folder, folder.parent / "types")


def fields(document: Any) -> dict[str, Any]:
    """The fields of the model's input in a document."""
    properties: dict[str, Any] = document["components"]["schemas"]["PredictionInput"]["properties"]
    return properties


def swap(document: Any, schemas: Mapping[str, Any]) -> None:
    """Put another model's input, as the service describes it, in place of the document's.

    Args:
        document: The document.
        schemas: ``Input``, and the schemas to which it refers.
    """
    others = {name: schema for name, schema in schemas.items() if name != "Input"}
    document["components"]["schemas"] |= {**others, "PredictionInput": schemas["Input"]}
