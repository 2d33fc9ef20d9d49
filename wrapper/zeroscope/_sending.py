"""How one request is sent: what is tried again, what is given up, and as which error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import httpx

from . import _api
from ._steps import Call, Flow, Sleep
from .clock import Clock
from .errors import (
    APIError,
    InvalidField,
    InvalidInputError,
    MalformedResponseError,
    RateLimitError,
    TransportError,
    UnknownOutcomeError,
    ZeroscopeError,
)
from .retry import Retry

# Nothing was sent yet when one of these is raised.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    UnicodeError,
)
# The service may have begun to carry a create out when it answers one of these; 499 is the edge's own.
_DOUBTFUL = {408, 499}


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends calls, with pauses and repetitions.

    Args:
        clock: Tells and passes the time.
        random: Random numbers from 0 to 1, for the pauses.
        retry: When to send again, or None for never.
        answers: Reads what comes back.
    """

    clock: Clock
    random: Callable[[], float]
    retry: Retry | None
    answers: _api.Answers

    def read(self, call: Call, until: float | None = None) -> Flow[Any]:
        """Send a call that may be repeated, and return its successful answer.

        Args:
            call: The call.
            until: The moment on the monotonic clock after which it is not tried again.

        Raises:
            APIError, TransportError: What the last attempt met with.
        """
        return (yield from self._send(call, until, _passing))

    def create(self, call: Call) -> Flow[_api.PredictionModel]:
        """Send a create, again only where it surely did not run, and return the prediction.

        Raises:
            UnknownOutcomeError: If it may have been carried out.
            APIError, TransportError: If it surely was not.
        """
        try:
            response = yield from self._send(call, None, lambda error: _surely_not_run(error) and _passing(error))
            return self.answers.prediction(call, response)
        except (APIError, TransportError, MalformedResponseError) as error:
            if _surely_not_run(error):
                raise
            raise UnknownOutcomeError(
                f"{error}. The prediction may have been created and may be billed, so it was not sent again; "
                "look for it in predictions.list() before you create it anew"
            ) from error

    def _send(self, call: Call, until: float | None, may_repeat: Callable[[ZeroscopeError], bool]) -> Flow[Any]:
        attempt = 0
        while True:
            attempt += 1
            try:
                return (yield from self._attempt(call))
            except (APIError, TransportError) as error:
                if self.retry is None or attempt >= self.retry.attempts or not may_repeat(error):
                    raise
                asked = error.retry_after if isinstance(error, RateLimitError) else None
                pause = self.retry.pause(attempt, spread=self.random(), asked=asked)
                if until is not None and self.clock.monotonic() + pause > until:
                    raise
            yield Sleep(pause)

    def _attempt(self, call: Call) -> Flow[Any]:
        try:
            response = yield call
        except _api.InvalidPathSegmentError as error:
            raise InvalidInputError([InvalidField("invalid_type", *str(error).split(": ", 1))]) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            self._blot_chain(error)
            problem = str(error) or type(error).__name__
            raise TransportError(f"{call.name} got no answer: {problem}") from error
        if 200 <= response.status_code < 300:
            return response
        raise self.answers.error(call, response, self.clock.time())

    def _blot_chain(self, error: BaseException | None) -> None:
        """Take the token out of what led to an error: HTTP libraries quote what they could not understand."""
        while error is not None:
            if not isinstance(error, UnicodeError):
                error.args = tuple(self.answers.blot(part) if isinstance(part, str) else part for part in error.args)
            error = error.__cause__ or error.__context__


def with_limit(call: Call, seconds: float) -> Call:
    """The call, no step of which may take longer than so many seconds."""
    return replace(call, limit=seconds)


def _passing(error: ZeroscopeError) -> bool:
    """Whether the same request may well succeed later."""
    return not isinstance(error, APIError) or error.status_code in {408, 429} or error.status_code >= 500


def _surely_not_run(error: ZeroscopeError) -> bool:
    """Whether a create that met with this error was not carried out."""
    if isinstance(error, APIError):
        return error.status_code < 500 and error.status_code not in _DOUBTFUL
    return isinstance(error, TransportError) and isinstance(error.__cause__, _NOT_SENT)
