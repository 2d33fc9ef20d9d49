"""The values of scripts: read, validated and applied."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..cog.reading import yaml_loader
from ..documents.bundled import control_document, control_schema
from ..documents.invalid_field import InvalidField
from ..documents.reading import yaml_problem
from ..suggestions import did_you_mean
from .marks import file_suffixes
from .script import Script
from .script_filter import model_problem
from .words import tokens

ScriptSource = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any] | None]
"""A script as values, see `Scripts.add`, or a function of a prediction's input that returns such values, or None for
the default script."""

_READS = 2
_FILTER = ("model", "input")


class ScriptError(ValueError):
    """A script cannot be followed; the message names the field."""


def resolve(source: ScriptSource, default: Script, sent: dict[str, Any]) -> tuple[Script, str | None]:
    """The script of one prediction, and the traceback of a function that raised.

    Args:
        source: The values or the function.
        default: The script that the values change.
        sent: The prediction's input.
    """
    try:
        values = _returned(source, sent) if callable(source) else source
        return (default if values is None else override(default, values)), None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return replace(default, outcome="failed", error=reason), traceback.format_exc()


def override(default: Script, values: Mapping[str, Any]) -> Script:
    """A script with the fields changed that some validated values name."""
    progression = values.get("progression", "reads" if "reads" in values else "time")
    at_once = progression == "once"
    run = 0.0 if at_once else float(values.get("run", default.run_seconds))
    error = values.get("error", default.error)
    outcome = values.get("outcome", "failed" if "error" in values else default.outcome)
    if outcome == "failed":
        error = error or "the model failed because the script says so"
    return replace(
        default,
        # JSON has one kind of number, so 3.0 is an integer.
        seed=int(values.get("seed", default.seed)),
        startup_seconds=0.0 if at_once else float(values.get("startup", default.startup_seconds)),
        run_seconds=run,
        # The progress bar fills over the whole run, however long that is.
        rate=default.rate if run == default.run_seconds else default.steps / max(run, 1e-9),
        outcome=outcome,
        error=error if outcome == "failed" else None,
        removed=values.get("removed", default.removed),
        lines=_timed_lines(values["logs"], run) if "logs" in values else default.lines,
        output=_output(values, default),
        gradual=values.get("gradual", default.gradual),
        reads=int(values.get("reads", _READS)) if progression == "reads" else 0,
        streams=values.get("streams", default.streams),
        inline=values.get("inline", default.inline),
        source=values.get("source", default.source),
        blocking=values.get("blocking", default.blocking),
        expired_wait=values.get("expired_wait", default.expired_wait),
        webhook_events=values.get("webhook_events", default.webhook_events),
    )


def _output(values: Mapping[str, Any], default: Script) -> Any:
    """The output of a script: a model that streams text makes tokens of one; with as many items as the values name."""
    output = default.output if values.get("output") is None else values["output"]
    if isinstance(output, str) and _streams_text(default):
        output = tokens(output)
    if "outputs" not in values:
        return output
    items = output if isinstance(output, list) else [output]
    return [items[place % len(items)] for place in range(int(values["outputs"]))] if items else []


def _streams_text(script: Script) -> bool:
    if not script.gradual or not isinstance(script.output, list):
        return False
    return all(isinstance(one, str) for one in script.output) and not file_suffixes(script.output)


def validated(values: Any, field: str = "script") -> Any:
    """A copy of a script's values, made of JSON values only.

    Args:
        field: The name of the values in error messages.

    Raises:
        ScriptError: For values that do not make a script, naming the field.
    """
    if isinstance(values, Mapping):
        known = control_document()["components"]["schemas"]["Script"]["properties"]
        for name in values:
            if name not in known:
                raise ScriptError(f"{field} has no key {name!r}{did_you_mean(name, known)}")
        copy: Any = {str(name): _json_copy(value, f"{field}.{name}") for name, value in values.items()}
    else:
        copy = _json_copy(values, field)
    if invalid := control_schema("Script").invalid_fields(copy, field):
        raise ScriptError("; ".join(map(_sentence, invalid)))
    if "model" in copy and (reason := model_problem(copy["model"])):
        raise ScriptError(f"{field}.model: {reason}")
    return copy


def read_yaml(source: str | Path) -> Any:
    """The values in a YAML text, or in a YAML file if a path is given.

    Raises:
        ScriptError: For a file that cannot be read and for text that is not YAML.
    """
    import yaml

    try:
        # As the files of models are read, whose values a script may have to equal.
        return yaml.load(source.read_bytes() if isinstance(source, Path) else source, yaml_loader())
    except OSError as error:
        raise ScriptError(f"{source} cannot be read: {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        name = source if isinstance(source, Path) else "the script"
        raise ScriptError(f"{name} is not YAML: {yaml_problem(error)}") from error


def _returned(function: Callable[[dict[str, Any]], Any], sent: dict[str, Any]) -> Any:
    """The values that a function returns for an input, of which it gets a copy; None for the default script."""
    if (values := function(json.loads(json.dumps(sent)))) is None:
        return None
    values = validated(values)
    for name in _FILTER:
        if name in values:
            raise ScriptError(f"script.{name}: pass it to scripts.add; the function was called for this prediction")
    return values


def _sentence(invalid: InvalidField) -> str:
    # Some descriptions begin with the field.
    if invalid.description.startswith(invalid.field):
        return invalid.description
    return f"{invalid.field}: {invalid.description}"


def _json_copy(value: Any, field: str) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ScriptError(f"{field}: a script consists of JSON values: {error}") from error


def _timed_lines(lines: list[str | dict[str, Any]], run: float) -> tuple[tuple[float, str], ...]:
    """The lines of a log with their times, in order; those without a time are spread evenly over the run."""
    timed: list[tuple[float, str]] = []
    for place, line in enumerate(lines):
        at, text = (run * place / len(lines), line) if isinstance(line, str) else (float(line["at"]), line["text"])
        timed.append((at, text if text.endswith("\n") else f"{text}\n"))
    return tuple(sorted(timed, key=lambda line: line[0]))
