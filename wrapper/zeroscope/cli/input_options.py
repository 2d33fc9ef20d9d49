"""Options of `zeroscope run` for the fields of the model's input."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Required, TypedDict

from cyclopts import Parameter

from .._service.input_types import INPUT_DESCRIPTIONS, PredictionInputDict
from .._service.reserved import UPSCALE_OPTIONS, command_options
from .._service.spec import input_schema
from .field_kinds import field_kinds

# A prompt that is an object, a list or a number is a field like any other.
TAKES_PROMPT = "prompt" in field_kinds() and field_kinds()["prompt"].takes_text
_GIVEN = ("prompt",) if TAKES_PROMPT else ()
# Before the names of fields among the arguments of a command's function, which has parameters of its own.
_KEY = "input."


def videos_of(input: Mapping[str, Any]) -> int:
    """Return how many videos an input makes; 1 for an absurd number, which the spec or the service refuses."""
    number = input.get("batch_size", input_schema()["properties"].get("batch_size", {}).get("default"))
    return number if isinstance(number, int) and 1 <= number <= 1000 else 1


def input_fields(without: Collection[str] = (), given: Collection[str] = _GIVEN) -> Any:
    """Return the `TypedDict` of the input's fields as the command line takes them: a file is a string there.

    Args:
        without: The fields that the command has no option for.
        given: The fields that may be given otherwise; where one is missing, the check against the spec reports it.
    """
    hints: dict[str, Any] = {}
    options = command_options(input_schema()["properties"])
    for name, kind in field_kinds().items():
        if name in without:
            continue
        option: Any = kind.type
        if name in PredictionInputDict.__required_keys__ and name not in given:
            option = Required[option]
        # The command never leaves the prompt to the model unasked.
        described = input_schema()["properties"][name].get("description") if name in _GIVEN else None
        text = f"{described}." if described else INPUT_DESCRIPTIONS[name]
        form = Parameter(name=options[name], help=f"{text} {kind.help}".rstrip())
        hints[f"{_KEY}{name}"] = Annotated[option, kind.parameter, form]
    typed_dict: Any = TypedDict
    return typed_dict("InputFields", hints, total=False)


def given_fields(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields among the arguments of a command's function, by their own names."""
    return {name.removeprefix(_KEY): value for name, value in arguments.items()}


def as_arguments(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as arguments of the client's `run` or `upscale`, whose options may have the names of fields."""
    extra = {name: value for name, value in fields.items() if name in UPSCALE_OPTIONS}
    rest = {name: value for name, value in fields.items() if name not in extra}
    return {**rest, "extra_input": extra} if extra else rest


if TYPE_CHECKING:

    class InputFields(TypedDict):
        """The fields, unknown to type checkers."""

    LineFields = InputFields
else:
    InputFields = input_fields()
    # Of a batch, whose lines have fields themselves.
    LineFields = input_fields(given=input_schema()["properties"])
