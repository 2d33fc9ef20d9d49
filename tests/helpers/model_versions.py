"""Model versions as Cog describes them, and updates of the document from them."""

from __future__ import annotations

import copy
import difflib
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from codegen.document.yaml import compose, dump_round_trip, load_round_trip
from codegen.update.__main__ import main
from codegen.update.errors import UpdateError
from codegen.update.merge import merge
from codegen.update.source import fetch_version, version_url
from codegen.update.spec import Spec
from ruamel.yaml import YAML

from helpers.command import Outcome

__all__ = [
    "Spec",
    "UpdateError",
    "compose",
    "dump_round_trip",
    "fetch_version",
    "load_round_trip",
    "main",
    "merge",
    "version_url",
]

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
MODEL = "anotherjesse/zeroscope-v2-xl"
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
OTHER_VERSION = "71996d331e8ede8ef7bd76eba9fae076d31792e4ddf4ad057779b443d6aea62f"

Run = Callable[..., Outcome]
Change = Callable[[dict[str, Any]], object]


@functools.cache
def _loaded(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def load(text: str) -> Any:
    """Load a document; the result is cached, since nearly every test loads that of the repository."""
    return copy.deepcopy(_loaded(text))


def input_of(text: str) -> Any:
    return load(text)["components"]["schemas"]["PredictionInput"]


def as_cog(schema: dict[str, Any]) -> dict[str, Any]:
    """Return an input schema as Cog writes it: with titles, `x-order`, and a schema for each enumeration."""
    schemas: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for order, (name, field) in enumerate(schema["properties"].items()):
        field = dict(field)
        if "enum" in field:
            schemas[name] = {
                "enum": field.pop("enum"),
                "type": field.pop("type"),
                "title": name,
                "description": "An enumeration.",
            }
            field["allOf"] = [{"$ref": f"#/components/schemas/{name}"}]
        else:
            field["title"] = name.replace("_", " ").title()
        fields[name] = {**field, "x-order": order}
    return openapi_schema(fields, **schemas)


def openapi_schema(fields: dict[str, Any], *, required: list[str] | None = None, **schemas: Any) -> dict[str, Any]:
    """Return the `openapi_schema` of a version with these fields."""
    input: dict[str, Any] = {"type": "object", "title": "Input", "properties": fields}
    if required is not None:
        input["required"] = required
    output = {"type": "array", "items": {"type": "string", "format": "uri"}, "title": "Output"}
    return {
        "info": {"title": "Cog", "version": "0.1.0"},
        "paths": {},
        "openapi": "3.0.2",
        "components": {"schemas": {"Input": input, "Output": output, **schemas}},
    }


SMALL = """\
openapi: 3.1.0
info: {title: Small, version: "1", x-replicate: {model: a/b, version: "111"}}
paths: {}
components:
  schemas:
    PredictionInput:
      type: object
      properties: {}
"""


def runner(spec: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that updates a document from a file, or from an object that it writes to a file first."""

    def call(source: Any, *options: str) -> Outcome:
        name = str(source)
        if not isinstance(source, str | Path):
            path = spec.with_name("version.json")
            path.write_text(json.dumps(source), encoding="utf-8")
            name = str(path)
        code = main([name, "--spec", str(spec), *options])
        captured = capsys.readouterr()
        assert [path.name for path in spec.parent.iterdir() if path.name.startswith(".")] == []
        return Outcome(code, captured.out, captured.err)

    return call


def fields_of(cog: dict[str, Any]) -> dict[str, Any]:
    """Return the properties of an input schema as Cog writes it."""
    fields: dict[str, Any] = cog["components"]["schemas"]["Input"]["properties"]
    return fields


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """Return the removed lines and the added lines."""
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0))[2:]
    removed, added = ([line[1:].strip() for line in lines if line[0] == sign] for sign in "-+")
    return removed, added
