"""The folder of schemas: every kind of field and output, of every Cog since 0.1."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.model_files import model_files
from helpers.model_kinds import kinds

MODELS = model_files(Path(__file__).parent)
KINDS = set[str]().union(*map(kinds, MODELS))


@pytest.mark.parametrize(
    "kind",
    [
        "input.property string-uri",
        "input.property string-password",
        "input.property string-date",
        "input.property string minLength",
        "input.property string pattern",
        "input.property integer minimum",
        "input.property integer multipleOf",
        "input.property number exclusiveMinimum",
        "input.property boolean",
        "input.property array maxItems",
        "input.property.item string-uri",
        "input.property.item object",
        "input.property object additionalProperties",
        "input.property any",
        "input.property any allOf",
        "input.property any anyOf",
        "input.property any oneOf",
        "input.property null",
        "input.property integer nullable",
        "input.property enum of string: str",
        "input.property enum of integer: int",
        "input.property enum of number: float",
        "input.property enum of integer: str",
        "input object additionalProperties",
        "training.property string-uri",
        "output any",
        "output $ref",
        "output string-uri",
        "output string",
        "output integer",
        "output number",
        "output boolean",
        "output object additionalProperties",
        "output array x-cog-array-type=iterator",
        "output array x-cog-array-display=concatenate",
        "output.item string-uri",
        "output.item.item string-uri",
        "output.item number",
        "output.item object",
        "output.item.property string-uri",
        "output.property string-uri",
        "output.property.item string-uri",
    ],
)
def test_folder__has_every_kind(kind: str) -> None:
    """At least one model has a field or an output of the kind."""
    assert kind in KINDS


def test_folder__has_every_release_of_cog() -> None:
    """There are versions of the first releases, of those with either major version of pydantic, and schemas alone."""
    versions = [model.version for model in MODELS]
    minors = {int(re.findall(r"\d+", version["cog_version"])[1]) for version in versions if version}

    assert {1, 3, 4, 6, 8, 9, 12, 14} <= minors
    assert None in versions
    assert {model.path.suffix for model in MODELS} == {".json", ".yaml"}
