"""What the client does, as flows: no I/O, no clock of their own, the same for sync and async."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, TypeVar

from . import _api, _input
from ._api import PredictionModel, PredictionPage
from ._sending import Sender
from ._steps import Call, Emit, Flow, Stream
from .errors import InvalidField, InvalidInputError
from .page import Page

if TYPE_CHECKING:
    from .prediction import PredictionState

P = TypeVar("P", bound="PredictionState")

# How far the service's clock may be behind ours, in seconds.
CLOCK_ALLOWANCE = 120.0


class CreateOptions(TypedDict, total=False):
    """What a create takes besides the input; None stands for what is not given."""

    version: str | None
    """The ID of another version of the model."""
    webhook: str | None
    """An HTTPS URL that the service calls when something happens."""
    webhook_events_filter: Sequence[str] | None
    """Which events it is called for: start, output, logs, completed."""
    stream: bool | None
    """Ask for a stream of the output, which this model does not have."""
    deadline: float | timedelta | None
    """How long the prediction may last from now, in seconds; the service then ends it."""
    prefer_wait: int | None
    """How long the service is asked to hold the create open, in seconds, for a quick result."""
    extra_input: Mapping[str, Any] | None
    """Fields of the model that are newer than the spec, sent as they are."""


class Prepared(NamedTuple):
    """A create that may be sent."""

    call: Call
    body: Mapping[str, Any]
    """What it sends."""


def prepare(sender: Sender, version: str, input: Mapping[str, Any], options: CreateOptions) -> Flow[Prepared]:
    """Check an input and make the create of it."""
    if not isinstance(input, Mapping):
        raise InvalidInputError([InvalidField("invalid_type", "input", f"{input!r:.80} is not a mapping of fields")])
    given = {name: value for name, value in options.items() if value is not None}
    body: dict[str, Any] = {"version": version, "input": dict(input), **given}
    cancel_after = _cancel_after(body.pop("deadline", None))
    # Any sequence will do, but the published form is a text and stays one.
    if isinstance(filter := body.get("webhook_events_filter"), Sequence) and not isinstance(filter, str):
        body["webhook_events_filter"] = list(filter)
    _input.check(body)
    return Prepared(_api.create_call(body, cancel_after), body)
    yield


def describe(version: str, input: Any, options: CreateOptions) -> Mapping[str, Any]:
    """What a create is, as JSON values, to tell it from others."""
    return {"version": version, "input": dict(input), **options}


def create(
    sender: Sender,
    version: str,
    input: Mapping[str, Any],
    options: CreateOptions,
    late: list[PredictionModel] | None = None,
) -> Flow[PredictionModel]:
    """Check an input and create a prediction with it; see `Sender.create` for one that comes late."""
    call, body = yield from prepare(sender, version, input, options)
    return (yield from sender.create(call, body, late))


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


def page(sender: Sender, cursor: str | None, until: float | None = None) -> Flow[PredictionPage]:
    """Read one page of predictions."""
    return (yield from sender.read(_api.list_call(cursor), until, sender.answers.page))


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


def find(
    sender: Sender, body: Mapping[str, Any], sent_at: float, new: Callable[[PredictionModel], P]
) -> Flow[list[P]]:
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
            if _sent_files_apart(prediction.input) == _sent_files_apart(body["input"]):
                found.append(prediction)
        cursor = sender.answers.next_cursor(read)
        if cursor is None:
            break
    return found


def _sent_files_apart(input: Mapping[str, Any]) -> dict[str, Any]:
    """An input without the files in it, instead of which the service may name URLs of its own."""
    return {name: value for name, value in input.items() if not (isinstance(value, str) and value[:5] == "data:")}


def _cancel_after(deadline: float | timedelta | None) -> str | None:
    """A span of time as the `Cancel-After` header has it: whole seconds."""
    if deadline is None:
        return None
    seconds = deadline.total_seconds() if isinstance(deadline, timedelta) else deadline
    is_number = isinstance(seconds, int | float) and math.isfinite(seconds)
    header = f"{math.ceil(seconds)}s" if is_number else ""
    _input.check_header("CancelAfter", "deadline", deadline, header)
    return header
