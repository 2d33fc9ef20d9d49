"""Runs the generator, openapi-python-client, with the templates of this project."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..document.errors import first_line
from ..document.nullable import convert_nullable
from ..document.openapi import load_document
from ..document.operations import METHODS
from ..document.references import component_name, dereference
from .diagnostics import described
from .errors import GenerationError
from .fields import input_fields, triple_quoted
from .requirements import refuse_paths, refuse_references, refuse_values
from .types import NAMES, names_in

CODEGEN = Path(__file__).parents[1]
INPUT = "PredictionInput"
"""The schema of the model's input."""
SCHEMAS = ("components", "schemas")
_OWN_NAMES = {*NAMES, "BinaryReader", "Protocol", "TypeAlias", "TypedDict", "TypeVar", "UNSET", "Unset"}
_MEMBERS = {"to_dict", "from_dict", "to_multipart", "additional_properties", "additional_keys"}
_MEMBERS |= {"cls", "d", "src_dict", "field_dict", "prop", "prop_name", "prop_dict", "files", "types", "json", "cast"}
"""The methods of a generated class, and the names that they use."""


def generate(spec: Path, target: Path) -> None:
    """Generate the client package.

    Args:
        spec: The OpenAPI document.
        target: The folder of the package; it must not exist yet.

    Raises:
        GenerationError: If the document cannot be read, or the generator fails, warns or leaves an operation out.
    """
    document = read_document(spec)
    operations = {_plain(name): name for name in operation_ids(document)}
    with pinned_ruff_first():
        _build(_reduced(document), target)

    # The generator can leave out an operation without a warning, for example if its path item is a reference.
    modules = {_plain(path.stem) for path in target.glob("api/*/*.py") if path.stem != "__init__"}
    missing = sorted(operations[name] for name in operations.keys() - modules)
    if missing:
        method, path = operation_ids(document)[missing[0]]
        reason = f"no endpoint came out for {method} {path}, the operation {missing[0]!r}"
        raise GenerationError(reason, ("paths", path, method.lower(), "operationId"))
    if len(modules) != len(operations):
        raise GenerationError("more endpoints came out than the document has operations")

    (target / "spec.json").write_text(_as_json(document), encoding="utf-8")
    (target / "py.typed").touch()


def read_document(spec: Path) -> dict[str, Any]:
    """Read a document, with anchors, merge keys and `nullable` resolved.

    Raises:
        GenerationError: If it cannot be read, has no paths, an operation without a name, or a reference to nothing.
    """
    try:
        document = load_document(spec.read_text(encoding="utf-8"))
        refuse_values(document)
        document = convert_nullable(document)
        # As JSON has it: YAML knows numbers as keys.
        found: dict[str, Any] = json.loads(json.dumps(document, allow_nan=False))
    except RecursionError as error:
        raise GenerationError("it contains itself, or is nested too deeply") from error
    except OSError as error:
        raise GenerationError(f"it cannot be read, {first_line(error)}") from error
    except ValueError as error:
        raise GenerationError(first_line(error)) from error
    operation_ids(found)
    refuse_references(found)
    refuse_paths(found)
    return found


def operation_ids(document: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the method and the path of each operation by its operationId.

    Raises:
        GenerationError: If a path refers to nothing, or holds no object.
    """
    names: dict[str, tuple[str, str]] = {}
    for path, item in document["paths"].items():
        try:
            operations = dereference(document, item)
        except KeyError as error:
            reason = f"{path} refers to {item['$ref']}, which is not in the document"
            raise GenerationError(reason, ("paths", path)) from error
        except TypeError as error:
            raise GenerationError(f"{path} holds no operations", ("paths", path)) from error
        names |= {operations[method]["operationId"]: (method.upper(), path) for method in METHODS & operations.keys()}
    return names


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


def _build(document: dict[str, Any], target: Path) -> None:
    """Run the generator; its command would do the same, but print what goes wrong in many lines."""
    from openapi_python_client import Project
    from openapi_python_client.config import Config, ConfigFile, MetaType
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError

    settings = ConfigFile.load_from_path(CODEGEN / "config.yml")
    config = Config.from_sources(
        settings, MetaType.NONE, Path("openapi.json"), "utf-8", overwrite=True, output_path=target.resolve()
    )
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            data = GeneratorData.from_dict(document, config=config)
            if isinstance(data, GeneratorError):
                errors = [data]
            else:
                _refuse_names(data)
                for model in data.models:
                    _rename_attributes(model, config)
                project = Project(openapi=data, config=config, custom_template_path=CODEGEN / "templates")
                errors = list(project.build())
    except GenerationError:
        raise
    # Whatever in the document the generator stumbles over, its traceback does not help.
    except Exception as error:
        raise GenerationError(f"the generator fails with {type(error).__name__}: {first_line(error)}") from error
    if errors:
        # Of a schema's error, the operations that use it have more.
        found = [described(error, document) for error in errors]
        raise GenerationError(*min(found, key=lambda one: one[1][:2] != SCHEMAS))


def _refuse_names(data: Any) -> None:
    """Refuse schemas whose classes would have the name of a type that the generated code uses."""
    for made in (*data.models, *data.enums):
        if made.class_info.name in _OWN_NAMES:
            reason = f"the schema {made.class_info.name} has the name of a type that Python code uses; rename it"
            raise GenerationError(reason, (*SCHEMAS, made.class_info.name))


def _rename_attributes(model: Any, config: Any) -> None:
    """Rename the attributes of a class that the generated methods, or their variables, have the names of."""
    for field in (*model.required_properties, *model.optional_properties):
        if field.python_name in _MEMBERS:
            field.set_python_name(f"{field.python_name}_field", config)


def _reduced(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document for the generator, to which the model's input is an object of any kind.

    The client sends inputs as the caller gives them and checks them against the document itself. The generator would
    make a class of the input, whose attributes, arguments and local variables the names of fields could be; models name
    their fields as they like. The fields become a TypedDict instead, which needs no code of its own.
    """
    schemas = document.get("components", {}).get("schemas", {})
    schema = schemas.get(INPUT)
    if not isinstance(schema, dict) or not isinstance(schema.get("properties"), dict):
        raise GenerationError(f"it has no schema {INPUT} with properties, the input of the model", SCHEMAS)
    for name, field in schema["properties"].items():
        if not isinstance(field, dict):
            place = (*SCHEMAS, INPUT, "properties", name)
            raise GenerationError(f"the schema of the field {name!r} is {field!r:.40}, not an object", place)
    others = {name: other for name, other in schemas.items() if name != INPUT}
    inner = referred(schemas, schema) - {INPUT}
    outer = {name: other for name, other in others.items() if name not in inner}
    rest = {**document, "components": {**document["components"], "schemas": {}}}
    needed = referred(others, [rest, outer])
    description = schema.get("description")
    fields = input_fields(document, schema)
    reduced = {
        "type": "object",
        **({"description": description} if description else {}),
        "additionalProperties": True,
        "x-docstring": triple_quoted(" ".join(str(description or "The fields of the model's input.").split())),
        "x-fields": [asdict(field) for field in fields],
        "x-names": names_in(field.type for field in fields),
    }
    kept = {name: other for name, other in schemas.items() if name not in inner or name in needed}
    return {**document, "components": {**document["components"], "schemas": {**kept, INPUT: reduced}}}


def referred(schemas: Mapping[str, Any], part: Any) -> set[str]:
    """Return the names of the schemas that a part of the document refers to, directly or through others."""
    found: set[str] = set()
    left = [part]
    while left:
        inner = left.pop()
        if isinstance(inner, list):
            left += inner
        elif isinstance(inner, dict):
            reference = inner.get("$ref")
            if isinstance(reference, str) and reference.startswith(f"#/{'/'.join(SCHEMAS)}/"):
                name = component_name(reference)
                if name not in found and name in schemas:
                    found.add(name)
                    left.append(schemas[name])
            left += inner.values()
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _as_json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
