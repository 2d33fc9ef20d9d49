"""Decides on the script of a run, by its model, its prompt and what waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..cog import ModelSchema
from ..cog.secret_fields import redact
from ..cog.spec_model import spec_model
from ..documents.links import WEBSITE
from ..lifecycle.marks import fill_marks
from ..lifecycle.model_input import PREFIX
from ..lifecycle.prompts import apply_prompt, steering_text
from ..lifecycle.record import RunKind
from ..lifecycle.script import Script, default_script
from ..lifecycle.script_values import resolve
from ..state import State, running_script
from .calls import OperationCall
from .version_references import VersionReference

_MOST_NOTES = 5
_STEERING = PREFIX.encode()


def decide_script(
    state: State, call: OperationCall, version: VersionReference, kind: RunKind, random: bytes, output: Any
) -> Script:
    """The script of a new run; what is worth knowing about it goes to the notes of the call.

    Args:
        state: The server's.
        call: The call, with `input` in its body.
        version: The version that runs.
        kind: What is started.
        random: Random bytes, which decide what nothing else does.
        output: The output of a success; None for what the model makes.
    """
    sent = call.body.get("input", {})
    script = _usual_script(state, sent, version, kind, random, output)
    # Most inputs hold no such text, and a body is searched faster than its values.
    body = call.request.body
    if (_STEERING in body or b"\\" in body) and (text := steering_text(sent)) is not None:
        script = apply_prompt(text, script)
    if (source := state.scripts.take(call.tenant, version.model, version.id, sent)) is None:
        return script
    state.deciding = True
    mark = running_script.set((state, threading.get_ident()))
    try:
        script, raised = resolve(source, script, sent)
    finally:
        running_script.reset(mark)
        state.deciding = False
    if raised:
        call.notes.append(raised)
    schema = _described_schema(state, version)
    # What a training returns is described nowhere.
    if schema is not None and script.outcome == "succeeded" and kind == "prediction":
        for misfit in _misfits(schema, script.output):
            call.notes.append(misfit)
    return script


def without_texts(script: Script, secrets: Sequence[str]) -> Script:
    """A script whose log and error do not show some secrets of the input, as the service redacts them."""
    if not secrets:
        return script
    lines = script.lines and tuple([(at, redact(line, secrets)) for at, line in script.lines])
    return replace(script, lines=lines, error=script.error and redact(script.error, secrets))


def _described_schema(state: State, version: VersionReference) -> ModelSchema | None:
    """The schema of the model that runs; None for the document's model of videos, and for one that is only guessed."""
    return None if version.guessed else version.schema or spec_model(state.spec)


def _usual_script(
    state: State, sent: dict[str, Any], version: VersionReference, kind: RunKind, random: bytes, output: Any
) -> Script:
    """The script that neither a prompt nor a test has changed."""
    settings, schema = state.settings, _described_schema(state, version)
    if version.guessed:
        # Imported here, as what follows, because a server without further models starts faster without it.
        from ..cog.guess import guess_schema

        schema = guess_schema(version.model or "", sent)
    reader = state.input_reader(schema)
    wanted = reader.read(sent)
    script = default_script(wanted, random)
    if output is not None:
        script.output = output
    elif schema is not None:
        from ..lifecycle.default_output import default_output
        from ..lifecycle.model_script import model_script

        made = default_output(schema, wanted, script.seed)
        script = model_script(schema, wanted, script, made, stepwise=reader.stepwise)
    streams = True if settings.streams is None and state.dialect.current else settings.streams
    script.streams = streams if kind == "prediction" else False
    script.inline = settings.inline_outputs
    script.expired_wait = settings.expired_wait
    if settings.blocking is not None:
        script.blocking = settings.blocking
    return script


def _misfits(schema: ModelSchema, output: Any) -> Iterator[str]:
    """What of a script's output the model could not have returned."""
    shown = fill_marks(output, lambda number, suffix: f"{WEBSITE}/output-{number}.{suffix}")
    for invalid in schema.output_invalid_fields(shown)[:_MOST_NOTES]:
        yield f"the model could not return the script's output: {invalid.field}: {invalid.description}"
