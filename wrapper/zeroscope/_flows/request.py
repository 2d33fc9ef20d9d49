"""The sender of requests, which retries only what is safe to repeat."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import httpx

from .. import errors
from .._service.api import InvalidPathSegmentError, PredictionModel, Response
from .._service.responses import ResponseParser
from .._steps import Call, Flow, Gather, Sleep
from ..clock import Clock
from ..errors import APIError, MalformedResponseError, TransportError
from ..retry import Retry, is_transient

T = TypeVar("T")
Finder: TypeAlias = Callable[[Mapping[str, Any], float], Any]

log = logging.getLogger("zeroscope")

# The least timeout of a single request, in seconds: a service that hangs must not outlast the wait, but the last poll
# gets a moment all the same.
MIN_TIMEOUT = 1.0
# The most requests of a batch that are sent concurrently.
MAX_IN_FLIGHT = 8
# Requests that wait for the same moment return at different times, by this share of the time waited.
_COOLDOWN_JITTER = 0.1
# The request was not sent if one of these was raised.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    UnicodeError,
)
# The service may have begun to execute a create before one of these; 499 is the edge's own.
_AMBIGUOUS = {408, 499}


class Request(NamedTuple, Generic[T]):
    """A call, and the parser of its response."""

    call: Call
    parse: Callable[[Call, Response[Any]], T]


class CreateRequest(NamedTuple):
    """The call of a create, and its body, by which the prediction can be found if the response is lost."""

    call: Call
    body: Mapping[str, Any]


class Failed(NamedTuple):
    """A failed attempt, and the pause in seconds that the server asked for if the error does not carry it."""

    error: errors.ZeroscopeError
    asked: float | None = None


class Cooldown:
    """A client-wide pause after a 429: of creates after that of a create, and of all requests after another.

    The service counts creates by themselves.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # When it ends for creates and for other requests, on the monotonic clock.
        self.creates_end = self.end = float("-inf")

    def extend(self, seconds: float, *, creates: bool = False) -> None:
        """Hold creates or all requests back for a number of seconds, unless they already are for longer."""
        moment = self._clock.monotonic() + seconds
        self.creates_end = max(self.creates_end, moment)
        if not creates:
            self.end = max(self.end, moment)

    def wait(self, jitter: float, until: float | None = None, *, creates: bool = False) -> Flow[None]:
        """Wait until requests may be sent again, at most until a moment on the monotonic clock."""
        while (closed := (self.creates_end if creates else self.end) - self._clock.monotonic()) > 0:
            pause = closed * (1 + _COOLDOWN_JITTER * jitter)
            if until is not None:
                left = until - self._clock.monotonic()
                if left <= 0:
                    return
                pause = min(pause, left)
            yield Sleep(pause)


class Sender:
    """Sends requests, with pauses and retries; without a policy for these, it sends each request once."""

    def __init__(
        self, *, clock: Clock, random: Callable[[], float], retry: Retry | None, parser: ResponseParser
    ) -> None:
        self.clock = clock
        self.random = random
        self.retry = retry
        self.parser = parser
        self.cooldown = Cooldown(clock)
        # Returns the function that searches for a lost prediction, or None once the client is gone.
        self.finder: Callable[[], Finder | None] = lambda: None

    def cooldown_end(self, *, creates: bool = False) -> float:
        """Return from which moment on the monotonic clock requests may be sent; without a policy, from any."""
        if self.retry is None:
            return float("-inf")
        return self.cooldown.creates_end if creates else self.cooldown.end

    def send_repeatable(
        self, request: Request[T], until: float | None = None, *, urgent: bool = False, limited: bool = False
    ) -> Flow[T]:
        """Send a request that may be repeated, and return what its response holds.

        Args:
            request: The request; one whose response is malformed, as a truncated body is, is repeated, too.
            until: The moment on the monotonic clock up to which it is repeated; without it, the policy limits that.
            urgent: Whether it is sent even during a cooldown.
            limited: Whether the policy limits the number of attempts up to that moment as well.
        """
        attempts = Attempts(self, until, limited=limited or until is None)
        call = request.call
        while True:
            if self.retry is not None and not urgent:
                yield from self.cooldown.wait(self.random(), until)
            if until is not None:
                call = self._limited(call, until)
            result = yield from _send(call)
            try:
                return self.outcome(request, result, attempts.number)
            except (APIError, TransportError, MalformedResponseError) as error:
                pause = attempts.pause_or_raise(call.name, error)
            yield Sleep(pause)

    def send_once(
        self, create: CreateRequest, late: list[PredictionModel] | None = None, until: float | None = None
    ) -> Flow[PredictionModel]:
        """Send a create, again only if it cannot have been executed, and return the prediction.

        Args:
            create: The create.
            late: Receives a prediction that still arrives after an interrupt; without it, none is awaited.
            until: The moment on the monotonic clock at which it fails.
        """
        attempts = Attempts(self, until, creates=True)
        call = create.call
        while True:
            if self.retry is not None:
                yield from self.cooldown.wait(self.random(), until, creates=True)
            if until is not None:
                call = self._limited(call, until)
            sent_at = self.clock.time()
            if late is None:
                result = yield from _send(call)
            else:
                step = Gather([call])
                try:
                    (result,) = yield step
                except BaseException:
                    # An error that arrives now does not take the place of the interrupt.
                    with suppress(errors.ZeroscopeError):
                        if isinstance(step.results[0], Response):
                            late.append(self.created(create, step.results[0], attempts.number, sent_at))
                    raise
            try:
                return self.created(create, result, attempts.number, sent_at)
            except (APIError, TransportError) as error:
                pause = attempts.pause_or_raise(call.name, error)
            yield Sleep(pause)

    def _limited(self, call: Call, until: float) -> Call:
        return call._replace(limit=max(until - self.clock.monotonic(), MIN_TIMEOUT))

    def outcome(self, request: Request[T], result: Any, attempt: int) -> T:
        """Return what the response to a request holds, or raise an error; the result may be an exception."""
        return request.parse(request.call, self.check_response(request.call, result, attempt))

    def created(self, create: CreateRequest, result: Any, attempt: int, sent_at: float) -> PredictionModel:
        """Return the prediction that a create started, or raise an error; the result may be an exception."""
        try:
            return self.parser.prediction(create.call, self.check_response(create.call, result, attempt))
        except (APIError, TransportError, MalformedResponseError) as error:
            if _was_not_executed(error):
                raise
            message = (
                f"{error}. The prediction may have been created, may be running and may be billed, so it was not sent "
                "again; search for it with .find() on this error, or in predictions.list(), before you create it again"
            )
            raise self.lost_create(message, create.body, sent_at) from error

    def lost_create(self, message: str, body: Mapping[str, Any], sent_at: float) -> errors.UnknownOutcomeError:
        error = errors.UnknownOutcomeError(message)
        error._body, error.sent_at, error._finder = dict(body), sent_at, self.finder()
        return error

    def check_response(self, call: Call, result: Any, attempt: int) -> Response[Any]:
        """Return the 2xx response to a call, or raise the error for another response or an exception."""
        if isinstance(result, InvalidPathSegmentError):
            raise errors.invalid_argument(*str(result).split(": ", 1)) from result
        if isinstance(result, httpx.HTTPError | httpx.InvalidURL | UnicodeError):
            self._redact_chain(result)
            problem = str(result) or type(result).__name__
            log.debug("%s: attempt %d got no response: %s", call.name, attempt, problem)
            # After another error, the advice depends on the request.
            advice = "; check the URL and the network" if isinstance(result, _NOT_SENT) else ""
            raise TransportError(
                f"{call.name} got no response from {self.parser.base_url}: {problem}{advice}"
            ) from result
        if isinstance(result, BaseException):
            raise result
        response: Response[Any] = result
        log.debug("%s: attempt %d got status %d", call.name, attempt, response.status_code)
        if 200 <= response.status_code < 300:
            return response
        raise self.parser.error(call, response, self.clock.time())

    def _redact_chain(self, error: BaseException | None) -> None:
        """Redact the token in an exception and its causes: HTTP libraries quote what they cannot parse."""
        while error is not None:
            if not isinstance(error, UnicodeError):
                error.args = tuple(self.parser.redact(part) if isinstance(part, str) else part for part in error.args)
            error = error.__cause__ or error.__context__


class Attempts:
    """The attempts at one request, and the pauses between them.

    Args:
        until: The end on the monotonic clock, if there is one.
        limited: Whether the policy limits the number of attempts; otherwise they go on, with the last one at `until`.
        shared: Whether a 429 holds back the client's other requests, too.
        creates: Whether the request is a create, whose 429 holds back only other creates.
    """

    __slots__ = ("_creates", "_failures", "_limited", "_malformed", "_sender", "_shared", "_until")

    def __init__(
        self,
        sender: Sender,
        until: float | None = None,
        *,
        limited: bool = True,
        shared: bool = True,
        creates: bool = False,
    ) -> None:
        self._sender = sender
        self._until = until
        self._limited = limited
        self._shared = shared
        self._creates = creates
        self._failures = self._malformed = 0

    @property
    def number(self) -> int:
        """The number of the current attempt, from 1."""
        return self._failures + 1

    def restart(self) -> None:
        """Count attempts from 1 again, because the current one made progress."""
        self._failures = self._malformed = 0

    def pause_or_raise(self, name: str, error: errors.ZeroscopeError) -> float:
        """Return the pause after a failed attempt, in seconds, or raise its error; the name is for the log."""
        pause = self.pause_after(Failed(error))
        if pause is None:
            raise error
        log.debug("%s: next attempt in %.2f s", name, pause)
        return pause

    def pause_after(self, failed: Failed, *, unlimited: bool = False) -> float | None:
        """Record a failed attempt, and return the pause before the next one, in seconds; None if there is none."""
        error, retry = failed.error, self._sender.retry
        self._failures += 1
        self._malformed += isinstance(error, MalformedResponseError)
        if retry is None or not is_transient(error):
            return None
        # A body that stays malformed is not a transient failure, however long the wait may last.
        exhausted = self._failures >= retry.attempts and self._limited and not unlimited
        if exhausted or self._malformed >= retry.attempts:
            return None
        asked = error.retry_after if isinstance(error, errors.RateLimitError) else failed.asked
        pause = retry.pause(self._failures, jitter=self._sender.random(), asked=asked)
        if isinstance(error, errors.RateLimitError) and self._shared:
            self._sender.cooldown.extend(pause, creates=self._creates)
        if self._until is None:
            return pause
        left = self._until - self._sender.clock.monotonic()
        if self._limited:
            return pause if pause < left else None
        return min(pause, left) if left > 0 else None


def _was_not_executed(error: errors.ZeroscopeError) -> bool:
    if isinstance(error, APIError):
        return error.status_code < 500 and error.status_code not in _AMBIGUOUS
    is_certificate = isinstance(error, errors.CertificateError)
    return is_certificate or (isinstance(error, TransportError) and isinstance(error.__cause__, _NOT_SENT))


def _send(call: Call) -> Flow[Any]:
    """Return a call's response, or the exception that it raised."""
    try:
        return (yield call)
    except Exception as error:
        return error
