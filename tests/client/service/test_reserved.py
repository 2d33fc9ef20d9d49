"""Names of fields that an option has already."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from zeroscope import AsyncZeroscope, UpscaleOptions, Zeroscope
from zeroscope._service import reserved
from zeroscope._service.spec import input_schema
from zeroscope.cli.app import COMMANDS, app
from zeroscope.options import RunOptions


def test_run_options__are_those_of_run_and_upscale() -> None:
    """The list of names is that of the types, and the methods have no other parameter that a field may mean."""
    assert RunOptions.__annotations__.keys() == reserved.RUN_OPTIONS
    assert UpscaleOptions.__annotations__.keys() == reserved.UPSCALE_OPTIONS
    named = {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    for method in (Zeroscope.run, Zeroscope.upscale, AsyncZeroscope.run, AsyncZeroscope.upscale):
        assert [one.name for one in inspect.signature(method).parameters.values() if one.kind in named] == []


def test_command_options__are_those_of_the_commands_that_take_fields() -> None:
    """The list of options is that of the parsers, without the options of fields."""
    found: set[str] = set()
    for name in (name for name, command in COMMANDS.items() if command.has_fields):
        found.update(*(argument.names for argument in app[name].assemble_argument_collection()))
        found |= {*app[name].help_flags, *app[name].version_flags}
    fields = {f"--{start}{name}".replace("_", "-") for name in input_schema()["properties"] for start in ("", "no-")}
    assert {name for name in found if name.startswith("--")} - fields == reserved.COMMAND_OPTIONS


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (["prompt", "num_frames"], ["--prompt", "--num-frames"]),
        (["timeout", "base_url", "help"], ["--input.timeout", "--input.base_url", "--input.help"]),
        (["guidanceScale", "baseUrl", "JSONFile"], ["--guidance-scale", "--input.baseUrl", "--json-file"]),
        (["deadline", "self", "input", "options"], ["--deadline", "--self", "--input", "--options"]),
        (["Timeout", "JSON"], ["--input.Timeout", "--input.JSON"]),
        (["Seed", "seed"], ["--input.Seed", "--seed"]),
        (["Seed", "SEED"], ["--seed", "--input.SEED"]),
        (["a-b", "a_b"], ["--a-b", "--input.a_b"]),
        (["no_x", "x", "empty_x", "no_y"], ["--input.no_x", "--x", "--input.empty_x", "--no-y"]),
        (["no_no_x", "no_x", "x"], ["--input.no_no_x", "--input.no_x", "--x"]),
        (["größe", "a b", "a.b", "_", ""], ["--input.größe", "--input.a b", "--input.a.b", "--input._", "--input."]),
        (["x_", "_x", "x"], ["--input.x_", "--input._x", "--x"]),
        (["_x"], ["--x"]),
        (["seed", "seed"], ["--seed"]),
    ],
)
def test_command_options__of_fields(names: list[str], options: list[str]) -> None:
    """A field has the option of its name, unless another option or field has that."""
    assert list(reserved.command_options(names).values()) == options


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["prompt", "seed", "deadlines", "webhook"], {}),
        (
            ["prompt", "timeout"],
            {
                "timeout": 'in `run` and `upscale`, timeout is an option, so pass the field as extra_input={"timeout": '
                "...}; in the command, the field is --input.timeout, because --timeout is an option"
            },
        ),
        (
            ["deadline"],
            {
                "deadline": "in `run` and `upscale`, deadline is an option, so pass the field as "
                'extra_input={"deadline": ...}'
            },
        ),
        (
            ["strength"],
            {
                "strength": 'in `upscale`, strength is an option, so pass the field as extra_input={"strength": ...}; '
                "in the command, the field is --input.strength, because --strength is an option"
            },
        ),
        (["json"], {"json": "in the command, the field is --input.json, because --json is an option"}),
        (["Seed", "seed"], {"Seed": "in the command, the field is --input.Seed, because --seed is for the field seed"}),
        (
            ["x", "no_x", "no_no_x"],
            {
                "no_x": "in the command, the field is --input.no_x, because --no-x is for the field x",
                "no_no_x": "in the command, the field is --input.no_no_x, because --no-no-x is for the field x",
            },
        ),
        (["x", "no_x"], {"no_x": "in the command, the field is --input.no_x, because --no-x is for the field x"}),
        (
            ["from", "a b"],
            {
                "from": "in `run` and `upscale`, from cannot be written as a keyword argument, so pass the field as "
                'extra_input={"from": ...}',
                "a b": "in `run` and `upscale`, a b cannot be written as a keyword argument, so pass the field as "
                'extra_input={"a b": ...}; in the command, the field is --input.a b, because its name does not consist '
                "of ASCII letters, digits, _ and -",
            },
        ),
    ],
)
def test_reserved_fields__say_how_they_are_given(names: list[str], found: dict[str, Any]) -> None:
    """Only fields that are not given by their names are told, with each way in which they are given."""
    assert reserved.reserved_fields(iter(names)) == found
