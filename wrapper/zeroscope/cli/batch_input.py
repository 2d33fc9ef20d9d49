"""The inputs of `zeroscope batch`: read from lines, JSONL or CSV, and checked."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from .._flows import create
from .._service import validation
from .._service.invalid_fields import display
from .._service.spec import input_schema
from .._text import escape
from ..errors import InvalidField, InvalidInputError
from . import json_values
from .errors import CommandError
from .field_kinds import field_kinds
from .input_options import TAKES_PROMPT
from .json_values import STDIN, read_stdin
from .prompts import DEFAULT_ADVICE, has_prompt

Format: TypeAlias = Literal["lines", "jsonl", "csv", "tsv"]
_FORMATS: Mapping[str, Format] = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "tsv"}
# What separates the cells of a table: spreadsheets write semicolons where the comma is in numbers.
_SEPARATORS = ",;\t"
# The most problems that are told one by one.
_MAX_PROBLEMS = 50


class Line(NamedTuple):
    """An input of a batch."""

    number: int
    """The number of its line, from 1."""
    input: dict[str, Any]
    """The model's fields."""
    identity: Mapping[str, Any] = {}
    """What identifies the input in a journal."""


class _Problem(NamedTuple):
    line: int
    text: str


def read(
    file: str, format: Format | None, defaults: Mapping[str, Any], version: str, *, default_prompt: bool = False
) -> list[Line]:
    """Read and check the inputs of a batch.

    Args:
        file: The path, or ``-`` for the standard input.
        format: The format; by default that of the path's suffix.
        defaults: The fields of each input that it does not have itself.
        version: The model's version.
        default_prompt: Whether inputs without a prompt get the model's own.

    Raises:
        CommandError: If a line cannot be read or the spec forbids its input; the message has each such line.
        OSError: If the file cannot be read.
    """
    name = "the standard input" if file == STDIN else file
    try:
        raw = read_stdin() if file == STDIN else Path(file).expanduser().read_bytes()
    except ValueError as error:
        raise CommandError(f"{name}: {error}") from error
    try:
        # Spreadsheets and editors on Windows begin a file with a byte order mark.
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw.count(b"\n", 0, error.start) + 1
        raise CommandError(f"{name}, line {number}: this is not UTF-8; save the file as UTF-8") from error
    parsers: dict[Format, Callable[[str], Iterator[Line | _Problem]]] = {
        "lines": _lines,
        "jsonl": _json_lines,
        "csv": _csv,
        "tsv": partial(_csv, separators="\t"),
    }
    parse = parsers[format or _FORMATS.get(Path(file).suffix.lower(), "lines")]
    lines: list[Line] = []
    problems: list[_Problem] = []
    for found in parse(text):
        if isinstance(found, _Problem):
            problems.append(found)
            continue
        line = Line(found.number, {**defaults, **found.input})
        if not has_prompt(line.input):
            if default_prompt:
                line.input.pop("prompt", None)
            else:
                problems.append(_Problem(line.number, f"there is no prompt{DEFAULT_ADVICE}"))
        try:
            # By its files as well.
            line = line._replace(identity=create.fingerprint(version, line.input, {}))
        except InvalidInputError as error:
            problems += (_Problem(line.number, _described(field)) for field in error.invalid_fields)
        lines.append(line)
    if problems:
        told = [f"\n  line {line}: {escape(text)}" for line, text in problems[:_MAX_PROBLEMS]]
        more = f"\n  and {len(problems) - _MAX_PROBLEMS} more" if len(problems) > _MAX_PROBLEMS else ""
        raise CommandError(f"nothing was sent, as {name} has invalid lines:{''.join(told)}{more}")
    if not lines:
        raise CommandError(f"{name} has no inputs")
    return lines


def _lines(text: str) -> Iterator[Line | _Problem]:
    """Read a prompt from each line that is not blank."""
    if not TAKES_PROMPT:
        prompt = "a prompt that is not text" if "prompt" in input_schema()["properties"] else "no prompt"
        raise CommandError(
            f"each line is read as a prompt, but the model takes {prompt}; write the fields of an input as a JSON "
            "object in each line, or as a row of a table, and name the file .jsonl or .csv, or pass --format"
        )
    for number, line in enumerate(io.StringIO(text), 1):
        if prompt := line.strip():
            yield Line(number, {"prompt": prompt})


def _json_lines(text: str) -> Iterator[Line | _Problem]:
    """Read an object from each line that is not blank."""
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip():
            continue
        try:
            found = json_values.parse(line)
        except ValueError as error:
            yield _Problem(number, str(error))
            continue
        if isinstance(found, dict):
            yield Line(number, found)
        else:
            yield _Problem(number, f"{display(found)} is not a JSON object with the fields of one input")


def _csv(text: str, separators: str = _SEPARATORS) -> Iterator[Line | _Problem]:
    """Read an input from each record after the first, which names the fields; an empty cell leaves its field out.

    The separator is the one that the first line has most often; names have none.
    """
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(separators, key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    names: list[str] | None = None
    number = 1
    try:
        for cells in rows:
            begins, number = number, rows.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = [cell.strip() for cell in cells]
                # Spreadsheets write empty columns at the end.
                while not names[-1]:
                    names.pop()
                problems = _invalid_columns(names)
                yield from (_Problem(begins, text) for text in problems)
                if problems:
                    return
            elif any(cell.strip() for cell in cells[len(names) :]):
                yield _Problem(begins, f"there are {len(cells)} cells, but the first line names {len(names)} columns")
            else:
                yield from _record(
                    begins, {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
                )
    except csv.Error as error:
        yield _Problem(rows.line_num, f"this is not CSV: {error}")


def _invalid_columns(names: Sequence[str]) -> list[str]:
    unknown = dict.fromkeys(name for name in names if name not in input_schema()["properties"])
    body = {"input": dict.fromkeys(unknown, ""), "version": "any"}
    fields = {f"input.{name}" for name in unknown}
    invalid = [_described(field) for field in validation.invalid_fields(body) if field.field in fields]
    return invalid + [f"{name}: two columns have this name" for name in dict.fromkeys(names) if names.count(name) > 1]


def _record(number: int, cells: Mapping[str, str]) -> Iterator[Line | _Problem]:
    """Read an input from cells; what is not of its field's type stays a string, which the spec refuses."""
    kinds, values = field_kinds(), dict[str, Any]()
    for name, cell in cells.items():
        try:
            values[name] = kinds[name].parse(cell)
        except ValueError as error:
            yield _Problem(number, f"{name}: {error}")
    if values.keys() == cells.keys():
        yield Line(number, values)


def _described(field: InvalidField) -> str:
    return f"{field.field.removeprefix('input.')}: {field.description}"
