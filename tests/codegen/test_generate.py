"""Generation of the client: reproducible, checked, and the source of all types."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from codegen.generate import GenerationError
from codegen.generate import generate as generate_client
from codegen.generate.client import read_document
from codegen.generate.package import replace
from codegen.generate.proof import prove, refuse_differences

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


def test_operation__that_the_generator_drops_is_noticed(tmp_path: Path, changed_spec: Callable[[Change], Path]) -> None:
    """A reference to a path item loses its operations without a warning; here it is an error."""

    def hide(document: Any) -> None:
        document["components"]["pathItems"] = {"files": document["paths"]["/files"]}
        document["paths"]["/files"] = {"$ref": "#/components/pathItems/files"}

    with pytest.raises(GenerationError, match="no endpoint came out for POST /files, the operation 'createFile'"):
        generate_client(changed_spec(hide), tmp_path / "client")


def test_warning__is_an_error(tmp_path: Path, changed_spec: Callable[[Change], Path]) -> None:
    """What the generator only warns about stops it here."""

    def contradict(document: Any) -> None:
        document["components"]["schemas"]["Prediction"]["properties"]["urls"] = {"enum": ["a", 1]}

    with pytest.raises(GenerationError, match="Unable to process schema /components/schemas/Prediction") as caught:
        generate_client(changed_spec(contradict), tmp_path / "client")
    assert caught.value.place == ("components", "schemas", "Prediction")
    assert "\n" not in str(caught.value) and " at 0x" not in str(caught.value)


BAD_SPECS: dict[str, tuple[str, str]] = {
    "no YAML": ("a: [", ""),
    "list": ("[1]", "it is not an OpenAPI document with paths"),
    "no paths": ("openapi: 3.1.0", "it is not an OpenAPI document with paths"),
    "operation without a name": ("paths:\n  /a:\n    get: {}", "GET /a has no operationId, in line 3"),
    "no operations": ("paths:\n  /a: 1", "/a holds no operations (line 2)"),
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
    assert outcome.err.startswith(f"{spec} could not be turned into a client: {reason}")
    assert outcome.err.count("\n") == 1 and outcome.err.endswith(".\n")


def test_spec__that_is_missing(tmp_path: Path) -> None:
    """A file that does not exist is refused as well."""
    outcome = generate("--spec", tmp_path / "nowhere.yaml", "--output", tmp_path / "client")
    assert outcome.code == 1 and "it cannot be read, No such file or directory" in outcome.err


def test_client__is_proved_whatever_its_folders_and_members_are_called(
    tmp_path: Path, changed_spec: Callable[[Change], Path]
) -> None:
    """Tags do not matter to the wrapper, nor do properties with the names of methods and variables to the models."""

    def change(document: Any) -> None:
        document["paths"]["/files"]["post"]["tags"] = ["uploads"]
        del document["paths"]["/webhooks/default/secret"]["get"]["tags"]
        schemas = document["components"]["schemas"]
        schemas["PredictionStatus"]["enum"] += ["Failed", "FAILED", "fAILED", "faILED", "FAiLED", "FAIlED", "FAILeD"]
        names = [
            "d",
            "Seed",
            "seed",
            "cls",
            "self",
            "to_dict",
            "from_dict",
            "additional_properties",
            "src_dict",
            "class",
        ]
        schemas["Prediction"]["properties"] |= {name: {"type": "string"} for name in names}

        schemas["PredictionInput"]["properties"]["timeout"] = {"type": "integer"}

    outcome = generate("--spec", changed_spec(change), "--output", tmp_path / "client")
    assert (outcome.code, outcome.err) == (0, "")
    # A field that is also an option of a call is not lost without a word.
    assert outcome.out.startswith("timeout: in `run`") and len(outcome.out.splitlines()) == 2


def rename(schema: str) -> Change:
    """A change of the name of a schema."""

    def change(document: Any) -> None:
        schemas = document["components"]["schemas"]
        text = json.dumps(document).replace(f'"#/components/schemas/{schema}"', '"#/components/schemas/Other"')
        schemas["Other"] = schemas.pop(schema)
        document |= json.loads(text)
        document["components"]["schemas"]["Other"] = document["components"]["schemas"].pop(schema)

    return change


def require_header(document: Any) -> None:
    """Makes the creation of predictions require a header."""
    header = {"name": "X-Team", "in": "header", "required": True, "schema": {"type": "string"}}
    document["paths"]["/predictions"]["post"]["parameters"].append(header)


def nest(schema: str, levels: int, around: Callable[[Any], Any]) -> Change:
    """A change that adds a field of a text that is nested in other schemas."""
    inner: Any = {"type": "string"}
    for _ in range(levels):
        inner = around(inner)
    return lambda document: document["components"]["schemas"][schema]["properties"].update(deep=inner)


def require_itself(document: Any) -> None:
    """Makes a field require another one of its kind within it."""
    node = {"$ref": "#/components/schemas/Node"}
    document["components"]["schemas"]["Node"] = {"type": "object", "properties": {"x": node}, "required": ["x"]}
    document["components"]["schemas"]["Prediction"]["properties"] |= {"node": node}


FAULTS: dict[str, tuple[Change, str]] = {
    "nested choices": (
        nest("PredictionInput", 40, lambda inner: {"allOf": [inner]}),
        "the field PredictionInput.deep is nested too deeply, or requires itself; flatten it",
    ),
    "nested lists": (
        nest("Prediction", 30, lambda inner: {"type": "array", "items": inner}),
        "the field Prediction.deep is nested too deeply, or requires itself; flatten it",
    ),
    "field that requires itself": (
        require_itself,
        "the field Node.x is nested too deeply, or requires itself; flatten it",
    ),
    "status": (
        lambda document: document["paths"]["/predictions"]["post"]["responses"].pop("201"),
        "createPrediction (POST /predictions) has no response 201 with what the service returns; describe it",
    ),
    "operation": (
        lambda document: document["paths"]["/predictions"]["post"].update(operationId="makePrediction"),
        (
            "the operation createPrediction, which wrapper/zeroscope/_service/api.py calls, is no longer in the "
            "document: POST /predictions is now makePrediction"
        ),
    ),
    "parameter": (
        lambda document: document["components"]["parameters"]["Prefer"].update(name="Preference"),
        "createPrediction (POST /predictions) has no parameter prefer any more, which the wrapper passes",
    ),
    "header": (
        require_header,
        "createPrediction (POST /predictions) requires the header X-Team, which the wrapper does not pass",
    ),
    "schema": (
        rename("Problem"),
        "the schema Problem, which wrapper/zeroscope/_service/api.py uses, is no longer in the document",
    ),
    "schema that only code reads": (
        rename("PredictionStatus"),
        "the document has no components.schemas.PredictionStatus, which the wrapper reads",
    ),
    "property": (
        lambda document: document["components"]["schemas"]["Problem"]["properties"].pop("detail"),
        "Problem has no property 'detail' any more, which is needed in wrapper/zeroscope/_service/responses.py, line",
    ),
    "field": (
        lambda document: _field(document, "width").update(type="size"),
        "components.schemas.PredictionInput.properties.width.type is no JSON Schema",
    ),
}
"""Changes that generation lets through, and what the proof says of each."""


@pytest.mark.parametrize(("change", "sentence"), FAULTS.values(), ids=FAULTS)
def test_proof__names_what_is_at_fault(
    tmp_path: Path, changed_spec: Callable[[Change], Path], change: Change, sentence: str
) -> None:
    """A package that the wrapper cannot use is refused with one sentence that says why."""
    spec, package = changed_spec(change), tmp_path / "zeroscope_api"
    generate_client(spec, package)
    with pytest.raises(GenerationError) as caught:
        prove(package, read_document(spec), GENERATED)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_generate__leaves_the_package_if_the_proof_fails(
    tmp_path: Path, changed_spec: Callable[[Change], Path]
) -> None:
    """Nothing is written, not even the files that are right, and the line of the document is named."""
    before = tmp_path / "client"
    shutil.copytree(GENERATED, before)
    (before / "types.py").write_text("", encoding="utf-8")
    held = contents(before)
    outcome = generate("--spec", changed_spec(require_header), "--output", before)
    assert outcome.code == 1 and outcome.out == "" and contents(before) == held
    assert (
        outcome.err.endswith("requires the header X-Team, which the wrapper does not pass (line 1).\n")
        and outcome.err.count("\n") == 1
    )


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("models/prediction_status.py", "the schema PredictionStatus is generated differently each time, in {}"),
        ("client.py", "the package is generated differently each time, in {}"),
    ],
)
def test_difference__between_hash_seeds_is_refused(tmp_path: Path, file: str, sentence: str) -> None:
    """Two packages of one document must be the same; the schema whose file differs is named."""
    shutil.copytree(GENERATED, tmp_path / "other")
    document = read_document(ROOT / "openapi.yaml")
    refuse_differences(document, GENERATED, tmp_path / "other")
    (tmp_path / "other" / file).write_text("", encoding="utf-8")
    with pytest.raises(GenerationError, match=re.escape(sentence.format(file))):
        refuse_differences(document, GENERATED, tmp_path / "other")


@pytest.mark.parametrize("fails_at", [1, 2])
def test_replace__leaves_one_of_two_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    """Whichever step of the replacement is interrupted, the old package is there, and nothing else."""
    calls = []
    rename = Path.rename

    def interrupt(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == fails_at:
            raise KeyboardInterrupt
        return rename(self, target)

    for name in ("new", "old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.py").touch()
    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        replace(tmp_path / "new", tmp_path / "old")
    assert {*contents(tmp_path)} == {"new/new.py", "old/old.py"}
    replace(tmp_path / "new", tmp_path / "old")
    assert {*contents(tmp_path)} == {"new/new.py", "old/new.py"}


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

    generate_client(changed_spec(change), tmp_path / "zeroscope_api")
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

    generate_client(changed_spec(change), tmp_path / "zeroscope_api")
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
    tmp_path: Path, changed_spec: Callable[[Change], Path]
) -> None:
    """A reference whose name has a slash in it is followed as well."""

    def hide(document: Any) -> None:
        document["components"]["pathItems"] = {"a/~files": document["paths"]["/files"]}
        document["paths"]["/files"] = {"$ref": "#/components/pathItems/a~1~0files"}

    with pytest.raises(GenerationError, match="no endpoint came out for POST /files, the operation 'createFile'"):
        generate_client(changed_spec(hide), tmp_path / "client")
