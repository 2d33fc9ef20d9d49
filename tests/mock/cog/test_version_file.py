"""Files of versions, and the options that name them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from zeroscope_mock.cog import (
    ModelFileError,
    is_model_name,
    json_schema,
    model_files,
    parse_model_option,
    read_version,
    reading,
)
from zeroscope_mock.documents.validation import Schema

SCHEMA: dict[str, Any] = {
    "openapi": "3.0.2",
    "components": {"schemas": {"Input": {"type": "object", "properties": {"prompt": {"type": "string"}}}}},
}
VERSION: dict[str, Any] = {
    "id": "0f" * 32,
    "created_at": "2024-05-06T07:08:09.25Z",
    "cog_version": "0.9.4",
    "openapi_schema": SCHEMA,
}
CREATED = 1714979289.25
YAML = """\
id: hidden
created_at: 2024-05-06T07:08:09.25Z
openapi_schema:
  components:
    schemas:
      Input:
        properties:
          aspect_ratio: {type: string, enum: [1:1, 16:9], default: 16:9}
          language: {type: string, enum: [no, en], default: no}
          since: {type: string, default: 2024-01-01}
          steps: {type: integer, minimum: 1, maximum: 5e1, default: +4}
          scale: {type: number, default: 7.5}
          code: {type: string, default: 010}
          image: {type: string, default: ~}
          fast: {type: boolean, default: true}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "llama.json"


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """A machine in another time zone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


def test_a_version__as_given(path: Path) -> None:
    """A version goes out as the file has it, with fields that the mock does not know."""
    path.write_text(json.dumps({**VERSION, "more": [1.5]}))

    version = read_version(path)

    assert version.id == VERSION["id"]
    assert version.created == CREATED
    assert version.values == {**VERSION, "more": [1.5]}
    assert list(version.schema.properties) == ["prompt"]
    assert version.warnings == []


def test_a_version__from_a_text_path(path: Path) -> None:
    """The path may be a text, and the file may begin with a byte order mark."""
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(VERSION).encode())

    assert read_version(str(path)).values == VERSION


def test_a_version__from_an_object() -> None:
    """Later changes to the object change nothing."""
    given = json.loads(json.dumps(VERSION))
    version = read_version(MappingProxyType(given))

    given["openapi_schema"]["components"].clear()

    assert version.values == VERSION
    assert list(version.schema.properties) == ["prompt"]


def test_a_schema__alone(path: Path) -> None:
    """A schema alone becomes a version whose id depends on its content only."""
    path.write_text(json.dumps(SCHEMA))

    version = read_version(path)

    assert version.values.keys() == {"id", "created_at", "cog_version", "openapi_schema"}
    assert version.values["openapi_schema"] == SCHEMA
    assert version.id == version.values["id"] == read_version(dict(reversed(SCHEMA.items()))).id
    assert len(version.id) == 64 and int(version.id, 16)
    assert version.id != read_version({**SCHEMA, "openapi": "3.1.0"}).id


def test_a_version__without_the_rest() -> None:
    """What a version lacks is added, since clients require it."""
    version = read_version({"openapi_schema": SCHEMA})

    assert version.values == read_version(SCHEMA).values
    assert version.created > 0


@pytest.mark.parametrize("suffix", [".yaml", ".YML"])
def test_a_version__in_yaml(tmp_path: Path, suffix: str) -> None:
    """Plain text is read as in YAML 1.2, in which ratios, dates and `no` are text."""
    (path := tmp_path / f"flux{suffix}").write_text(YAML)

    version = read_version(path)

    assert version.id == "hidden"
    assert version.created == CREATED
    assert version.values["created_at"] == "2024-05-06T07:08:09.25Z"
    assert version.schema.defaults == {
        "aspect_ratio": "16:9",
        "language": "no",
        "since": "2024-01-01",
        "steps": 4,
        "scale": 7.5,
        "code": "010",
        "fast": True,
    }
    assert version.warnings == []


@pytest.mark.parametrize(
    ("created_at", "created"),
    [
        ("2022-08-19T23:07:08.473298Z", 1660950428.473298),
        ("2022-08-19T23:07:08.473298123Z", 1660950428.473298),
        ("2022-08-20T01:07:08+02:00", 1660950428),
        ("2022-08-19T23:07:08", 1660950428),
    ],
)
def test_a_creation_time(created_at: str, created: float, elsewhere: None) -> None:
    """Timestamps have any number of digits; one without a zone is in UTC, wherever the machine is."""
    assert read_version({**VERSION, "created_at": created_at}).created == created


@pytest.mark.parametrize("created_at", [None, 7, "", "yesterday", "2024-02-30T00:00:00Z"])
def test_a_creation_time__that_is_none(created_at: object) -> None:
    """The version goes out as given, with a warning, and counts as created when the document's model was."""
    version = read_version({**VERSION, "created_at": created_at})

    assert version.values["created_at"] == created_at
    assert version.created == read_version(SCHEMA).created
    assert version.warnings == [f"created_at is {created_at!r}, which is no timestamp."]


@pytest.mark.parametrize("id", ["hidden", "0f" * 32, "v1.2_3-rc", "7"])
def test_an_id(id: str) -> None:
    """Official models have a version called `hidden`."""
    assert read_version({**VERSION, "id": id}).id == id


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[]", "is neither a version nor a schema of a model: it is not an object"),
        ("null", "is neither a version nor a schema of a model: it is not an object"),
        (
            "{}",
            "is neither a version nor a schema of a model: it has no openapi_schema and no components.schemas",
        ),
        (
            '{"components": {"schemas": []}}',
            "is neither a version nor a schema of a model: it has no openapi_schema and no components.schemas",
        ),
        ('{"openapi_schema": null}', "has an openapi_schema that is not an object"),
        (
            '{"id": "a/b", "openapi_schema": {}}',
            "has the id 'a/b', which is not made of letters, digits, dots, dashes and underscores",
        ),
        (
            '{"id": 7, "openapi_schema": {}}',
            "has the id 7, which is not made of letters, digits, dots, dashes and underscores",
        ),
        ("", "is not JSON: line 1, column 1: "),
        ('{\n  "id": x}', "is not JSON: line 2, column 9: "),
        ('{"a": NaN}', "is not JSON: line 1, column 7: "),
        (
            f'{{"openapi_schema": {{"a": {"[" * 260}{"]" * 260}}}}}',
            "cannot be written as JSON: Recursion limit reached",
        ),
    ],
)
def test_a_file__that_is_no_version(path: Path, content: str, reason: str) -> None:
    """One sentence names the file and what is missing."""
    path.write_text(content)

    with pytest.raises(ModelFileError) as caught:
        read_version(path)

    # What the parser says after the place depends on its version.
    assert str(caught.value).startswith(f"{path} {reason}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is neither a version nor a schema of a model: it is not an object"),
        ("id: [", "is not YAML: line "),
        ("id: &a [*b]", "is not YAML: line 1, column 9: "),
        ("id: !!python/name:os.system", "is not YAML: line 1, column 5: "),
        ("id: &a\n- *a\n", "cannot be written as JSON: Recursion limit reached"),
        ("7: x", "cannot be written as JSON: Dict key must be str"),
        ("id: !!binary aGk=", "cannot be written as JSON: Type is not JSON serializable: bytes"),
        ("id: \x07", "is not YAML: "),
    ],
)
def test_a_yaml_file__that_is_no_version(tmp_path: Path, content: str, reason: str) -> None:
    """One sentence names the file, and the place or what JSON cannot hold."""
    (path := tmp_path / "llama.yaml").write_text(content)

    with pytest.raises(ModelFileError) as caught:
        read_version(path)

    assert str(caught.value).startswith(f"{path} {reason}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "is neither a version nor a schema of a model: it has no openapi_schema and no components.schemas"),
        ({"id": object()}, "cannot be written as JSON: Type is not JSON serializable: object"),
        ({"id": 10**40}, "cannot be written as JSON: Integer exceeds 64-bit range"),
        ({7: 7}, "cannot be written as JSON: Dict key must be str"),
    ],
)
def test_an_object__that_is_no_version(values: Mapping[str, Any], reason: str) -> None:
    """The sentence speaks of the given object."""
    with pytest.raises(ModelFileError) as caught:
        read_version(values)

    assert str(caught.value) == f"the given object {reason}"


def test_a_file__that_does_not_exist(path: Path) -> None:
    """The sentence gives the system's reason."""
    with pytest.raises(ModelFileError, match=r"llama\.json cannot be read: No such file or directory$"):
        read_version(path)
    with pytest.raises(ModelFileError, match="cannot be read: "):
        read_version("a\0b")


def test_reading__compiles_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema is resolved and compiled when it is first used."""
    path.write_text(json.dumps(VERSION))
    schemas: list[object] = []

    def compiled(*arguments: Any, **more: Any) -> Schema:
        schemas.append(arguments)
        return Schema(*arguments, **more)

    monkeypatch.setattr(json_schema, "Schema", compiled)

    version = read_version(path)

    assert schemas == []
    assert version.schema.invalid_fields({}) == version.schema.invalid_fields({}) == []
    assert len(schemas) == 1


def test_a_folder(tmp_path: Path) -> None:
    """The place of a file names its model, and other files belong to the owner `local`."""
    models = {
        "meta/llama.json": "meta/llama",
        "meta/llama/one.json": "meta/llama",
        "meta/llama/two.yaml": "meta/llama",
        "stability-ai__sdxl.yml": "stability-ai/sdxl",
        "a__b__c.JSON": "a/b__c",
        "Owner_1/name.v-2_.json": "Owner_1/name.v-2_",
        "flux-dev.json": "local/flux-dev",
        "lucataco+cog xtts.json": "local/lucataco-cog-xtts",
        "+.json": "local/model",
        "__x.json": "local/__x",
        "my models/llama.json": "local/llama",
        "a/b/c/d.json": "local/d",
    }
    for name in (*models, "README.md", ".git/x/y.json", "meta/.hidden.json", ".json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.json").mkdir()

    found = model_files(tmp_path)

    assert {path.relative_to(tmp_path).as_posix(): model for model, path in found} == models
    assert [path for _, path in found] == sorted(path for _, path in found)
    assert all(is_model_name(model) for model, _ in found)


def test_a_folder__without_models(tmp_path: Path) -> None:
    """A folder without such files is a mistake, as is one that does not exist."""
    with pytest.raises(ModelFileError, match=r" has no file that ends in \.json, \.yaml or \.yml$"):
        model_files(tmp_path)
    with pytest.raises(ModelFileError, match=r"none is not a folder$"):
        model_files(tmp_path / "none")


@pytest.mark.parametrize(
    ("text", "model", "file"),
    [
        ("meta/llama=llama.json", "meta/llama", "llama.json"),
        ("meta/llama-2.1_x=a=b/c.yaml", "meta/llama-2.1_x", "a=b/c.yaml"),
        ("meta/llama=C:\\x.json", "meta/llama", "C:\\x.json"),
    ],
)
def test_an_option(text: str, model: str, file: str) -> None:
    """An option is the model, an equals sign and the file."""
    assert parse_model_option(text) == (model, Path(file))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("meta/llama", "--model meta/llama needs a file: --model meta/llama=FILE"),
        ("meta/llama=", "--model meta/llama needs a file: --model meta/llama=FILE"),
        ("llama=x.json", "--model 'llama=x.json' does not name a model: --model owner/name=FILE"),
        ("", "--model '' does not name a model: --model owner/name=FILE"),
        ("meta/../x=y", "--model 'meta/../x=y' does not name a model: --model owner/name=FILE"),
        ("meta/..=y", "--model 'meta/..=y' does not name a model: --model owner/name=FILE"),
        ("meta/ll ama=y", "--model 'meta/ll ama=y' does not name a model: --model owner/name=FILE"),
        ("meta/llama\n=y", "--model 'meta/llama\\n=y' does not name a model: --model owner/name=FILE"),
        ("meta/llama:0f0f=y", "--model 'meta/llama:0f0f=y' does not name a model: --model owner/name=FILE"),
        ("x.json", "--model 'x.json' does not name a model: --model owner/name=FILE"),
    ],
)
def test_an_option__in_another_form(text: str, reason: str) -> None:
    """One sentence says what is missing."""
    with pytest.raises(ModelFileError) as caught:
        parse_model_option(text)

    assert str(caught.value) == reason


def test_aliases__that_expand_without_end(tmp_path: Path) -> None:
    """A small file that stands for billions of values is refused, and one with a few aliases is read."""
    path = tmp_path / "llama.yaml"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]
    path.write_text("\n".join([*lines, "components: {schemas: {Input: {type: object}}}"]), encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"llama\.yaml has aliases that expand to \d+ values, but a model has at"):
        read_version(path)
    path.write_text("\n".join([*lines[:3], "components: {schemas: {Input: {type: object}}}"]), encoding="utf-8")
    assert read_version(path).schema.properties == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no such pipes")
def test_file__that_may_never_end(tmp_path: Path) -> None:
    """A pipe or a device is not waited for."""
    os.mkfifo(tmp_path / "llama.json")
    with pytest.raises(ModelFileError, match=r"llama\.json is not a regular file$"):
        read_version(tmp_path / "llama.json")


def test_file__that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No model's file is as large as the memory."""
    monkeypatch.setattr(reading, "_LARGEST_FILE", 10)
    (tmp_path / "llama.json").write_text('{"components": {}}', encoding="utf-8")
    with pytest.raises(ModelFileError, match=r"llama\.json has 18 bytes, but a model's file has at most 10$"):
        read_version(tmp_path / "llama.json")
