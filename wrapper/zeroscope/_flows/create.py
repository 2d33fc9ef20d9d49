"""What the client does, as flows: no I/O, no clock of their own, the same for sync and async."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .._disk.inputs import InputFile
from .._service import api as _api
from .._service import validation as _input
from .._service.api import PredictionModel, PredictionPage
from .._steps import Call, Emit, Flow, Stream, Work
from ..errors import InvalidField, InvalidInputError
from ..options import CreateOptions
from ..results import Page
from . import upload as _files
from .request import Sender

if TYPE_CHECKING:
    from ..state import PredictionState

P = TypeVar("P", bound="PredictionState")

# How far the service's clock may be behind ours, in seconds.
CLOCK_ALLOWANCE = 120.0


class Prepared(NamedTuple):
    """A create that may be sent."""

    call: Call
    body: Mapping[str, Any]
    """What it sends."""


class _Draft(NamedTuple):
    """A create whose files have not been looked at."""

    body: dict[str, Any]
    """What it sends, with something else in place of each file."""
    files: list[InputFile]
    headers: dict[str, str]
    hold: float | None
    faults: list[InvalidField]
    """All that is wrong but for the files themselves."""


def prepare(sender: Sender, version: str, input: Mapping[str, Any], options: CreateOptions) -> Flow[Prepared]:
    """Check an input, upload the files in it and make the create of it. Nothing is uploaded for one that is refused.

    Args:
        sender: Sends the uploads.
        version: The ID of the model version, unless the options name another.
        input: The input.
        options: What else was asked for.

    Raises:
        InvalidInputError: If anything cannot be sent, with every fault.
        APIError, TransportError, MalformedResponseError: If a file could not be uploaded.
    """
    draft = _draft(version, input, options)
    faults, body = draft.faults, draft.body
    if draft.files:
        faults = faults + (yield Work(partial(_files.invalid_files, draft.files)))
    _input.raise_if_invalid(faults)
    if draft.files:
        body = _with(body, (yield from _files.upload(sender, draft.files)))
    return Prepared(_api.create_call(body, **draft.headers, hold=draft.hold), body)


def describe(version: str, input: Mapping[str, Any], options: CreateOptions) -> Mapping[str, Any]:
    """What a create is, as JSON values, to tell it from others. It reads files, and may block.

    A file is described by its content, so that the same one is known again wherever it lies.

    Args:
        version: The ID of the model version, unless the options name another.
        input: The input.
        options: What else was asked for.

    Raises:
        InvalidInputError: If it cannot be sent, with every fault, or if a file can be read only once.
    """
    draft = _draft(version, input, options)
    _input.raise_if_invalid(draft.faults + _files.invalid_files(draft.files))
    # For how long a request is held makes no difference to what comes of it.
    headers = {name: value for name, value in draft.headers.items() if name != "prefer"}
    described: Mapping[str, Any] = _input.to_json({**_with(draft.body, _files.fingerprints(draft.files)), **headers})
    return described


def _draft(version: str, input: Mapping[str, Any], options: CreateOptions) -> _Draft:
    if not isinstance(input, Mapping):
        raise InvalidInputError([InvalidField("invalid_type", "input", f"{input!r:.80} is not a mapping of fields")])
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    no_options = _input.unknown_options(given, CreateOptions.__annotations__)
    for fault in no_options:
        del given[fault.field]
    extra = given.pop("extra_input", {})
    fields, faults = _input.merge_extra_input(input, extra)
    faults += no_options
    headers: dict[str, str] = {}
    if (deadline := given.pop("deadline", None)) is not None:
        headers["cancel_after"] = _cancel_after(deadline)
        faults += _input.invalid_header("CancelAfter", "deadline", deadline, headers["cancel_after"])
    if (hold := given.pop("prefer_wait", None)) is not None:
        headers["prefer"] = f"wait={_digits(hold)}" if isinstance(hold, int) else ""
        faults += _input.invalid_header("Prefer", "prefer_wait", hold, headers["prefer"])
    # Any sequence will do, but the published form is a text and stays one.
    if isinstance(filter := given.get("webhook_events_filter"), Sequence) and not isinstance(filter, str):
        given["webhook_events_filter"] = list(filter)
    rest, files, no_files = _files.extract_files(fields)
    body = {"input": rest, "version": version, **given}
    faults += no_files + _input.invalid_fields(body, fields.keys() - input.keys())
    return _Draft(body, files, headers, hold, faults)


def _with(body: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """A body whose input has other values for some fields."""
    return {**body, "input": {**body["input"], **fields}}


def create(sender: Sender, version: str, input: Mapping[str, Any], options: CreateOptions) -> Flow[PredictionModel]:
    """Check an input and create a prediction with it."""
    call, body = yield from prepare(sender, version, input, options)
    return (yield from sender.create(call, body))


def get(sender: Sender, prediction_id: str, until: float | None = None) -> Flow[PredictionModel]:
    """Read a prediction; with a moment on the monotonic clock, again and again up to then if need be."""
    call = _api.get_call(prediction_id)
    parse = partial(sender.answers.prediction, id=prediction_id)
    return (yield from sender.read(call, until, parse))


def cancel(sender: Sender, prediction_id: str, patience: float | None = None) -> Flow[PredictionModel]:
    """End a prediction; repeating it does no harm. With patience, give up after so many seconds."""
    call = _api.cancel_call(prediction_id)
    until = None if patience is None else sender.clock.monotonic() + patience
    parse = partial(sender.answers.prediction, id=prediction_id)
    # What runs costs money: it is not kept waiting because other requests were too many.
    return (yield from sender.read(call, until, parse, urgent=True))


def page(sender: Sender, cursor: str | None) -> Flow[PredictionPage]:
    """Read one page of predictions."""
    return (yield from sender.read(_api.list_call(cursor), parse=sender.answers.page))


def pages(sender: Sender, new: Callable[[PredictionModel], P]) -> Stream[Page[P]]:
    """Read the account's predictions page by page, to the last."""
    cursor: str | None = None
    seen: set[str | None] = set()
    # A page that names an earlier one as its next would go round for ever.
    while cursor not in seen:
        seen.add(cursor)
        read = yield from page(sender, cursor)
        yield Emit(Page([new(model) for model in read.results], _api.plain(read.next_), _api.plain(read.previous)))
        cursor = sender.answers.next_cursor(read)
        if cursor is None:
            return


def webhook_secret(sender: Sender) -> Flow[str]:
    """Read the key that signs the account's webhooks."""
    return (yield from sender.read(_api.webhook_secret_call(), parse=sender.answers.webhook_secret))


def find(sender: Sender, body: Mapping[str, Any], sent_at: float, new: Callable[[PredictionModel], P]) -> Flow[list[P]]:
    """The predictions that a create whose answer was lost may have started, newest first."""
    since = sent_at - CLOCK_ALLOWANCE
    found: list[P] = []
    cursor: str | None = None
    seen: set[str | None] = set()
    older = False
    while cursor not in seen and not older:
        seen.add(cursor)
        read = yield from page(sender, cursor)
        for prediction in map(new, read.results):
            created = prediction.created_at
            if created is not None and created.timestamp() < since:
                older = True
                continue
            if prediction.version not in {None, body["version"]}:
                continue
            if prediction._lacks_input:
                prediction._update((yield from get(sender, prediction.id)))
            if _same_but_for_files(prediction.input, body["input"]):
                found.append(prediction)
        cursor = sender.answers.next_cursor(read)
        if cursor is None:
            break
    return found


def _same_but_for_files(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two inputs are equal, leaving files out, for which the service may name URLs of its own."""
    files = {name for input in (one, other) for name, value in input.items() if _is_file(value)}
    plain = [{name: value for name, value in input.items() if name not in files} for input in (one, other)]
    return plain[0] == plain[1]


def _is_file(value: object) -> bool:
    # In a journal a file is described by a mapping.
    return isinstance(value, Mapping) or (isinstance(value, str) and value[:5] == "data:")


def _cancel_after(deadline: float | timedelta) -> str:
    """A span of time as the `Cancel-After` header has it, in whole seconds; nothing if it is no such span."""
    seconds = deadline.total_seconds() if isinstance(deadline, timedelta) else deadline
    is_number = isinstance(seconds, int) or (isinstance(seconds, float) and math.isfinite(seconds))
    return f"{_digits(math.ceil(seconds))}s" if is_number else ""


def _digits(number: int) -> str:
    """An integer as text; nothing for one of more digits than Python writes."""
    try:
        return f"{number}"
    except ValueError:
        return ""
