"""Generation of the client: reproducible, checked, and the source of all types."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from helpers.command import Outcome
from helpers.source_trees import ROOT, Change, main, pinned_ruff_first, write_spec

GENERATED = ROOT / "generated/zeroscope_api"


def generate(*arguments: str | Path) -> Outcome:
    """Run the generator."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = main(list(map(str, arguments)))
    return Outcome(code, out.getvalue(), err.getvalue())


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def changed_spec(tmp_path: Path) -> Callable[[Change], Path]:
    """Writes a copy of the document with a change made to it."""
    return partial(write_spec, tmp_path)


def test_generated__is_what_the_document_gives_to_the_byte(tmp_path: Path) -> None:
    """Generating into another folder as `make generate` does gives the committed files and no others."""
    command: list[str | Path] = [sys.executable, "-m", "codegen.generate", "--output", tmp_path / "again"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert contents(tmp_path / "again") == contents(GENERATED)
    assert {"py.typed", "spec.json"} <= set(contents(GENERATED))


def test_check__names_the_files_that_are_outdated(tmp_path: Path, changed_spec: Callable[[Change], Path]) -> None:
    """A changed bound is found, named and left as it is, and the message says how to update the files."""
    spec = changed_spec(lambda document: _field(document, "width").update(minimum=128))
    outcome = generate("--check", "--spec", spec)
    assert outcome.code == 1
    assert "differs:   models/__init__.py" in outcome.err and "differs:   spec.json" in outcome.err
    assert "make generate" in outcome.err
    assert generate("--check").code == 0


@pytest.mark.parametrize("before", ["/nowhere", None])
def test_pinned_ruff__is_found_first_while_it_is_needed(monkeypatch: pytest.MonkeyPatch, before: str | None) -> None:
    """The formatter is the one beside this Python, wherever else there is one, and then the PATH is as it was."""
    if before is None:
        monkeypatch.delenv("PATH")
    else:
        monkeypatch.setenv("PATH", before)
    with pinned_ruff_first():
        assert Path(shutil.which("ruff") or "").parent == Path(sys.executable).parent
    assert os.environ.get("PATH") == before


def test_operation__that_the_generator_drops_is_noticed(changed_spec: Callable[[Change], Path]) -> None:
    """A reference to a path item loses its operations without a warning; here it is an error."""

    def hide(document: Any) -> None:
        document["components"]["pathItems"] = {"files": document["paths"]["/files"]}
        document["paths"]["/files"] = {"$ref": "#/components/pathItems/files"}

    outcome = generate("--check", "--spec", changed_spec(hide))
    assert outcome.code == 1 and "no endpoint came out" in outcome.err


def test_warning__is_an_error(changed_spec: Callable[[Change], Path]) -> None:
    """What the generator only warns about stops it here."""

    def break_reference(document: Any) -> None:
        document["components"]["schemas"]["Prediction"]["properties"]["urls"] = {"$ref": "#/components/schemas/Nowhere"}

    outcome = generate("--check", "--spec", changed_spec(break_reference))
    assert outcome.code == 1 and "could not be turned into a client" in outcome.err


BAD_SPECS: dict[str, tuple[str, str]] = {
    "no YAML": ("a: [", "it is not YAML, "),
    "list": ("[1]", "it is not an OpenAPI document with paths"),
    "no paths": ("openapi: 3.1.0", "it is not an OpenAPI document with paths"),
    "operation without a name": ("paths: {/a: {get: {}}}", "GET /a has no operationId"),
    "reference to nothing": (
        "paths: {/a: {$ref: '#/components/pathItems/a'}}",
        "/a refers to #/components/pathItems/a",
    ),
}


@pytest.mark.parametrize(("text", "reason"), BAD_SPECS.values(), ids=BAD_SPECS)
def test_spec__that_is_no_document(tmp_path: Path, text: str, reason: str) -> None:
    """A file that is not an OpenAPI document is refused with its name and the reason, and nothing is written."""
    spec = tmp_path / "spec.yaml"
    spec.write_text(text, encoding="utf-8")
    outcome = generate("--spec", spec, "--output", tmp_path / "client")
    assert (outcome.code, outcome.out) == (1, "") and not (tmp_path / "client").exists()
    assert outcome.err.startswith(f"{spec} could not be turned into a client:\n{reason}")


def test_spec__that_is_missing(tmp_path: Path) -> None:
    """A file that does not exist is refused as well."""
    outcome = generate("--spec", tmp_path / "nowhere.yaml", "--output", tmp_path / "client")
    assert outcome.code == 1 and "it cannot be read, No such file or directory" in outcome.err


def _field(document: Any, name: str) -> Any:
    return document["components"]["schemas"]["PredictionInput"]["properties"][name]


FOLLOW = """
import contextlib, io, json
import zeroscope, zeroscope_api
from zeroscope.cli import main
from zeroscope_mock import MockServer

def faults(**input):
    with MockServer().client() as client:
        try:
            client.predictions.create(input)
        except zeroscope.InvalidInputError as error:
            return [fault.description for fault in error.invalid_fields]
    return []

def refusal(**input):
    import httpx
    server = MockServer()
    http = httpx.Client(transport=server.transport, headers={"Authorization": "Bearer x"})
    body = {"version": "9" * 64, "input": input}
    answer = http.post("https://api.replicate.com/v1/predictions", json=body)
    return [answer.status_code, [field["field"] for field in answer.json().get("invalid_fields", [])]]

def sent(**input):
    with MockServer().client() as client:
        return client.predictions.create(input).input

help = io.StringIO()
with contextlib.redirect_stdout(help):
    main(["run", "--help"])
print(json.dumps({
    "from": zeroscope_api.__file__,
    "typed": sorted(zeroscope.PredictionInputDict.__annotations__),
    "client": [faults(width=200), faults(width=100), faults(model="new"), faults(motion=3), faults(fps=8)],
    "mock": [refusal(width=200), refusal(width=100), refusal(model="new"), refusal(motion=-1)],
    "files": [zeroscope.PredictionInputDict.__annotations__["mask"] == zeroscope.FileInput, sent(mask=b"bytes")],
    "help": " ".join(help.getvalue().split()),
}))
"""


def test_change__is_followed_everywhere(tmp_path: Path, changed_spec: Callable[[Change], Path]) -> None:
    """A new bound, field and enum value, and a removed field, reach types, wrapper, command and mock by themselves."""

    def change(document: Any) -> None:
        _field(document, "width").update(minimum=128)
        _field(document, "model")["enum"].append("new")
        fields = document["components"]["schemas"]["PredictionInput"]["properties"]
        fields["motion"] = {"type": "integer", "description": "How much moves", "default": 3, "minimum": 0}
        fields["mask"] = {"type": "string", "format": "uri", "description": "What stays"}
        del fields["fps"]

    assert generate("--spec", changed_spec(change), "--output", tmp_path / "zeroscope_api").code == 0
    path = os.pathsep.join(str(folder) for folder in (tmp_path, ROOT / "wrapper", ROOT / "mock"))
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "200"}
    result = subprocess.run(
        [sys.executable, "-c", FOLLOW], capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)

    assert seen["from"].startswith(str(tmp_path))
    assert "motion" in seen["typed"] and "fps" not in seen["typed"]
    small, unknown = "100 is too small, at least 128 is needed", seen["client"][4][0]
    assert seen["client"] == [[], [small], [], [], [unknown]] and "there is no such field" in unknown
    assert seen["mock"] == [[201, []], [422, ["input.width"]], [201, []], [422, ["input.motion"]]]
    assert seen["files"] == [True, {"mask": "data:application/octet-stream;base64,Ynl0ZXM="}]
    assert "--mask URL|PATH What stays. Or the path of a file" in seen["help"]
    assert "How much moves. At least 0. Default: 3." in seen["help"]
    assert "At least 128." in seen["help"] and "new," in seen["help"] and "--fps" not in seen["help"]


def test_models__that_refer_to_each_other(tmp_path: Path, changed_spec: Callable[[Change], Path]) -> None:
    """Models that hold each other, or themselves, can be loaded in any order, read and written."""

    def change(document: Any) -> None:
        schemas, reference = document["components"]["schemas"], "#/components/schemas/"
        for name, other in (("One", "Other"), ("Other", "One")):
            fields = {
                "next": {"$ref": reference + other},
                "own": {"type": "array", "items": {"$ref": reference + name}},
            }
            schemas[name] = {"type": "object", "properties": {**fields, "model": {"type": "string"}}}
        schemas["Prediction"]["properties"]["one"] = {"$ref": reference + "One"}

    assert generate("--spec", changed_spec(change), "--output", tmp_path / "zeroscope_api").code == 0
    body = {"next": {"next": {"own": [{}], "more": 1}, "own": [{"model": "x"}]}}
    for first in ("one", "other"):
        code = f"from zeroscope_api.models import {first}, One; print(One.from_dict({body}).to_dict() == {body})"
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
        )
        assert (result.stdout, result.stderr) == ("True\n", "")


def test_check__names_files_that_are_missing_or_left_over(tmp_path: Path) -> None:
    """A file that is gone and one that nothing generates are found, and generating puts both right."""
    folder = tmp_path / "again"
    shutil.copytree(GENERATED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "types.py").unlink()
    (folder / "models/old.py").touch()
    outcome = generate("--check", "--output", folder)
    assert outcome.code == 1
    assert "missing:   types.py" in outcome.err and "left over: models/old.py" in outcome.err
    assert "differs:" not in outcome.err and not (folder / "types.py").exists()
    assert generate("--output", folder).code == 0
    assert contents(folder) == contents(GENERATED)


def test_operation__in_a_path_item_of_another_name_is_noticed(
    changed_spec: Callable[[Change], Path],
) -> None:
    """A reference whose name has a slash in it is followed as well."""

    def hide(document: Any) -> None:
        document["components"]["pathItems"] = {"a/~files": document["paths"]["/files"]}
        document["paths"]["/files"] = {"$ref": "#/components/pathItems/a~1~0files"}

    outcome = generate("--check", "--spec", changed_spec(hide))
    assert outcome.code == 1 and "no endpoint came out for" in outcome.err
    assert "Traceback" not in outcome.err
