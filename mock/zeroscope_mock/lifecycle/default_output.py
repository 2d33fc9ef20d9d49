"""Makes the output of a prediction from the schema of its model."""

from __future__ import annotations

from typing import Any

from ..cog import ModelSchema
from .marks import file_mark
from .model_input import ModelInput


def default_output(schema: ModelSchema, wanted: ModelInput, seed: int) -> Any:
    """The output of a prediction that no script decides on."""
    if schema.output.get("type") == "array" and schema.output["items"].get("format") != "uri":
        return ["Once", " upon", " a", " time"]
    return [file_mark("mp4")] * wanted.batch_size
