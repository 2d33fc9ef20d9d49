"""Options of `zeroscope run` for the fields of the model's input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Required, TypedDict, get_type_hints

from cyclopts import Parameter

from .._service.api import PredictionInputDict, file_fields
from .._service.spec import spec
from .._service.validation import input_schema

TAKES_PROMPT = "prompt" in input_schema()["properties"]


def default_batch_size() -> object:
    """The number of videos that an input without `batch_size` makes, by the spec."""
    return input_schema()["properties"].get("batch_size", {}).get("default", 1)


def field_help(name: str) -> str:
    """The help of a field's option: its description, bounds and default, as the generated docstrings have them.

    The text is composed from the spec, as Python does not keep the docstrings of a class's attributes.
    """
    schema: dict[str, Any] = input_schema()["properties"][name]
    branches = [schema, *(branch for key in ("allOf", "anyOf", "oneOf") for branch in schema.get(key, ()))]
    description = next(
        (text for text in (_description(schema), schema.get("title")) if text),
        name,
    )
    sentences = [" ".join(description.split()).strip(".")]
    if name in file_fields():
        sentences.append("Or the path of a file; in Python, its bytes or an open binary file as well")
    sentences += _bounds(branches)
    default = schema.get("default")
    if default is not None:
        sentences.append(f"Default: {str(default).lower() if isinstance(default, bool) else default}")
    return " ".join(f"{sentence}." for sentence in sentences)


def _description(schema: Mapping[str, Any]) -> str | None:
    """A schema's own description, else that of what it refers to."""
    found: str | None = schema.get("description")
    if found is None and "$ref" in schema:
        return _description(spec()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return found


def _bounds(branches: list[dict[str, Any]]) -> list[str]:
    least, most = (next((branch[key] for branch in branches if key in branch), None) for key in ("minimum", "maximum"))
    if least is not None and most is not None:
        return [f"Between {least:g} and {most:g}"]
    if least is not None:
        return [f"At least {least:g}"]
    return [] if most is None else [f"At most {most:g}"]


def _input_fields() -> Any:
    """The `TypedDict` of the input's fields as the command line takes them: a file is a string there."""
    hints: dict[str, Any] = {}
    for name, hint in get_type_hints(PredictionInputDict).items():
        is_file = name in file_fields()
        option: Any = str if is_file else hint
        # A required prompt may be given as an argument; where it is missing, the check against the spec reports it.
        if name in PredictionInputDict.__required_keys__ and name != "prompt":
            option = Required[option]
        hints[name] = Annotated[option, Parameter(help=field_help(name), metavar="URL|PATH" if is_file else None)]
    typed_dict: Any = TypedDict
    return typed_dict("InputFields", hints, total=False)


if TYPE_CHECKING:

    class InputFields(TypedDict):
        """The fields, unknown to type checkers: one may have the name of a parameter of `run_command`."""
else:
    InputFields = _input_fields()
