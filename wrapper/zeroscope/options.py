"""The options of calls besides the model's fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, TypeAlias, TypedDict

from ._numbers import is_number
from ._service.api import PredictionInputDict
from .errors import invalid_argument

OnUpdate: TypeAlias = Callable[[Any], object]
"""Called with a prediction."""
OnProgress: TypeAlias = Callable[[int, int | None], object]
"""Called with the number of bytes received, and their total or None if it is unknown."""
STRENGTH = 0.75
"""The default strength of `upscale`; the weights' cards recommend 0.66 to 0.85."""


SAVE_LIMIT = 4 * 1024**3
"""The largest file that is saved unless `max_bytes` is given, in bytes."""
READ_LIMIT = 512 * 1024**2
"""The largest file that is read into memory unless `max_bytes` is given, in bytes."""
MIN_RATE = 1024.0
"""The least rate of a download unless `min_rate` is given, in bytes per second."""


class DownloadLimits(TypedDict, total=False):
    """The limits of a download."""

    max_bytes: int | None
    """The largest file that is accepted, in bytes; by default 4 GiB, and 512 MiB for `read`."""
    min_rate: float
    """The least rate in bytes per second, over 30 s; by default 1,024. 0 accepts any rate."""


class DownloadOptions:
    """The options of a download, validated before anything is requested."""

    def __init__(
        self, on_progress: OnProgress | None = None, max_bytes: int | None = None, min_rate: float = MIN_RATE
    ) -> None:
        if on_progress is not None and not callable(on_progress):
            raise invalid_argument("on_progress", f"{on_progress!r} cannot be called")
        if max_bytes is not None and not is_number(max_bytes, 1, integer=True):
            raise invalid_argument("max_bytes", f"{max_bytes!r} is not a number of bytes, 1 or more")
        if not is_number(min_rate):
            raise invalid_argument("min_rate", f"{min_rate!r} is not a number of bytes per second, 0 or more")
        self.on_progress = on_progress
        self.max_bytes = max_bytes
        self.min_rate = min_rate


class _HeldOptions(TypedDict, total=False):
    deadline: float | timedelta | None
    """The longest the prediction may last from its creation, in seconds; the service then ends it."""
    prefer_wait: int | timedelta | None
    """How long the service should hold the create open, in whole seconds, for a quick result."""
    extra_input: Mapping[str, Any] | None
    """Fields of the model that are newer than the spec; they are sent as they are."""


class WaitArguments(TypedDict, total=False):
    """The options of a wait."""

    timeout: float | timedelta | None
    """How long to wait from the creation, in seconds; by default a little longer than the service lets a run last."""
    on_update: OnUpdate | None
    """Called with a prediction once it is created and after every change."""
    cancel_on_timeout: bool
    """Whether a prediction is canceled when its time is up, instead of being left running."""


class CreateOptions(_HeldOptions, total=False):
    """The options of a create."""

    version: str | None
    """Another version of the model: its ID, ``owner/name:id``, or ``owner/name`` for the latest one."""
    webhook: str | None
    """An HTTPS URL to which the service sends events."""
    webhook_events_filter: Sequence[str] | None
    """The events to send: start, output, logs, completed."""
    stream: bool | None
    """Request a stream of the output, which this model does not have."""


class RunOptions(_HeldOptions, WaitArguments, total=False):
    """The options of `run` and `upscale`."""


class RunArguments(PredictionInputDict, RunOptions, total=False):
    """The arguments of `run`: the model's fields and its own options."""


class ListOptions(TypedDict, total=False):
    """The options of a list."""

    created_after: datetime | str | None
    """Only predictions that were created at this time or later: a `datetime` with a time zone, or ISO 8601 text."""
    created_before: datetime | str | None
    """Only predictions that were created before this time, in the same forms."""
    source: str | None
    """``web`` for only the predictions of the last 14 days that were created on the website."""
    cursor: str | None
    """Where to begin: the cursor of a page, or its `next` or `previous` URL, whose filters then apply as well."""


class BatchOptions(CreateOptions, WaitArguments, total=False):
    """The options of `run_many` and `as_completed`; those of `CreateOptions` apply to every create."""

    concurrency: int
    """The most predictions that run at a time; 100 by default."""
    journal: str | PathLike[str] | None
    """A file that records each input's state, with which the same inputs resume after a killed run."""
