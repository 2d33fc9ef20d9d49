"""How one request is sent: what is tried again, what is given up, and as which error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from .._service import api as _api
from .._service.responses import Answers
from .._steps import Call, Flow, Sleep, Together
from ..clock import Clock
from ..errors import (
    APIError,
    InvalidField,
    InvalidInputError,
    MalformedResponseError,
    RateLimitError,
    TransportError,
    UnknownOutcomeError,
    ZeroscopeError,
)
from ..retry import DEFAULT_RETRY, Retry
from .cooldown import Gate

T = TypeVar("T")

log = logging.getLogger("zeroscope")

# What a single request is given at least, in seconds.
LEAST_PATIENCE = 1.0
# Nothing was sent yet when one of these is raised.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    UnicodeError,
)
# The service may have begun to carry a create out when it answers one of these; 499 is the edge's own.
_DOUBTFUL = {408, 499}


class Sender:
    """Sends calls, with pauses and repetitions.

    Args:
        clock: Tells and passes the time.
        random: Random numbers from 0 to 1, for the pauses.
        retry: When to send again, or None for never.
        answers: Reads what comes back.
        owner: Tells the client, if there is one still.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        random: Callable[[], float],
        retry: Retry | None,
        answers: Answers,
        owner: Callable[[], Any] = lambda: None,
    ) -> None:
        self.clock = clock
        self.random = random
        self.retry = retry
        self.answers = answers
        self.owner = owner
        self.gate = Gate(clock)

    def read(
        self,
        call: Call,
        until: float | None = None,
        parse: Callable[[Call, Any], T] = lambda _, response: response,
        *,
        urgent: bool = False,
    ) -> Flow[T]:
        """Send a call that may be repeated, and return what its successful answer says.

        Args:
            call: The call.
            until: The moment on the monotonic clock up to which it is repeated; else the retry says how often.
            parse: Reads the answer; one that it finds malformed, as a body that was cut short is, is asked for again.
            urgent: Whether it is sent even while others are held back after a 429.

        Raises:
            APIError, TransportError, MalformedResponseError: What the last attempt met with.
        """
        attempt = malformed = 0
        while True:
            if self.retry is not None and not urgent:
                yield from self.gate.passing(self.random(), until)
            if until is not None:
                # A service that hangs must not outlast the wait; the last look is given a moment all the same.
                call = call._replace(limit=max(until - self.clock.monotonic(), LEAST_PATIENCE))
            attempt += 1
            try:
                return parse(call, self.settle(call, (yield from _exchange(call)), attempt))
            except (APIError, TransportError, MalformedResponseError) as error:
                malformed += isinstance(error, MalformedResponseError)
                # A body that stays malformed is no passing trouble, however long the wait may last.
                bounded = until is None or malformed >= self.most
                if self.retry is None or not passing(error) or (bounded and attempt >= self.most):
                    raise
                pause = self.pause_after(error, attempt)
                if until is not None:
                    left = until - self.clock.monotonic()
                    if left <= 0:
                        raise
                    pause = min(pause, left)
                log.debug("%s: next attempt in %.2f s", call.name, pause)
            yield Sleep(pause)

    def create(
        self, call: Call, body: Mapping[str, Any], late: list[_api.PredictionModel] | None = None
    ) -> Flow[_api.PredictionModel]:
        """Send a create, again only where it surely did not run, and return the prediction.

        Args:
            call: The call.
            body: What it sends, by which the prediction can be found if the answer is lost.
            late: Where the prediction is put if it still came after an interrupt; without this, it is not waited for.

        Raises:
            UnknownOutcomeError: If it may have been carried out.
            APIError, TransportError: If it surely was not.
        """
        attempt = 0
        while True:
            if self.retry is not None:
                yield from self.gate.passing(self.random(), None)
            attempt += 1
            sent_at = self.clock.time()
            if late is None:
                result = yield from _exchange(call)
            else:
                step = Together([call])
                try:
                    (result,) = yield step
                except BaseException:
                    if isinstance(step.results[0], _api.Response):
                        late.append(self.created(call, step.results[0], attempt, body, sent_at))
                    raise
            try:
                return self.created(call, result, attempt, body, sent_at)
            except (APIError, TransportError) as error:
                if attempt >= self.most or not passing(error):
                    raise
                pause = self.pause_after(error, attempt)
                log.debug("%s: next attempt in %.2f s", call.name, pause)
            yield Sleep(pause)

    def created(
        self, call: Call, result: Any, attempt: int, body: Mapping[str, Any], sent_at: float
    ) -> _api.PredictionModel:
        """The prediction in what a create came to.

        Args:
            call: The call.
            result: Its answer, or what it raised.
            attempt: The attempt's number, from 1.
            body: What it sent.
            sent_at: When, in seconds since 1970.

        Raises:
            UnknownOutcomeError: If it may have been carried out.
            APIError, TransportError: If it surely was not.
        """
        try:
            return self.answers.prediction(call, self.settle(call, result, attempt))
        except (APIError, TransportError, MalformedResponseError) as error:
            if _surely_not_run(error):
                raise
            unknown = UnknownOutcomeError(
                f"{error}. The prediction may have been created, may be running and may be billed, so it was not sent "
                "again; look for it with .find() on this error, or in predictions.list(), before you create it anew"
            )
            unknown._sent(body, sent_at, self.owner())
            raise unknown from error

    def settle(self, call: Call, result: Any, attempt: int) -> _api.Response[Any]:
        """The successful answer that a call came to.

        Args:
            call: The call.
            result: Its answer, or what it raised.
            attempt: The attempt's number, from 1.

        Raises:
            APIError, TransportError: If it did not succeed.
            InvalidInputError: If it could not be sent.
        """
        if isinstance(result, _api.InvalidPathSegmentError):
            raise InvalidInputError([InvalidField("invalid_type", *str(result).split(": ", 1))]) from result
        if isinstance(result, httpx.HTTPError | httpx.InvalidURL | UnicodeError):
            self._blot_chain(result)
            problem = str(result) or type(result).__name__
            log.debug("%s: attempt %d got no answer: %s", call.name, attempt, problem)
            # After anything else the advice depends on what was asked for.
            advice = "; check the address and the network" if isinstance(result, _NOT_SENT) else ""
            raise TransportError(
                f"{call.name} got no answer from {self.answers.base_url}: {problem}{advice}"
            ) from result
        if isinstance(result, BaseException):
            raise result
        response: _api.Response[Any] = result
        log.debug("%s: attempt %d was answered with %d", call.name, attempt, response.status_code)
        if 200 <= response.status_code < 300:
            return response
        raise self.answers.error(call, response, self.clock.time())

    @property
    def most(self) -> int:
        """How many times a request is sent at most where no moment limits it."""
        return 1 if self.retry is None else self.retry.attempts

    def pause_after(self, error: ZeroscopeError, attempt: int) -> float:
        """How long to wait after an attempt that failed, in seconds; a 429 holds the client's other requests back, too.

        Args:
            error: What it met with.
            attempt: Its number, from 1.
        """
        asked = error.retry_after if isinstance(error, RateLimitError) else None
        pause = (self.retry or DEFAULT_RETRY).pause(attempt, spread=self.random(), asked=asked)
        if isinstance(error, RateLimitError):
            self.gate.close(pause)
        return pause

    def _blot_chain(self, error: BaseException | None) -> None:
        """Take the token out of what led to an error: HTTP libraries quote what they could not understand."""
        while error is not None:
            if not isinstance(error, UnicodeError):
                error.args = tuple(self.answers.blot(part) if isinstance(part, str) else part for part in error.args)
            error = error.__cause__ or error.__context__


def passing(error: ZeroscopeError) -> bool:
    """Whether the same request may well succeed later."""
    if isinstance(error, APIError):
        return error.status_code in {408, 429} or error.status_code >= 500
    return isinstance(error, TransportError | MalformedResponseError)


def _surely_not_run(error: ZeroscopeError) -> bool:
    """Whether a create that met with this error was not carried out."""
    if isinstance(error, APIError):
        return error.status_code < 500 and error.status_code not in _DOUBTFUL
    return isinstance(error, TransportError) and isinstance(error.__cause__, _NOT_SENT)


def _exchange(call: Call) -> Flow[Any]:
    """What a call comes to, its answer or what it raised."""
    try:
        return (yield call)
    except Exception as error:
        return error
