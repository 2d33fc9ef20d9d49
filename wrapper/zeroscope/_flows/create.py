"""The flows that prepare and send a create."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

from .._disk.inputs import InputFile
from .._numbers import is_number, to_seconds
from .._service import api, validation
from .._service.api import PredictionModel
from .._steps import Flow, RunBlocking
from ..errors import InvalidField, invalid_argument
from ..options import CreateOptions
from . import upload
from .context import note_possible_prediction
from .request import CreateRequest, Sender


class _Draft(NamedTuple):
    """A create whose files have not been read."""

    body: dict[str, Any]
    """The body, with a placeholder for each file."""
    files: list[InputFile]
    headers: dict[str, str]
    hold: float | None
    invalid: list[InvalidField]
    """All violations except those of the files."""


def prepare(
    sender: Sender,
    version: str,
    input: Mapping[str, Any],
    options: CreateOptions,
    known: Collection[str] = CreateOptions.__annotations__,
    until: float | None = None,
) -> Flow[CreateRequest]:
    """Validate an input, upload its files, and return the create.

    Nothing is uploaded for an invalid input: an InvalidInputError has every violation of the spec.

    Args:
        sender: Sends the files.
        version: The model's version, unless the options name another.
        input: The model's fields.
        options: The options that are given.
        known: The names of the options that the caller may give, which a misspelled field may mean.
        until: The moment on the monotonic clock at which uploads fail.
    """
    draft = _draft(version, input, options, known)
    invalid, body = draft.invalid, draft.body
    if draft.files:
        invalid = invalid + (yield RunBlocking(partial(upload.invalid_files, draft.files)))
    validation.raise_if_invalid(invalid)
    if draft.files:
        urls = yield from upload.upload(sender, draft.files, until)
        body = {**body, "input": upload.with_values(body["input"], draft.files, urls)}
    return CreateRequest(api.create_call(body, **draft.headers, hold=draft.hold), body)


def create(sender: Sender, version: str, input: Mapping[str, Any], options: CreateOptions) -> Flow[PredictionModel]:
    request = yield from prepare(sender, version, input, options)
    try:
        return (yield from sender.send_once(request))
    except BaseException as error:
        note_possible_prediction(error)
        raise


def fingerprint(
    version: str, input: Mapping[str, Any], options: CreateOptions, known: Collection[str] = ()
) -> Mapping[str, Any]:
    """Return JSON values that identify a create. It reads files, and may block.

    A file is identified by its content, so the same file is recognized wherever it lies; one that can be read only once
    is an invalid input.
    """
    draft = _draft(version, input, options, known)
    validation.raise_if_invalid(draft.invalid + upload.invalid_files(draft.files))
    # How long a request is held open does not change its result.
    headers = {name: value for name, value in draft.headers.items() if name != "prefer"}
    input = upload.with_values(draft.body["input"], draft.files, (file.fingerprint() for file in draft.files))
    found: Mapping[str, Any] = validation.to_json({**draft.body, "input": input, **headers})
    return found


def _draft(version: str, input: Mapping[str, Any], options: CreateOptions, known: Collection[str]) -> _Draft:
    if not isinstance(input, Mapping):
        raise invalid_argument("input", f"{input!r:.80} is not a mapping of fields")
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    unknown = validation.unknown_options(given, CreateOptions.__annotations__)
    for option in unknown:
        del given[option.field]
    fields, invalid = validation.merge_extra_input(input, given.pop("extra_input", {}))
    invalid += unknown
    headers: dict[str, str] = {}
    if (deadline := given.pop("deadline", None)) is not None:
        headers["cancel_after"] = _cancel_after(deadline)
        invalid += validation.invalid_header("CancelAfter", "deadline", deadline, headers["cancel_after"])
    hold = _whole_seconds(given.pop("prefer_wait", None))
    if hold is not None:
        headers["prefer"] = f"wait={_digits(hold)}" if isinstance(hold, int) else ""
        invalid += validation.invalid_header("Prefer", "prefer_wait", hold, headers["prefer"])
    # Any sequence is allowed, but the published form is a string and stays one.
    if isinstance(filter := given.get("webhook_events_filter"), Sequence) and not isinstance(filter, str):
        given["webhook_events_filter"] = list(filter)
    rest, files, invalid_types = upload.extract_files(fields)
    body = {"input": rest, "version": version, **given}
    # What is no list of files is not JSON either, as a path.
    refused = {field.field for field in invalid_types}
    others = validation.invalid_fields(body, fields.keys() - input.keys(), known)
    invalid += invalid_types + [field for field in others if field.field not in refused]
    return _Draft(body, files, headers, hold, invalid)


def _cancel_after(deadline: object) -> str:
    """Return a duration as a `Cancel-After` header, in whole seconds; empty if it is not a duration."""
    seconds: Any = to_seconds(deadline)
    return f"{_digits(math.ceil(seconds))}s" if is_number(seconds) else ""


def _whole_seconds(value: Any) -> Any:
    """Return a duration of whole seconds as an integer, and any other value as it is."""
    return int(value.total_seconds()) if isinstance(value, timedelta) and not value.microseconds else value


def _digits(number: int) -> str:
    """Return an integer as text; empty for one with more digits than Python writes."""
    try:
        return f"{number}"
    except ValueError:
        return ""
