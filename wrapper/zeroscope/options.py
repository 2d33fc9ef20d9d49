"""The options of calls besides the model's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from os import PathLike
from typing import Any, TypeAlias, TypedDict

import httpx

from ._numbers import is_number
from ._service.input_types import PredictionInputDict
from ._service.spec import header_parameters
from .errors import invalid_argument
from .polling import Polling
from .retry import Retry

OnUpdate: TypeAlias = Callable[[Any], object]
"""Called with a prediction."""
Timeout: TypeAlias = float | timedelta | httpx.Timeout | None
"""How long a request and its response may take as a whole, in seconds, or the limits of its steps."""
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


# Tokens as HTTP defines them, and values that every server accepts.
_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_HEADER_VALUE = r"[!-~](?:[ -~\t]*[!-~])?|"
# Headers on which the token and the body depend, and those of a single connection (RFC 9110, 7.6.1; RFC 2616, 13.5.1;
# RFC 7540, 3.2.1).
_OWN_HEADERS = {
    "Accept-Encoding",
    "Authorization",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "Expect",
    "Host",
    "Http2-Settings",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
}


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


class _HeaderOptions(TypedDict, total=False):
    extra_headers: Mapping[str, str] | None
    """Headers of every request of the call to the API; they replace the client's own of the same name."""


class RequestOptions(_HeaderOptions, total=False):
    """The options of a call that sends one request."""

    timeout: Timeout
    """How long the request and its response may take, in the forms of the client's timeout, which is the default."""


class ClientOptions(_HeaderOptions, total=False):
    """The settings of a client that `with_options` replaces."""

    version: str | None
    """Another version of the model; None for the one in the spec."""
    timeout: Timeout
    """How long each request and its response may take; None for the default."""
    retry: Retry | None
    """The retry policy; None turns retries off."""
    poll: Polling
    """The polling policy for waits."""


class _HeldOptions(_HeaderOptions, total=False):
    deadline: float | timedelta | None
    """The longest the prediction may last from its creation, in seconds; the service then ends it."""
    prefer_wait: int | timedelta | None
    """How long the service should hold the create open, in whole seconds, for a quick result."""
    extra_input: Mapping[str, Any] | None
    """Fields of the model that are newer than the spec, which are sent as they are, and those named like an option."""


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
    """The options of `run`."""


class UpscaleOptions(RunOptions, total=False):
    """The options of `upscale`."""

    strength: float
    """The share that is regenerated, from 0 to 1; 0.75 by default, and the cards recommend 0.66 to 0.85."""


# The keyword argument of a name that a field and an option share is the option. mypy takes the type of such a name from
# the first base and pyright from the last, so the options are both. mypy also reports the overlap itself, which only
# other models have.
class _RunNames(PredictionInputDict, RunOptions, total=False):  # type: ignore[misc, unused-ignore]  # see above
    pass


class RunArguments(RunOptions, _RunNames, total=False):  # type: ignore[misc, unused-ignore]  # see above
    """The arguments of `run`: the model's fields and its own options."""


class _UpscaleNames(PredictionInputDict, UpscaleOptions, total=False):  # type: ignore[misc, unused-ignore]  # see above
    pass


class UpscaleArguments(UpscaleOptions, _UpscaleNames, total=False):  # type: ignore[misc, unused-ignore]  # see above
    """The arguments of `upscale`: those of `run`, and the strength."""


class ListFilters(TypedDict, total=False):
    """The parameters of a list."""

    created_after: datetime | str | None
    """Only predictions that were created at this time or later: a `datetime` with a time zone, or ISO 8601 text."""
    created_before: datetime | str | None
    """Only predictions that were created before this time, in the same forms."""
    source: str | None
    """``web`` for only the predictions of the last 14 days that were created on the website."""
    cursor: str | None
    """Where to begin: the cursor of a page, or its `next` or `previous` URL, whose filters then apply as well."""


class ListOptions(ListFilters, RequestOptions, total=False):
    """The options of a list; those of `RequestOptions` apply to the request of each page."""


class BatchOptions(CreateOptions, WaitArguments, total=False):
    """The options of `run_many` and `as_completed`; those of `CreateOptions` apply to every create."""

    concurrency: int
    """The most predictions that run at a time; 100 by default."""
    journal: str | PathLike[str] | None
    """A file that records each input's state, with which the same inputs resume after a killed run."""


def parse_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return extra headers, spelled as the client spells its own, so that one replaces another.

    Raises:
        InvalidInputError: If they are not headers, or the client must set them itself. It shows no value.
    """
    if headers is None:
        return {}
    if not isinstance(headers, Mapping):
        raise invalid_argument("extra_headers", f"this {type(headers).__name__} object is not a mapping of headers")
    for name, value in headers.items():
        if not isinstance(name, str) or not re.fullmatch(_HEADER_NAME, name):
            problem = f"{name!r:.80} is not the name of a header"
        elif name.title() in header_parameters():
            problem = f"{name} cannot be replaced: the options of a create set it"
        elif name.title() in _OWN_HEADERS:
            problem = f"{name} cannot be replaced: the client sets it"
        elif not isinstance(value, str) or not re.fullmatch(_HEADER_VALUE, value):
            problem = f"the value of {name} is not a string of printable ASCII characters"
        else:
            continue
        raise invalid_argument("extra_headers", problem)
    return {name.title(): value for name, value in headers.items()}
