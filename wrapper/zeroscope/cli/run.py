"""The command that makes videos from prompts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Unpack

from cyclopts import Parameter

from .input_options import TAKES_PROMPT, InputFields, as_arguments, given_fields
from .prompts import DefaultPrompt, require_prompt, require_quotes
from .results import MakeOptions, make_many, make_one

_DEFAULTS = MakeOptions()
# Whether a model takes a prompt or not: arguments that cannot be parsed are refused when the function is declared.
_PROMPT = Parameter(name="PROMPT", group="Arguments", show=TAKES_PROMPT)


def run_command(
    *texts: Annotated[str, _PROMPT],
    default_prompt: DefaultPrompt = False,
    options: MakeOptions = _DEFAULTS,
    **input: Unpack[InputFields],
) -> None:
    """Make videos and save them.

    Several prompts are made side by side, and one that fails does not affect the others. Ctrl-C cancels what is not
    done.

    Args:
        texts: What the video should show. Several prompts, each in quotes, make a video each.
    """
    fields = given_fields(input)
    require_quotes(texts)
    prompts = require_prompt(fields, default_prompt, texts)
    inputs = [{**fields, "prompt": prompt} for prompt in prompts] or [fields]
    options.check(inputs)
    with options.client() as client:
        if len(inputs) == 1:
            make_one(partial(client.run, **as_arguments(inputs[0])), options)
        else:
            make_many(client, inputs, options)
