"""Options of `zeroscope run` for the fields of the model's input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Required, TypedDict, get_type_hints

from cyclopts import Parameter

from .._service.api import INPUT_DESCRIPTIONS, PredictionInputDict, file_fields
from .._service.validation import input_schema
from .options import Integer

TAKES_PROMPT = "prompt" in input_schema()["properties"]


def default_batch_size() -> object:
    """The number of videos that an input without `batch_size` makes, by the spec."""
    return input_schema()["properties"].get("batch_size", {}).get("default", 1)


def _input_fields() -> Any:
    """The `TypedDict` of the input's fields as the command line takes them: a file is a string there."""
    hints: dict[str, Any] = {}
    for name, hint in get_type_hints(PredictionInputDict).items():
        is_file = name in file_fields()
        option: Any = str if is_file else hint
        # A required prompt may be given as an argument; where it is missing, the check against the spec reports it.
        if name in PredictionInputDict.__required_keys__ and name != "prompt":
            option = Required[option]
        form = Integer if hint is int else Parameter(metavar="URL|PATH" if is_file else None)
        hints[name] = Annotated[option, form, Parameter(help=INPUT_DESCRIPTIONS[name])]
    typed_dict: Any = TypedDict
    return typed_dict("InputFields", hints, total=False)


if TYPE_CHECKING:

    class InputFields(TypedDict):
        """The fields, unknown to type checkers: one may have the name of a parameter of `run_command`."""
else:
    InputFields = _input_fields()
