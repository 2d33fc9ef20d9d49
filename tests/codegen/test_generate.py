"""Regeneration: repeatable, watched, and followed by everything that reads the document."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
GENERATED = ROOT / "generated/zeroscope_api"


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the generator as `make generate` does."""
    command = [sys.executable, str(ROOT / "codegen/generate.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def changed_spec(tmp_path: Path) -> Callable[[Callable[[Any], None]], Path]:
    """Writes a copy of the document with a change made to it."""

    def write(change: Callable[[Any], None]) -> Path:
        yaml = YAML(typ="safe", pure=True)
        document = yaml.load(ROOT / "openapi.yaml")
        change(document)
        path = tmp_path / "changed.yaml"
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return write


def test_generated__is_what_the_document_gives_to_the_byte(tmp_path: Path) -> None:
    """Generating anew, in another folder, gives the committed files and no others."""
    assert generate("--output", tmp_path / "again").returncode == 0
    assert contents(tmp_path / "again") == contents(GENERATED)
    assert {"py.typed", "spec.json"} <= set(contents(GENERATED))


def test_check__names_the_files_that_are_out_of_step(
    tmp_path: Path, changed_spec: Callable[[Callable[[Any], None]], Path]
) -> None:
    """A changed bound is found, named and left as it is, and the way to mend it is told."""
    spec = changed_spec(lambda document: _field(document, "width").update(minimum=128))
    result = generate("--check", "--spec", spec)
    assert result.returncode == 1
    assert "differs:   models/__init__.py" in result.stderr and "differs:   spec.json" in result.stderr
    assert "make generate" in result.stderr
    assert generate("--check").returncode == 0


def test_operation__that_the_generator_drops_is_noticed(changed_spec: Callable[[Callable[[Any], None]], Path]) -> None:
    """A reference to a path item loses its operations without a warning; here it is an error."""

    def hide(document: Any) -> None:
        document["components"]["pathItems"] = {"files": document["paths"]["/files"]}
        document["paths"]["/files"] = {"$ref": "#/components/pathItems/files"}

    result = generate("--check", "--spec", changed_spec(hide))
    assert result.returncode == 1 and "no endpoint came out" in result.stderr


def test_warning__is_an_error(changed_spec: Callable[[Callable[[Any], None]], Path]) -> None:
    """What the generator only warns about stops it here."""

    def break_reference(document: Any) -> None:
        document["components"]["schemas"]["Prediction"]["properties"]["urls"] = {"$ref": "#/components/schemas/Nowhere"}

    result = generate("--check", "--spec", changed_spec(break_reference))
    assert result.returncode == 1 and "could not be turned into a client" in result.stderr


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


def test_change__is_followed_everywhere(tmp_path: Path, changed_spec: Callable[[Callable[[Any], None]], Path]) -> None:
    """A new bound, field and enum value, and a removed field, reach types, wrapper, command and mock by themselves."""

    def change(document: Any) -> None:
        _field(document, "width").update(minimum=128)
        _field(document, "model")["enum"].append("new")
        fields = document["components"]["schemas"]["PredictionInput"]["properties"]
        fields["motion"] = {"type": "integer", "description": "How much moves", "default": 3, "minimum": 0}
        fields["mask"] = {"type": "string", "format": "uri", "description": "What stays"}
        del fields["fps"]

    assert generate("--spec", changed_spec(change), "--output", tmp_path / "zeroscope_api").returncode == 0
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


def test_models__that_refer_to_each_other(
    tmp_path: Path, changed_spec: Callable[[Callable[[Any], None]], Path]
) -> None:
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

    assert generate("--spec", changed_spec(change), "--output", tmp_path / "zeroscope_api").returncode == 0
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
    result = generate("--check", "--output", folder)
    assert result.returncode == 1
    assert "missing:   types.py" in result.stderr and "left over: models/old.py" in result.stderr
    assert "differs:" not in result.stderr and not (folder / "types.py").exists()
    assert generate("--output", folder).returncode == 0
    assert contents(folder) == contents(GENERATED)


def test_operation__in_a_path_item_of_another_name_is_noticed(
    changed_spec: Callable[[Callable[[Any], None]], Path],
) -> None:
    """A reference whose name has a slash in it is followed as well."""

    def hide(document: Any) -> None:
        document["components"]["pathItems"] = {"a/~files": document["paths"]["/files"]}
        document["paths"]["/files"] = {"$ref": "#/components/pathItems/a~1~0files"}

    result = generate("--check", "--spec", changed_spec(hide))
    assert result.returncode == 1 and "no endpoint came out for" in result.stderr
    assert "Traceback" not in result.stderr
