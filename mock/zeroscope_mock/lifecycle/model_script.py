"""The script of a prediction whose model has a schema of its own.

A schema does not say how fast a model is, so all times here are the mock's own choice, near to what models of each kind
usually take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..cog import ModelSchema
from ..cog.file_formats import Medium, medium_of
from .marks import file_suffixes
from .model_input import ModelInput
from .script import Script

_TOKENS_PER_SECOND = 40.0
_STEPS_PER_SECOND = 10.0
_FILE_SECONDS: Mapping[Medium | None, float] = {"video": 20.0, "3d": 15.0}
_USUAL_FILE_SECONDS = 3.0
_USUAL_SECONDS = 1.0
# How much later than the even beat a token may be, in beats.
_UNEVEN = 0.9


def model_script(schema: ModelSchema, wanted: ModelInput, script: Script, output: Any, *, stepwise: bool) -> Script:
    """The script of a prediction with an output, made from that of a prediction of the document's model.

    Args:
        schema: What the model takes and returns.
        wanted: The input.
        script: The script with start-up time and seed.
        output: The output.
        stepwise: Whether the model has a field for the number of its steps, of which it then prints the progress.
    """
    streams = schema.returns.streams and isinstance(output, list)
    suffixes = file_suffixes(output)
    if script.outcome == "failed":
        run = script.run_seconds
    elif stepwise:
        run = wanted.steps / _STEPS_PER_SECOND
    elif suffixes:
        run = max(_FILE_SECONDS.get(medium_of(suffix), _USUAL_FILE_SECONDS) for suffix in suffixes)
    else:
        run = max(_USUAL_SECONDS, len(output) / _TOKENS_PER_SECOND if isinstance(output, list) else 0)
    return replace(
        script,
        run_seconds=run,
        rate=script.steps / run,
        lines=None if stepwise else ((0.0, f"Using seed: {script.seed}\n"),),
        output=output,
        gradual=streams,
        unevenness=0.0 if suffixes else _UNEVEN,
    )
