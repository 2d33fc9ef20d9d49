"""What the next predictions are to do, as tests say it."""

from __future__ import annotations

import json
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from ..documents.bundled import control_document
from ..documents.validation import Schema
from ..problems import InvalidField
from ..store import tenant_of
from .script import Script

Course = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any] | None]
"""A course as values, see `Scripts.add`, or a function of a prediction's input that returns such values, or None for
the usual course."""

LIMIT = 10_000
"""How many scripts can wait."""

_READS = 2


class ScriptError(ValueError):
    """A script cannot be followed; the message names the field."""


@dataclass(slots=True)
class Queued:
    """A course that waits for predictions.

    Args:
        course: the course.
        tenant: whose predictions follow it; None for everybody's.
        times: how many more of them; None for all.
        number: how many were added before it.
    """

    course: Course
    tenant: str | None
    times: int | None
    number: int


class Scripts:
    """A queue of scripts, each for the next prediction that is created.

    Example:
        >>> server.scripts.add({"startup": 2, "run": 600, "outcome": "failed", "error": "out of luck"})
        >>> server.scripts.add(lambda input: {"run": input["num_frames"] / 10}, times=None)
    """

    def __init__(self) -> None:
        # One for each tenant, so that nobody looks through the scripts of others; under None those for everybody.
        self._queues: dict[str | None, deque[Queued]] = {}
        self._added = 0
        self._waiting = 0
        self._lock = threading.Lock()

    def add(
        self, course: Course | Sequence[Course] | str | Path, *, token: str | None = None, times: int | None = 1
    ) -> None:
        """Let the next prediction take a course.

        Args:
            course: the course as values, as YAML text or as the path of a YAML file; or a function that is called with
                the prediction's input and returns such values, or None for the usual course; or a list of courses, one
                for each prediction. The names are those of the schema `Script` in `GET /_mock/openapi.json`:
                `progression` (`time`, `once` or `reads`), `reads`, `startup` and `run` in seconds, `outcome`, `error`,
                `logs`, `seed`, `outputs`, `output`, `gradual`, `inline`, `removed`, `streams`.
            token: the bearer token whose predictions are meant; everybody's if left out.
            times: for how many predictions it is; None for all that follow.

        Raises:
            ScriptError: for values that make no course, naming the field and the file, and if 10,000 scripts wait.
        """
        told: Any = _read(course) if isinstance(course, str | Path) else course
        if isinstance(course, str) and isinstance(told, str):
            raise ScriptError(f"a script is a mapping, not {told!r:.80}; to read a file, pass its Path(...)")
        script = f"{course}: script" if isinstance(course, Path) else "script"
        several = isinstance(told, list | tuple)
        if several and not told:
            raise ScriptError(f"{script}: Array must have at least 1 items")
        named = [(f"{script}.{place}", one) for place, one in enumerate(told)] if several else [(script, told)]
        courses: list[Any] = [one if callable(one) else check(one, field) for field, one in named]
        if times is not None and times < 1:
            raise ScriptError(f"times must be at least 1, or None for all, not {times}")
        tenant = tenant_of(token) if token else None
        with self._lock:
            if self._waiting + len(courses) > LIMIT:
                raise ScriptError(f"no more than {LIMIT} scripts can wait, and {self._waiting} do; clear them first")
            for one in courses:
                self._append(one, tenant, times)

    def take(self, tenant: str) -> Course | None:
        """The course of a tenant's next prediction; None for the usual one."""
        with self._lock:
            queues = [self._queues[key] for key in (None, tenant) if key in self._queues]
            if not queues:
                return None
            queue = min(queues, key=lambda queue: queue[0].number)
            queued = queue[0]
            if queued.times is not None:
                queued.times -= 1
                if not queued.times:
                    queue.popleft()
                    self._waiting -= 1
                    if not queue:
                        del self._queues[queued.tenant]
            return queued.course

    def clear(self, tenant: str | None = None) -> None:
        """Forget all scripts, or those that are only for one tenant."""
        with self._lock:
            if tenant is None:
                self._queues.clear()
            else:
                self._queues.pop(tenant, None)
            self._waiting = sum(map(len, self._queues.values()))

    def __len__(self) -> int:
        return self._waiting

    def dump(self) -> list[dict[str, Any]]:
        """The scripts that wait, as JSON values; functions are left out."""
        with self._lock:
            return [
                {"course": dict(queued.course), "tenant": queued.tenant, "times": queued.times}
                for queued in sorted(chain(*self._queues.values()), key=lambda queued: queued.number)
                if not callable(queued.course)
            ]

    def load(self, queue: list[dict[str, Any]]) -> None:
        """Take over what `dump` returned."""
        with self._lock:
            self._queues.clear()
            self._waiting = 0
            for one in queue:
                self._append(one["course"], one["tenant"], one["times"])

    def _append(self, course: Course, tenant: str | None, times: int | None) -> None:
        self._queues.setdefault(tenant, deque()).append(Queued(course, tenant, times, self._added))
        self._added += 1
        self._waiting += 1


def follow(usual: Script, course: Course, sent: dict[str, Any]) -> tuple[Script, str | None]:
    """What a course makes of the usual script of a prediction, and the traceback of a function that raised.

    Args:
        usual: the usual script.
        course: the course.
        sent: the prediction's input.
    """
    try:
        told = course(dict(sent)) if callable(course) else course
        if told is None:
            return usual, None
        return change(usual, check(told) if callable(course) else told), None
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return replace(usual, outcome="failed", error=reason, outputs=0), traceback.format_exc()


def change(usual: Script, told: Mapping[str, Any]) -> Script:
    """The usual script with what a course says of it."""
    progression = told.get("progression", "reads" if "reads" in told else "time")
    at_once = progression == "once"
    run = 0.0 if at_once else float(told.get("run", usual.run_seconds))
    error = told.get("error", usual.error)
    outcome = told.get("outcome", "failed" if "error" in told else usual.outcome)
    if outcome == "failed":
        error = error or "the model failed because the script says so"
    return replace(
        usual,
        # JSON knows one kind of number, so that 3.0 is an integer.
        seed=int(told.get("seed", usual.seed)),
        startup_seconds=0.0 if at_once else float(told.get("startup", usual.startup_seconds)),
        run_seconds=run,
        # The progress bar fills over the whole run, however long that is.
        rate=usual.rate if run == usual.run_seconds else usual.steps / max(run, 1e-9),
        outcome=outcome,
        error=error if outcome == "failed" else None,
        outputs=int(told.get("outputs", usual.outputs)) if outcome == "succeeded" else 0,
        removed=told.get("removed", usual.removed),
        lines=_lines(told["logs"], run) if "logs" in told else usual.lines,
        output=told.get("output", usual.output),
        gradual=told.get("gradual", usual.gradual),
        reads=int(told.get("reads", _READS)) if progression == "reads" else 0,
        streams=told.get("streams", usual.streams),
        inline=told.get("inline", usual.inline),
    )


def check(told: Any, field: str = "script") -> Any:
    """A course as plain values of its own, which nobody can change afterwards.

    Args:
        told: the values.
        field: what they are called where something is wrong with them.

    Raises:
        ScriptError: for values that make no course, naming the field.
    """
    if isinstance(told, Mapping):
        plain: Any = {str(name): _plain(value, f"{field}.{name}") for name, value in told.items()}
    else:
        plain = _plain(told, field)
    faults = _schema().faults(plain, field)
    if faults:
        raise ScriptError("; ".join(map(_told, faults)))
    return plain


def _told(fault: InvalidField) -> str:
    # Some descriptions begin with the field.
    return fault.description if fault.description.startswith(fault.field) else f"{fault.field}: {fault.description}"


def _plain(value: Any, field: str) -> Any:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise ScriptError(f"{field}: a script consists of JSON values: {error}") from error


@cache
def _schema() -> Schema:
    document = control_document()
    return Schema({"$ref": "#/components/schemas/Script"}, document["components"])


def _lines(told: list[str | dict[str, Any]], run: float) -> tuple[tuple[float, str], ...]:
    """The lines with their times, in order."""
    lines: list[tuple[float, str]] = []
    for place, line in enumerate(told):
        at, text = (run * place / len(told), line) if isinstance(line, str) else (float(line["at"]), line["text"])
        lines.append((at, text if text.endswith("\n") else f"{text}\n"))
    return tuple(sorted(lines, key=lambda line: line[0]))


def _read(source: str | Path) -> Any:
    import yaml

    try:
        return yaml.safe_load(source.read_bytes() if isinstance(source, Path) else source)
    except OSError as error:
        raise ScriptError(f"{source} cannot be read: {error}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        name = source if isinstance(source, Path) else "the script"
        raise ScriptError(f"{name} is not YAML: {_yaml_problem(error)}") from error


def _yaml_problem(error: Exception) -> str:
    import yaml

    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark):
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return str(error).splitlines()[0]
